/* Reads the objects of S3 that are announced in ingest_object, many at once, into the batch writer.
 *
 * Owns: a thread with a database connection, an AWS client (another thread, which carries the transfers). Objects are claimed
 * in sets with a lease that is renewed while they are read, and marked in sets when their events have committed; several
 * servers share the table. Whatever ends in between: the lease ends, and the object is read again, which changes nothing but
 * counts. While the database is away nothing is claimed. When S3 as a whole is in trouble, claiming pauses. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_FETCHER_H
#define CRUMBTRAIL_INGEST_OBJECTS_FETCHER_H

#include "ingest/events/event_reader.h"
#include "ingest/objects/object_key.h"
#include "server/aws/client.h"
#include "server/base/error.h"
#include "server/db/connection.h"

struct batch_writer;
struct fetcher;

struct fetcher_settings {
  struct db_settings database;
  struct aws_settings aws;
  struct batch_writer *writer;
  struct event_settings events;
  struct key_patterns patterns; /* borrowed */
  int readers;                  /* transfers at a time */
  struct metrics *metrics;      /* may be NULL */
};

/* The database may be away, it is asked for again and again. ERROR_SETUP: the AWS client cannot be made. */
struct error fetcher_start(struct fetcher_settings settings, struct fetcher **fetcher) ERROR_MUST_CHECK;

/* Something was announced. Any thread; `fetcher` as a context of object_queue_settings. */
void fetcher_wake(void *fetcher);

/* Claims nothing more and breaks transfers off; what has not been read whole within grace_ms goes back to the queue, or its
 * lease ends. Before the batch writer stops; accepts NULL. */
void fetcher_drain(struct fetcher *fetcher, int grace_ms);
/* After the batch writer has stopped; accepts NULL. */
void fetcher_stop(struct fetcher *fetcher);

#endif
