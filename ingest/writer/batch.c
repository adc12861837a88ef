#include "ingest/writer/batch.h"

#include <stdlib.h>

/* Compact, because sorting moves it. */
struct sort_key {
  int64_t vehicle_id;
  struct breadcrumb_key key;
  uint32_t arrival;
};

struct text *batch_vehicle_names(struct arena *arena, struct delivery *const *deliveries, size_t delivery_count, size_t *count)
{
  size_t total = 0;
  for (size_t i = 0; i < delivery_count; i++) {
    total += deliveries[i]->breadcrumb_count;
  }
  struct text *names = arena_alloc_array(arena, total, sizeof *names);
  *count = 0;
  for (size_t i = 0; i < delivery_count; i++) {
    for (size_t j = 0; j < deliveries[i]->breadcrumb_count; j++) {
      struct text name = deliveries[i]->breadcrumbs[j].vehicle;
      if (*count == 0 || !text_equal(names[*count - 1], name)) {
        names[(*count)++] = name;
      }
    }
  }
  return names;
}

static int compare_keys(const void *left, const void *right)
{
  const struct sort_key *a = left;
  const struct sort_key *b = right;
  if (a->vehicle_id != b->vehicle_id) {
    return a->vehicle_id < b->vehicle_id ? -1 : 1;
  }
  int order = breadcrumb_key_compare(a->key, b->key);
  return order != 0 ? order : (a->arrival > b->arrival) - (a->arrival < b->arrival);
}

static size_t take_arrivals(const struct vehicle_registry *registry, const struct batch *batch, struct batch_row *arrivals,
                            struct sort_key *keys)
{
  size_t count = 0;
  for (size_t i = 0; i < batch->delivery_count; i++) {
    struct delivery *delivery = batch->deliveries[i];
    delivery->stored_count = 0;
    delivery->duplicate_count = delivery->duplicate_elsewhere_count = 0;
    for (size_t j = 0; j < delivery->breadcrumb_count; j++) {
      const struct breadcrumb *breadcrumb = &delivery->breadcrumbs[j];
      struct batch_row *row = &arrivals[count];
      row->vehicle = vehicle_registry_find(registry, breadcrumb->vehicle);
      row->breadcrumb = breadcrumb;
      row->delivery = delivery;
      row->key = (struct breadcrumb_key){breadcrumb->recorded_at_us, breadcrumb->version};
      row->flags = breadcrumb->flags;
      row->exists = false;
      keys[count] = (struct sort_key){row->vehicle->vehicle_id, row->key, (uint32_t)count};
      count++;
    }
  }
  return count;
}

void batch_make(struct arena *arena, struct delivery **deliveries, size_t delivery_count,
                const struct vehicle_registry *registry, struct batch *batch)
{
  size_t total = 0;
  *batch = (struct batch){.arena = arena, .deliveries = deliveries, .delivery_count = delivery_count};
  for (size_t i = 0; i < delivery_count; i++) {
    total += deliveries[i]->breadcrumb_count;
    batch->reject_count += deliveries[i]->reject_count;
  }
  struct batch_row *arrivals = arena_alloc_bytes(arena, total * sizeof *arrivals);
  struct sort_key *keys = arena_alloc_bytes(arena, total * sizeof *keys);
  size_t count = take_arrivals(registry, batch, arrivals, keys);
  qsort(keys, count, sizeof *keys, compare_keys);
  batch->rows = arena_alloc_bytes(arena, total * sizeof *batch->rows);
  for (size_t i = 0; i < count; i++) {
    const struct batch_row *arrival = &arrivals[keys[i].arrival];
    bool repeats =
        i != 0 && keys[i - 1].vehicle_id == keys[i].vehicle_id && breadcrumb_key_compare(keys[i - 1].key, keys[i].key) == 0;
    if (repeats) {
      const struct delivery *first = batch->rows[batch->row_count - 1].delivery;
      arrival->delivery->duplicate_count++;
      arrival->delivery->duplicate_elsewhere_count += first->source != arrival->delivery->source ? 1 : 0;
      batch->repeated_count++;
    } else {
      batch->rows[batch->row_count++] = *arrival;
    }
  }
}

const struct batch_row *batch_row_beside(const struct batch *batch, const struct batch_row *row, int step)
{
  const struct batch_row *first = batch->rows;
  const struct batch_row *end = batch->rows + batch->row_count;
  for (const struct batch_row *at = row + step; at >= first && at < end && at->vehicle == row->vehicle; at += step) {
    if (batch_row_is_fix(at) && !at->exists) {
      return at;
    }
  }
  return NULL;
}

void batch_row_follows(struct batch_row *row, struct fix previous)
{
  if (flags_is_jump(previous, batch_row_fix(row))) {
    row->flags |= FLAG_JUMP;
  }
}
