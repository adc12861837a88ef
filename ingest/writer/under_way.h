/* The deliveries that a batch writer has taken and that are not done: how many, what they hold, who waits for room, and how
 * each of them ends: back to its submitter, or first into the spool when the database did not take it.
 *
 * Thread: any. on_done and on_room are called on the thread that ends a delivery: the writer's, or the spool's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_UNDER_WAY_H
#define CRUMBTRAIL_INGEST_WRITER_UNDER_WAY_H

#include "ingest/writer/batch_writer.h"

struct spool;
struct under_way;

/* `spool` may be NULL; borrowed until under_way_free. */
struct under_way *under_way_new(size_t bytes_max, struct spool *spool);
void under_way_free(struct under_way *under_way); /* nothing is under way any more; accepts NULL */

/* Counts it. False: no room. */
bool under_way_begin(struct under_way *under_way, struct delivery *delivery);
/* Counted, but not taken after all. */
void under_way_undo(struct under_way *under_way, const struct delivery *delivery);
/* By their `outcome`: what is stored or refused for good goes back, the rest into the spool, and back from there. */
void under_way_end(struct under_way *under_way, struct delivery **deliveries, size_t count);
/* Into the spool at once; on_done follows. On an error it is still counted, and the caller's. */
struct error under_way_spool(struct under_way *under_way, struct delivery *delivery) ERROR_MUST_CHECK;
/* Until the spool has ended all that it was given. */
void under_way_wait_for_spool(struct under_way *under_way);

/* What batch_writer_wait_for_room promises. */
bool under_way_add_waiter(struct under_way *under_way, struct batch_writer_waiter *waiter);
void under_way_tell_waiters(struct under_way *under_way);

#endif
