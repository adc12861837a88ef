/* The way out of the spool for one kind of entries: read in chunks, given to the taker, deleted when they come back done.
 *
 * While the taker has some chunks, the next ones are read, so that it never waits for them. When an entry comes back undone,
 * the lane waits for all that is out, and after a while begins again with it. Thread: the spool's; spool_give_back any. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_SPOOL_LANE_H
#define CRUMBTRAIL_INGEST_SPOOL_SPOOL_LANE_H

#include "ingest/spool/spool.h"
#include "ingest/spool/spool_file.h"

struct spool_lane {
  uint8_t kind;
  struct spool_taker taker; /* take == NULL: nobody takes this kind */
  struct spool *spool;      /* woken when a chunk is back */
  int64_t last_read_id;
  int64_t last_done_id;    /* all up to it are done; some may still be in the file, in a pack with others */
  int64_t last_deleted_id; /* behind it, what is done has not been deleted yet */
  uint64_t entries_out;
  struct spool_chunk *oldest; /* in order */
  struct spool_chunk *newest;
  int chunks_out;
  struct spool_chunk *spare; /* with warm memory; none when nothing is out */
  bool starts_over;          /* when all chunks are back */
  int64_t not_before_us;     /* monotonic */
  int back_off_ms;
};

/* Deletes what is back. *settled: entries that were done. An error is one of the file; the lane starts over then. */
struct error spool_lane_settle(struct spool_lane *lane, struct spool_file *file, uint64_t *settled) ERROR_MUST_CHECK;
/* Gives the taker what it may have. */
struct error spool_lane_drain(struct spool_lane *lane, struct spool_file *file) ERROR_MUST_CHECK;
/* The file is another one now: what is out is not in it. */
void spool_lane_forget(struct spool_lane *lane);

/* By the lane, on any thread. */
void spool_wake(struct spool *spool);

#endif
