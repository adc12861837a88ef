/* Some rejected rows on their way through the event reader and the batch writer, and what the rows say afterwards.
 *
 * The kept bytes are read with the present settings, as if they had arrived when they did; what can be read now is stored with
 * source `replay`. What still cannot be read of a row becomes a row of its own, unless it is all of it.
 * Threads: any number of query workers run chunks at the same time, and wait for the writer; replay_desk_stop from main. */
#ifndef CRUMBTRAIL_INGEST_REPLAYING_REPLAY_CHUNK_H
#define CRUMBTRAIL_INGEST_REPLAYING_REPLAY_CHUNK_H

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"

struct replay_desk;

struct replay_desk_settings {
  struct batch_writer *writer; /* must live until replay_desk_stop has returned */
  struct event_settings events;
  struct metrics *metrics;
};

struct replay_desk *replay_desk_new(struct replay_desk_settings settings);
/* Lets nothing more through, and waits for what is with the writer. Accepts NULL. */
void replay_desk_stop(struct replay_desk *desk);
void replay_desk_free(struct replay_desk *desk); /* after the query workers have stopped; accepts NULL */

enum replay_outcome { REPLAY_STORED, REPLAY_DUPLICATE, REPLAY_REJECTED, REPLAY_OUTCOME_COUNT };
const char *replay_outcome_name(enum replay_outcome outcome); /* "stored", as in rejected.replay_outcome */

struct replay_row {
  int64_t rejected_id;
  struct text body;
  struct delivery delivery; /* its counts say what was stored */
  enum replay_outcome outcome;
  struct text field; /* without data: not rejected, as the reason */
  struct text reason;
};

struct replay_chunk {
  struct replay_desk *desk;
  struct arena *arena;
  struct replay_row *rows;
  size_t count;
  size_t under_way; /* with the writer; guarded by the desk's lock */
};

/* `rows` as select_rejected.sql gives them. On an error nothing is known of the rows: run them again. */
struct error replay_chunk_run(struct replay_chunk *chunk, struct db_connection *connection,
                              const struct db_rows *rows) ERROR_MUST_CHECK;

#endif
