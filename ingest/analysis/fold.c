#include "ingest/analysis/fold.h"

#include <assert.h>
#include <stdlib.h>

#include "ingest/analysis/state.h"
#include "server/base/error.h"

enum { FIRST_WAITING = 8 };

/* ---- life ---- */

void fold_init(struct fold *fold)
{
  *fold = (struct fold){.last_recorded_at_us = INT64_MIN};
  road_matcher_init(&fold->matcher);
  machine_set_init(&fold->machines);
}

void fold_free(struct fold *fold)
{
  machine_set_free(&fold->machines);
  road_matcher_free(&fold->matcher);
  free(fold->waiting);
  fold_init(fold);
}

static void reserve_waiting(struct fold *fold, size_t count)
{
  if (count <= fold->waiting_capacity) {
    return;
  }
  size_t capacity = fold->waiting_capacity == 0 ? FIRST_WAITING : fold->waiting_capacity;
  while (capacity < count) {
    capacity *= 2;
  }
  struct fix *waiting = realloc(fold->waiting, capacity * sizeof *waiting);
  if (waiting == NULL) {
    error_out_of_memory(capacity * sizeof *waiting);
  }
  fold->waiting = waiting;
  fold->waiting_capacity = capacity;
}

void fold_copy(struct fold *copy, const struct fold *from)
{
  machine_set_copy(&copy->machines, &from->machines);
  road_matcher_free(&copy->matcher);
  road_matcher_clone(&from->matcher, &copy->matcher);
  reserve_waiting(copy, from->waiting_count);
  if (from->waiting_count > 0) {
    memcpy(copy->waiting, from->waiting, from->waiting_count * sizeof *from->waiting);
  }
  copy->waiting_count = from->waiting_count;
  copy->last_recorded_at_us = from->last_recorded_at_us;
  copy->last_version = from->last_version;
  copy->has_held = from->has_held;
  copy->held = from->held;
  copy->run = from->run;
}

/* ---- stepping ---- */

bool fold_is_next(const struct fold *fold, int64_t recorded_at_us, int64_t version)
{
  return recorded_at_us > fold->last_recorded_at_us ||
         (recorded_at_us == fold->last_recorded_at_us && version > fold->last_version);
}

static void advance(struct fold *fold, const struct fold_context *context, const struct fold_entry *entry,
                    struct fold_rows *rows)
{
  const struct place place = place_at(&context->places, &entry->fix, entry->match, rows->sets[0].arena);
  road_runs_step(&fold->run, entry->fix.recorded_at_us, entry->match.road_id, entry->match.is_forward,
                 &rows->sets[FOLD_ROAD_RUNS]);
  machine_set_step(&fold->machines, &context->rules, &entry->fix, &place, rows);
}

/* Of one instant: not flagged before flagged, then the newer version, which is the later one here. */
static void take_matched(struct fold *fold, const struct fold_context *context, struct fold_entry entry, struct fold_rows *rows)
{
  if (fold->has_held && fold->held.fix.recorded_at_us == entry.fix.recorded_at_us) {
    if (entry.fix.flags == 0 || fold->held.fix.flags != 0) {
      fold->held = entry;
    }
    return;
  }
  if (fold->has_held) {
    advance(fold, context, &fold->held, rows);
  }
  fold->held = entry;
  fold->has_held = true;
}

/* The n-th match that comes out is of the n-th breadcrumb that went in. */
static void take_matches(struct fold *fold, const struct fold_context *context, const struct row_set *matches,
                         struct fold_rows *rows)
{
  const struct road_match *items = matches->items;
  assert(matches->count <= fold->waiting_count);
  for (size_t i = 0; i < matches->count; i++) {
    take_matched(fold, context, (struct fold_entry){fold->waiting[i], items[i]}, rows);
  }
  if (matches->count == 0) {
    return;
  }
  fold->waiting_count -= matches->count;
  memmove(fold->waiting, &fold->waiting[matches->count], fold->waiting_count * sizeof *fold->waiting);
}

static void match(struct fold *fold, const struct fold_context *context, const struct fix *fix, struct fold_rows *rows)
{
  struct row_set settled = row_set_make(rows->sets[0].arena, sizeof(struct road_match));
  reserve_waiting(fold, fold->waiting_count + 1);
  fold->waiting[fold->waiting_count++] = *fix;
  road_matcher_step(&fold->matcher, context->roads, fix, &settled);
  take_matches(fold, context, &settled, rows);
}

void fold_step(struct fold *fold, const struct fold_context *context, const struct fix *fix, struct fold_rows *rows)
{
  assert(fold_is_next(fold, fix->recorded_at_us, fix->version));
  fold->last_recorded_at_us = fix->recorded_at_us;
  fold->last_version = fix->version;
  machine_set_sense(&fold->machines, &context->rules, fix, rows);
  match(fold, context, fix, rows);
  fold_rows_settle(rows, fix->recorded_at_us);
}

