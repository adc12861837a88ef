#include "ingest/analysis/live_folds.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/row_columns.h"
#include "server/base/error.h"

enum { FIRST_SLOTS = 1024 };

/* Open addressing; a slot is empty, or its vehicle is somewhere behind its own place without an empty slot in between. */
struct live_folds {
  struct live_fold **slots;
  size_t slot_count; /* a power of two */
  size_t count;
};

static void *allocate(size_t count, size_t size)
{
  void *memory = calloc(count, size);
  if (memory == NULL) {
    error_out_of_memory(count * size);
  }
  return memory;
}

struct live_folds *live_folds_new(void)
{
  struct live_folds *folds = allocate(1, sizeof *folds);
  folds->slots = allocate(FIRST_SLOTS, sizeof *folds->slots);
  folds->slot_count = FIRST_SLOTS;
  return folds;
}

static void live_fold_free(struct live_fold *live)
{
  fold_free(&live->fold);
  vehicle_rules_free(&live->rules);
  free(live->shown);
  free(live);
}

void live_folds_clear(struct live_folds *folds)
{
  for (size_t i = 0; i < folds->slot_count; i++) {
    if (folds->slots[i] != NULL) {
      live_fold_free(folds->slots[i]);
      folds->slots[i] = NULL;
    }
  }
  folds->count = 0;
}

void live_folds_free(struct live_folds *folds)
{
  if (folds != NULL) {
    live_folds_clear(folds);
    free(folds->slots);
    free(folds);
  }
}

size_t live_folds_count(const struct live_folds *folds)
{
  return folds->count;
}

/* ---- the table ---- */

static size_t place_of(const struct live_folds *folds, int64_t vehicle_id)
{
  return (size_t)(((uint64_t)vehicle_id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (folds->slot_count - 1);
}

static size_t slot_of(const struct live_folds *folds, int64_t vehicle_id)
{
  size_t slot = place_of(folds, vehicle_id);
  while (folds->slots[slot] != NULL && folds->slots[slot]->vehicle_id != vehicle_id) {
    slot = (slot + 1) & (folds->slot_count - 1);
  }
  return slot;
}

struct live_fold *live_folds_find(struct live_folds *folds, int64_t vehicle_id)
{
  return folds->slots[slot_of(folds, vehicle_id)];
}

static void grow(struct live_folds *folds)
{
  struct live_fold **before = folds->slots;
  const size_t before_count = folds->slot_count;
  folds->slot_count *= 2;
  folds->slots = allocate(folds->slot_count, sizeof *folds->slots);
  for (size_t i = 0; i < before_count; i++) {
    if (before[i] != NULL) {
      folds->slots[slot_of(folds, before[i]->vehicle_id)] = before[i];
    }
  }
  free(before);
}

struct live_fold *live_folds_add(struct live_folds *folds, int64_t vehicle_id)
{
  struct live_fold *live = live_folds_find(folds, vehicle_id);
  if (live != NULL) {
    return live;
  }
  if ((folds->count + 1) * 2 > folds->slot_count) {
    grow(folds);
  }
  live = allocate(1, sizeof *live);
  live->vehicle_id = vehicle_id;
  live->checkpoint_at_us = WINDOW_BEGINNING;
  live->rules.limit_kmh = NAN;
  fold_init(&live->fold);
  folds->slots[slot_of(folds, vehicle_id)] = live;
  folds->count++;
  return live;
}

void live_folds_drop(struct live_folds *folds, int64_t vehicle_id)
{
  size_t hole = slot_of(folds, vehicle_id);
  if (folds->slots[hole] == NULL) {
    return;
  }
  live_fold_free(folds->slots[hole]);
  folds->slots[hole] = NULL;
  folds->count--;
  for (size_t next = (hole + 1) & (folds->slot_count - 1); folds->slots[next] != NULL;
       next = (next + 1) & (folds->slot_count - 1)) {
    struct live_fold *moved = folds->slots[next];
    folds->slots[next] = NULL;
    folds->slots[slot_of(folds, moved->vehicle_id)] = moved;
  }
}

static int compare_used(const void *left, const void *right)
{
  const struct live_fold *a = *(struct live_fold *const *)left;
  const struct live_fold *b = *(struct live_fold *const *)right;
  return (a->used_at > b->used_at) - (a->used_at < b->used_at);
}

/* A tenth more than must go, so that it is not done with every pass. */
void live_folds_trim(struct live_folds *folds)
{
  if (folds->count <= FOLDS_MAX) {
    return;
  }
  const size_t count = folds->count;
  const size_t drop_count = count - FOLDS_MAX + FOLDS_MAX / 10;
  struct live_fold **all = allocate(count, sizeof(struct live_fold *));
  size_t found = 0;
  for (size_t i = 0; i < folds->slot_count; i++) {
    if (folds->slots[i] != NULL) {
      all[found++] = folds->slots[i];
    }
  }
  qsort(all, found, sizeof(struct live_fold *), compare_used);
  for (size_t i = 0; i < drop_count; i++) {
    live_folds_drop(folds, all[i]->vehicle_id);
  }
  free(all);
}

/* ---- one ---- */

static int compare_hashes(const void *left, const void *right)
{
  const uint64_t a = *(const uint64_t *)left;
  const uint64_t b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

static size_t list_keys(const struct window *window, bool only_open, uint64_t *keys)
{
  size_t count = 0;
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    const struct row_set *rows = &window->rows.sets[kind];
    const int64_t *settled_at_us = window->rows.settled[kind].items;
    for (size_t row = 0; row < rows->count; row++) {
      if (!only_open || settled_at_us[row] == FOLD_OPEN) {
        if (keys != NULL) {
          keys[count] = row_key_hash((enum fold_kind)kind, (const char *)rows->items + row * rows->row_bytes);
        }
        count++;
      }
    }
  }
  return count;
}

void live_fold_take(struct live_fold *live, struct window *window)
{
  const size_t count = list_keys(window, true, NULL);
  fold_free(&live->fold);
  live->fold = window->fold;
  fold_init(&window->fold);
  live->checkpoint_at_us = window->checkpoint_at_us;
  live->since_checkpoint = window->since_checkpoint;
  if (count > live->shown_count) {
    free(live->shown);
    live->shown = allocate(count, sizeof *live->shown);
  }
  live->shown_count = list_keys(window, true, live->shown);
  if (live->shown_count > 1) {
    qsort(live->shown, live->shown_count, sizeof *live->shown, compare_hashes);
  }
}

bool live_fold_lacks_shown(const struct live_fold *live, const struct window *window)
{
  const size_t count = list_keys(window, false, NULL);
  uint64_t *keys = arena_alloc_array(window->arena, count, sizeof *keys);
  size_t found = 0;
  (void)list_keys(window, false, keys);
  for (size_t i = 0; i < count; i++) {
    if (live->shown_count > 0 && bsearch(&keys[i], live->shown, live->shown_count, sizeof *keys, compare_hashes) != NULL) {
      found++;
    }
  }
  return found < live->shown_count;
}
