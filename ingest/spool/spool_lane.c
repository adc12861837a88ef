#include "ingest/spool/spool_lane.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "server/base/clock.h"

enum {
  CHUNK_ENTRIES_MAX = 512,
  CHUNK_BYTES_MAX = 1 << 20,   /* of their bodies */
  CHUNKS_OUT_MAX = 8,          /* two batches of the writer: one that it commits, and the next */
  ARENA_FIRST_BYTES = 1 << 20, /* for the bodies, and what the taker reads from them */
  BACK_OFF_FIRST_MS = 100,
  BACK_OFF_MAX_MS = 5000,
};

/* Entries that are at the taker. */
struct spool_chunk {
  struct spool *spool;
  struct arena *arena;
  struct spool_entry *entries[CHUNK_ENTRIES_MAX];
  size_t count;
  atomic_size_t waiting; /* not given back yet */
  struct spool_chunk *next;
};

void spool_give_back(struct spool_entry *first, bool is_done)
{
  while (first != NULL) {
    struct spool_entry *next = first->next;
    struct spool *spool = first->chunk->spool;
    first->is_taken = is_done;
    /* From here on the chunk may be gone. */
    if (atomic_fetch_sub(&first->chunk->waiting, 1) == 1) {
      spool_wake(spool);
    }
    first = next;
  }
}

/* Memory that the kernel gives anew for each chunk costs as much as reading it from the file. */
static struct spool_chunk *chunk_take(struct spool_lane *lane)
{
  struct spool_chunk *chunk = lane->spare;
  if (chunk != NULL) {
    lane->spare = chunk->next;
    chunk->next = NULL;
    return chunk;
  }
  chunk = calloc(1, sizeof *chunk);
  if (chunk == NULL) {
    abort();
  }
  chunk->spool = lane->spool;
  chunk->arena = arena_new(ARENA_FIRST_BYTES);
  return chunk;
}

static void chunk_spare(struct spool_lane *lane, struct spool_chunk *chunk)
{
  arena_reset(chunk->arena);
  chunk->count = 0;
  chunk->next = lane->spare;
  lane->spare = chunk;
}

static void free_spare(struct spool_lane *lane)
{
  while (lane->spare != NULL) {
    struct spool_chunk *chunk = lane->spare;
    lane->spare = chunk->next;
    arena_free(chunk->arena);
    free(chunk);
  }
}

void spool_lane_forget(struct spool_lane *lane)
{
  lane->last_read_id = lane->last_done_id = lane->last_deleted_id = 0;
  lane->starts_over = lane->chunks_out != 0;
}

static void begin_again(struct spool_lane *lane)
{
  int first_ms = BACK_OFF_FIRST_MS;
  lane->back_off_ms = lane->back_off_ms == 0 ? first_ms : lane->back_off_ms * 2;
  lane->back_off_ms = lane->back_off_ms < BACK_OFF_MAX_MS ? lane->back_off_ms : BACK_OFF_MAX_MS;
  lane->not_before_us = clock_monotonic_us() + lane->back_off_ms * US_PER_MS;
  lane->starts_over = true;
}

/* Up to the first that is not done. */
static void note_done(struct spool_lane *lane, const struct spool_chunk *chunk)
{
  size_t done = 0;
  while (done < chunk->count && chunk->entries[done]->is_taken) {
    done++;
  }
  if (done != 0) {
    lane->back_off_ms = 0;
    lane->last_done_id = chunk->entries[done - 1]->entry_id;
  }
  if (done < chunk->count) {
    begin_again(lane);
  }
}

/* All that are back at once are deleted at once. */
struct error spool_lane_settle(struct spool_lane *lane, struct spool_file *file, uint64_t *settled)
{
  struct error error = error_none();
  *settled = 0;
  while (lane->oldest != NULL && atomic_load(&lane->oldest->waiting) == 0) {
    struct spool_chunk *chunk = lane->oldest;
    lane->oldest = chunk->next;
    lane->chunks_out--;
    lane->entries_out -= chunk->count;
    if (!lane->starts_over && file != NULL) {
      note_done(lane, chunk);
    }
    chunk_spare(lane, chunk);
  }
  if (file != NULL && lane->last_done_id != lane->last_deleted_id && clock_monotonic_us() >= lane->not_before_us) {
    error = spool_file_delete(file, lane->kind, lane->last_done_id, settled);
    if (error.code == ERROR_NONE) {
      lane->last_deleted_id = lane->last_done_id;
    } else {
      begin_again(lane);
    }
  }
  if (lane->chunks_out == 0) {
    free_spare(lane);
    if (lane->starts_over) {
      lane->starts_over = false;
      lane->last_read_id = lane->last_done_id;
    }
  }
  return error;
}

/* *read is NULL when there is nothing more. */
static struct error read_chunk(struct spool_lane *lane, struct spool_file *file, struct spool_chunk **read)
{
  struct spool_chunk *chunk = chunk_take(lane);
  struct error error = spool_file_read(file, lane->kind, lane->last_read_id, CHUNK_ENTRIES_MAX, CHUNK_BYTES_MAX, chunk->arena,
                                       chunk->entries, &chunk->count);
  if (error.code != ERROR_NONE || chunk->count == 0) {
    chunk_spare(lane, chunk);
    *read = NULL;
    return error;
  }
  for (size_t i = 0; i < chunk->count; i++) {
    chunk->entries[i]->chunk = chunk;
    chunk->entries[i]->next = i + 1 < chunk->count ? chunk->entries[i + 1] : NULL;
  }
  atomic_store(&chunk->waiting, chunk->count);
  *read = chunk;
  return error;
}

static void give_to_taker(struct spool_lane *lane, struct spool_chunk *chunk)
{
  if (lane->oldest == NULL) {
    lane->oldest = chunk;
  } else {
    lane->newest->next = chunk;
  }
  lane->newest = chunk;
  lane->chunks_out++;
  lane->entries_out += chunk->count;
  lane->last_read_id = chunk->entries[chunk->count - 1]->entry_id;
  lane->taker.take(lane->taker.context, chunk->entries[0], chunk->arena);
}

struct error spool_lane_drain(struct spool_lane *lane, struct spool_file *file)
{
  if (lane->taker.take == NULL || !lane->taker.is_ready(lane->taker.context)) {
    return error_none();
  }
  while (!lane->starts_over && lane->chunks_out < CHUNKS_OUT_MAX && clock_monotonic_us() >= lane->not_before_us &&
         spool_file_totals(file)->entries[lane->kind] > lane->entries_out) {
    struct spool_chunk *chunk = NULL;
    struct error error = read_chunk(lane, file, &chunk);
    if (error.code != ERROR_NONE) {
      begin_again(lane);
      return error;
    }
    if (chunk == NULL) {
      return error;
    }
    give_to_taker(lane, chunk);
  }
  return error_none();
}
