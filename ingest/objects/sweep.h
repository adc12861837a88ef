/* The sweep: compares listings of S3 with ingest_object, and announces what no notification has told of.
 *
 * Every sweep-interval-s, for each of sweep-prefixes, the objects of the last sweep-days. One that is younger than an interval
 * (at most 15 minutes) is left to its notification: the next sweep sees it. Of several servers on a database one sweeps a
 * prefix at a time. Owns: a thread, one database connection. What it found stands in table ingest_sweep. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_SWEEP_H
#define CRUMBTRAIL_INGEST_OBJECTS_SWEEP_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"

struct aws_client;
struct metrics;
struct sweep;

struct sweep_settings {
  struct db_settings database;
  struct aws_client *client;
  const char *prefixes; /* s3://bucket/prefix, comma separated; borrowed */
  int64_t days;
  int64_t interval_s;
  void (*on_announced)(void *context); /* on the sweep's thread, after the commit; may be NULL */
  void *context;
  struct metrics *metrics; /* may be NULL */
};

/* ERROR_SETUP names sweep-prefixes. With no prefix *sweep is NULL. */
struct error sweep_start(struct sweep_settings settings, struct sweep **sweep) ERROR_MUST_CHECK;
/* Before the client stops; ends what is under way. Accepts NULL. */
void sweep_stop(struct sweep *sweep);

#endif
