#include "ingest/analysis/id_index.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/error.h"

enum { FIRST_CAPACITY = 64 };

void id_index_free(struct id_index *index)
{
  free(index->ids);
  free(index->numbers);
  *index = (struct id_index){0};
}

void id_index_clear(struct id_index *index)
{
  if (index->capacity > 0) {
    memset(index->numbers, 0xff, index->capacity * sizeof *index->numbers);
  }
  index->count = 0;
}

/* Ids come in rows and steps of powers of two: the multiplication spreads them over the upper bits. */
static size_t first_slot(const struct id_index *index, int64_t id)
{
  const uint64_t spread = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);
  return (size_t)(spread >> 20) & (index->capacity - 1);
}

static size_t find_slot(const struct id_index *index, int64_t id)
{
  size_t slot = first_slot(index, id);
  while (index->numbers[slot] != ID_INDEX_NONE && index->ids[slot] != id) {
    slot = (slot + 1) & (index->capacity - 1);
  }
  return slot;
}

uint32_t id_index_find(const struct id_index *index, int64_t id)
{
  return index->capacity == 0 ? ID_INDEX_NONE : index->numbers[find_slot(index, id)];
}

static void put(struct id_index *index, int64_t id, uint32_t number)
{
  const size_t slot = find_slot(index, id);
  index->ids[slot] = id;
  index->numbers[slot] = number;
}

static void grow(struct id_index *index)
{
  const struct id_index old = *index;
  index->capacity = old.capacity == 0 ? FIRST_CAPACITY : old.capacity * 2;
  index->ids = malloc(index->capacity * sizeof *index->ids);
  index->numbers = malloc(index->capacity * sizeof *index->numbers);
  if (index->ids == NULL || index->numbers == NULL) {
    error_out_of_memory(index->capacity * sizeof *index->ids);
  }
  memset(index->numbers, 0xff, index->capacity * sizeof *index->numbers);
  for (size_t i = 0; i < old.capacity; i++) {
    if (old.numbers[i] != ID_INDEX_NONE) {
      put(index, old.ids[i], old.numbers[i]);
    }
  }
  free(old.ids);
  free(old.numbers);
}

void id_index_add(struct id_index *index, int64_t id, uint32_t number)
{
  if ((index->count + 1) * 3 > index->capacity * 2) {
    grow(index);
  }
  put(index, id, number);
  index->count++;
}