void fold_show(const struct fold *fold, const struct fold_context *context, struct fold_rows *rows)
{
  struct fold copy;
  fold_init(&copy);
  fold_copy(&copy, fold);
  struct row_set provisional = row_set_make(rows->sets[0].arena, sizeof(struct road_match));
  road_matcher_show(&copy.matcher, &provisional);
  take_matches(&copy, context, &provisional, rows);
  if (copy.has_held) {
    advance(&copy, context, &copy.held, rows);
  }
  rows->sets[FOLD_ROAD_RUNS].count = rows->settled[FOLD_ROAD_RUNS].count; /* only what is settled is kept of them */
  machine_set_show(&copy.machines, &context->rules, rows);
  fold_rows_settle(rows, FOLD_OPEN);
  fold_free(&copy);
}

int64_t fold_runs_since_us(const struct fold *fold)
{
  if (fold->run.road_id != 0) {
    return fold->run.started_at_us;
  }
  if (fold->has_held) {
    return fold->held.fix.recorded_at_us;
  }
  return fold->waiting_count > 0 ? fold->waiting[0].recorded_at_us : INT64_MAX;
}

/* ---- state ---- */

static void save_fix(const struct fix *fix, struct buffer *out)
{
  state_put_int64(out, fix->recorded_at_us);
  state_put_int64(out, fix->version);
  state_put_double(out, fix->longitude_deg);
  state_put_double(out, fix->latitude_deg);
  state_put_float(out, fix->speed_kmh);
  state_put_float(out, fix->heading_deg);
  state_put_float(out, fix->temperature_c);
  state_put_int8(out, fix->ignition);
  state_put_int8(out, fix->is_paused);
  state_put_int8(out, (int8_t)fix->flags);
}

static struct fix load_fix(struct state_reader *in)
{
  struct fix fix;
  fix.recorded_at_us = state_take_int64(in);
  fix.version = state_take_int64(in);
  fix.longitude_deg = state_take_double(in);
  fix.latitude_deg = state_take_double(in);
  fix.speed_kmh = state_take_float(in);
  fix.heading_deg = state_take_float(in);
  fix.temperature_c = state_take_float(in);
  fix.ignition = state_take_int8(in);
  fix.is_paused = state_take_int8(in);
  fix.flags = (uint8_t)state_take_int8(in);
  return fix;
}

void fold_save(const struct fold *fold, struct buffer *out)
{
  state_put_int64(out, fold->last_recorded_at_us);
  state_put_int64(out, fold->last_version);
  state_put_int32(out, (int32_t)fold->waiting_count);
  for (size_t i = 0; i < fold->waiting_count; i++) {
    save_fix(&fold->waiting[i], out);
  }
  state_put_int8(out, fold->has_held);
  if (fold->has_held) {
    save_fix(&fold->held.fix, out);
    state_put_int64(out, fold->held.match.road_id);
    state_put_int8(out, fold->held.match.is_forward);
  }
  road_runs_save(&fold->run, out);
  road_matcher_save(&fold->matcher, out);
  machine_set_save(&fold->machines, out);
}

static void load_waiting(struct fold *fold, struct state_reader *in)
{
  const int32_t count = state_take_int32(in);
  if (count < 0 || count > ROAD_MATCHER_PENDING_MAX) {
    in->broken = true;
    return;
  }
  reserve_waiting(fold, (size_t)count);
  for (int32_t i = 0; i < count; i++) {
    fold->waiting[i] = load_fix(in);
  }
  fold->waiting_count = (size_t)count;
}

static void load_held(struct fold *fold, struct state_reader *in)
{
  fold->has_held = state_take_int8(in) != 0;
  if (fold->has_held) {
    fold->held.fix = load_fix(in);
    fold->held.match.road_id = state_take_int64(in);
    fold->held.match.is_forward = state_take_int8(in) != 0;
  }
}

bool fold_load(struct fold *fold, struct text state)
{
  struct state_reader in = {.rest = &state};
  fold_free(fold);
  fold->last_recorded_at_us = state_take_int64(&in);
  fold->last_version = state_take_int64(&in);
  load_waiting(fold, &in);
  load_held(fold, &in);
  road_runs_load(&fold->run, &in);
  const bool is_whole = !in.broken && road_matcher_load(&fold->matcher, &state) &&
                        road_matcher_pending(&fold->matcher) == fold->waiting_count &&
                        machine_set_load(&fold->machines, &state) && state.length == 0;
  if (!is_whole) {
    fold_free(fold);
  }
  return is_whole;
}
