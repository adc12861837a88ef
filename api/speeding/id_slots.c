#include "api/speeding/id_slots.h"

#include <stdlib.h>

#include "server/base/error.h"

enum { FIRST_TABLE_SIZE = 1024 };

/* Where the id is in the table, or the free place where it belongs. The table is at most half full. */
static size_t place_of(const struct id_slots *slots, int64_t id)
{
  size_t at = (size_t)((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (slots->table_size - 1);
  while (slots->table[at] != 0 && slots->ids[slots->table[at] - 1] != id) {
    at = (at + 1) & (slots->table_size - 1);
  }
  return at;
}

static void grow(struct id_slots *slots)
{
  slots->table_size = slots->table_size == 0 ? FIRST_TABLE_SIZE : slots->table_size * 2;
  free(slots->table);
  slots->table = calloc(slots->table_size, sizeof *slots->table);
  slots->ids = reallocarray(slots->ids, slots->table_size / 2, sizeof *slots->ids);
  if (slots->table == NULL || slots->ids == NULL) {
    error_out_of_memory(slots->table_size * sizeof *slots->table);
  }
  for (size_t slot = 0; slot < slots->count; slot++) {
    slots->table[place_of(slots, slots->ids[slot])] = (uint32_t)slot + 1;
  }
}

uint32_t id_slots_add(struct id_slots *slots, int64_t id)
{
  if (slots->count == slots->table_size / 2) {
    grow(slots);
  }
  const size_t place = place_of(slots, id);
  if (slots->table[place] == 0) {
    slots->ids[slots->count++] = id;
    slots->table[place] = (uint32_t)slots->count;
  }
  return slots->table[place] - 1;
}

void id_slots_free(struct id_slots *slots)
{
  free(slots->ids);
  free(slots->table);
  *slots = (struct id_slots){0};
}
