/* One batch, one transaction: numbers, breadcrumbs, positions, rejects, the notice, in one round trip.
 *
 * While nobody else writes, everything is derived beforehand from what is remembered, and the transaction refuses to go on when
 * `feed.head` is not where this writer left it. When others write too (another server, the removal of a vehicle), it takes the
 * lock on `feed` first and derives under it: a round trip more, as right. Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_COMMIT_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_COMMIT_H

#include "ingest/writer/batch.h"

/* What a writer knows of the database it is connected to. */
struct batch_store {
  struct db_connection *connection;
  uint64_t generation;      /* of the remembered vehicles; grows when others have written. Starts at 1 */
  int64_t known_head;       /* where we left feed.head; -1: not known */
  int shared_batches_ahead; /* so many more batches are derived under the lock */
  uint32_t known_paths;     /* a bit per source: ingest_path has its row */
};

/* After success `stored_count` and `duplicate_count` of the deliveries are set. On an error nothing was stored, unless it is
 * ERROR_DATABASE_AWAY: then it is not known. */
struct error batch_commit(struct batch_store *store, struct batch *batch) ERROR_MUST_CHECK;

/* What an error of the database says about the batch: its data are refused (and would be again). */
bool batch_error_is_of_data(const struct error *error);

#endif
