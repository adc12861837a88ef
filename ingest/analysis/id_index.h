/* Which number belongs to an id: an open-addressing table of int64 -> uint32 that only grows until it is cleared.
 *
 * Owns its slots. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ID_INDEX_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ID_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define ID_INDEX_NONE UINT32_MAX

struct id_index {
  int64_t *ids;
  uint32_t *numbers; /* ID_INDEX_NONE: an empty slot */
  size_t capacity;   /* a power of two, or 0 */
  size_t count;
};

void id_index_free(struct id_index *index);  /* leaves an empty index */
void id_index_clear(struct id_index *index); /* keeps the memory */
/* ID_INDEX_NONE: unknown. */
uint32_t id_index_find(const struct id_index *index, int64_t id);
/* The id must be unknown. */
void id_index_add(struct id_index *index, int64_t id, uint32_t number);

#endif
