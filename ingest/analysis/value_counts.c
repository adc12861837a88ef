#include "ingest/analysis/value_counts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

void value_counts_free(struct value_counts *counts)
{
  free(counts->items);
  *counts = (struct value_counts){0};
}

void value_counts_clear(struct value_counts *counts)
{
  counts->item_count = 0;
  counts->total = 0;
}

static void reserve(struct value_counts *counts, size_t capacity)
{
  if (counts->capacity >= capacity) {
    return;
  }
  size_t grown = counts->capacity == 0 ? FIRST_CAPACITY : counts->capacity;
  while (grown < capacity) {
    grown *= 2;
  }
  struct value_count *items = realloc(counts->items, grown * sizeof *items);
  if (items == NULL) {
    abort();
  }
  counts->items = items;
  counts->capacity = grown;
}

void value_counts_add(struct value_counts *counts, int64_t value, int64_t count)
{
  size_t low = 0;
  size_t high = counts->item_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (counts->items[middle].value < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  counts->total += count;
  if (low < counts->item_count && counts->items[low].value == value) {
    counts->items[low].count += count;
    return;
  }
  reserve(counts, counts->item_count + 1);
  memmove(counts->items + low + 1, counts->items + low, (counts->item_count - low) * sizeof *counts->items);
  counts->items[low] = (struct value_count){value, count};
  counts->item_count++;
}

void value_counts_merge(struct value_counts *counts, const struct value_counts *more)
{
  for (size_t i = 0; i < more->item_count; i++) {
    value_counts_add(counts, more->items[i].value, more->items[i].count);
  }
}

void value_counts_copy(struct value_counts *counts, const struct value_counts *from)
{
  assert(counts != from);
  reserve(counts, from->item_count);
  if (from->item_count > 0) {
    memcpy(counts->items, from->items, from->item_count * sizeof *from->items);
  }
  counts->item_count = from->item_count;
  counts->total = from->total;
}

int64_t value_counts_at(const struct value_counts *counts, int64_t rank)
{
  assert(rank >= 0 && rank < counts->total);
  size_t i = 0;
  while (rank >= counts->items[i].count) {
    rank -= counts->items[i].count;
    i++;
  }
  return counts->items[i].value;
}

void value_counts_save(const struct value_counts *counts, struct buffer *out)
{
  state_put_int32(out, (int32_t)counts->item_count);
  for (size_t i = 0; i < counts->item_count; i++) {
    state_put_int64(out, counts->items[i].value);
    state_put_int64(out, counts->items[i].count);
  }
}

void value_counts_load(struct value_counts *counts, struct state_reader *in)
{
  value_counts_clear(counts);
  const int32_t item_count = state_take_int32(in);
  for (int32_t i = 0; i < item_count && !in->broken; i++) {
    const int64_t value = state_take_int64(in);
    const int64_t count = state_take_int64(in);
    const bool ascends = counts->item_count == 0 || counts->items[counts->item_count - 1].value < value;
    if (in->broken || count <= 0 || !ascends) {
      in->broken = true;
      return;
    }
    value_counts_add(counts, value, count);
  }
  in->broken = in->broken || item_count < 0;
}
