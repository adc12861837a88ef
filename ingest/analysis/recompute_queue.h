/* What is to be computed anew because rules have changed (table recompute): which is under way, how far it has come.
 *
 * One at a time, in the order in which they were asked for, vehicles ascending; where it was is stored with what it did, so
 * that it goes on there after a crash. Those that a later one for all vehicles covers are merged into that. Thread: the
 * connection's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_RECOMPUTE_QUEUE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_RECOMPUTE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/db/connection.h"

struct recompute_job {
  bool is_open; /* false: there is none */
  int64_t recompute_id;
  int64_t vehicle_id; /* 0: all */
  int64_t from_us;    /* recorded in [from, until); INT64_MIN, INT64_MAX: all */
  int64_t until_us;
  bool needs_matching;
  int64_t last_vehicle_id; /* done */
};

/* Finishes those that a later one covers, and gives the oldest that is open. */
struct error recompute_next(struct db_connection *connection, int64_t now_us, struct recompute_job *job) ERROR_MUST_CHECK;
/* The next vehicles of a job, ascending; in the arena. None: it is done. */
struct error recompute_vehicles(struct db_connection *connection, struct arena *arena, const struct recompute_job *job,
                                int64_t limit, int64_t **vehicle_ids, size_t *count) ERROR_MUST_CHECK;
/* In the caller's transaction. */
struct error recompute_advance(struct db_connection *connection, const struct recompute_job *job, int64_t last_vehicle_id,
                               size_t count) ERROR_MUST_CHECK;
struct error recompute_finish(struct db_connection *connection, const struct recompute_job *job,
                              int64_t now_us) ERROR_MUST_CHECK;
/* Everything is to be computed anew; matching included. */
struct error recompute_ask_all(struct db_connection *connection, struct text reason, int64_t now_us) ERROR_MUST_CHECK;

#endif
