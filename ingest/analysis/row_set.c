#include "ingest/analysis/row_set.h"

#include <string.h>

enum { FIRST_CAPACITY = 16 };

struct row_set row_set_make(struct arena *arena, size_t row_bytes)
{
  return (struct row_set){.arena = arena, .row_bytes = row_bytes};
}

void row_set_add(struct row_set *rows, const void *row)
{
  if (rows->count == rows->capacity) {
    const size_t capacity = rows->capacity == 0 ? FIRST_CAPACITY : rows->capacity * 2;
    char *items = arena_alloc_array(rows->arena, capacity, rows->row_bytes);
    if (rows->count > 0) {
      memcpy(items, rows->items, rows->count * rows->row_bytes);
    }
    rows->items = items;
    rows->capacity = capacity;
  }
  memcpy((char *)rows->items + rows->count * rows->row_bytes, row, rows->row_bytes);
  rows->count++;
}
