#include "ingest/analysis/speeding_state.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 2, RUN_BYTES_MIN = 200 /* in a checkpoint, and more */ };

void speeding_machine_init(struct speeding_machine *machine)
{
  machine->state = NULL;
}

void speeding_machine_free(struct speeding_machine *machine)
{
  struct speeding_state *state = machine->state;
  if (state == NULL) {
    return;
  }
  for (size_t i = 0; i < state->run_count; i++) {
    speeding_run_free(&state->runs[i]);
  }
  free(state->runs);
  day_intervals_free(&state->intervals);
  free(state);
  machine->state = NULL;
}

struct speeding_state *speeding_state_new(void)
{
  struct speeding_state *state = calloc(1, sizeof *state);
  if (state == NULL) {
    abort();
  }
  return state;
}

struct speeding_run *speeding_state_run(struct speeding_state *state)
{
  if (state->run_count == 0 || state->runs[state->run_count - 1].is_over) {
    return NULL;
  }
  return &state->runs[state->run_count - 1];
}

void speeding_state_push(struct speeding_state *state, const struct speeding_run *run)
{
  if (state->run_count == state->run_capacity) {
    const size_t capacity = state->run_capacity == 0 ? FIRST_CAPACITY : state->run_capacity * 2;
    struct speeding_run *runs = realloc(state->runs, capacity * sizeof *runs);
    if (runs == NULL) {
      abort();
    }
    state->runs = runs;
    state->run_capacity = capacity;
  }
  state->runs[state->run_count++] = *run;
}

void speeding_machine_copy(struct speeding_machine *machine, const struct speeding_machine *from)
{
  speeding_machine_free(machine);
  if (from->state == NULL) {
    return;
  }
  struct speeding_state *state = speeding_state_new();
  *state = *from->state;
  state->intervals = (struct day_intervals){0};
  day_intervals_copy(&state->intervals, &from->state->intervals);
  state->runs = NULL;
  state->run_count = state->run_capacity = 0;
  for (size_t i = 0; i < from->state->run_count; i++) {
    struct speeding_run run = {0};
    speeding_run_copy(&run, &from->state->runs[i]);
    speeding_state_push(state, &run);
  }
  machine->state = state;
}

void speeding_machine_save(const struct speeding_machine *machine, struct buffer *out)
{
  const struct speeding_state *state = machine->state;
  state_put_int8(out, state != NULL);
  if (state == NULL) {
    return;
  }
  state_put_int64(out, state->before_at_us);
  state_put_int8(out, state->before_was_jump);
  state_put_int8(out, state->has_last);
  state_put_int64(out, state->last.recorded_at_us);
  state_put_double(out, state->last.longitude_deg);
  state_put_double(out, state->last.latitude_deg);
  state_put_float(out, state->last.speed_kmh);
  state_put_int64(out, state->last_excess_milli_kmh);
  state_put_int8(out, state->ignition);
  state_put_int32(out, state->day);
  day_intervals_save(&state->intervals, out);
  state_put_int32(out, (int32_t)state->run_count);
  for (size_t i = 0; i < state->run_count; i++) {
    speeding_run_save(&state->runs[i], out);
  }
  state_put_int8(out, state->has_others);
  state_put_int8(out, state->others_changed_limit);
  speeding_span_save(&state->since, out);
  speeding_watch_save(&state->watch, out);
}

static void load_runs(struct speeding_state *state, struct state_reader *in)
{
  const int32_t count = state_take_int32(in);
  if (count < 0 || (size_t)count > in->rest->length / RUN_BYTES_MIN) {
    in->broken = true;
    return;
  }
  for (int32_t i = 0; i < count && !in->broken; i++) {
    struct speeding_run run = {0};
    speeding_run_load(&run, in);
    speeding_state_push(state, &run);
  }
}

static void load_state(struct speeding_state *state, struct state_reader *in)
{
  state->before_at_us = state_take_int64(in);
  state->before_was_jump = state_take_int8(in) != 0;
  state->has_last = state_take_int8(in) != 0;
  state->last.recorded_at_us = state_take_int64(in);
  state->last.longitude_deg = state_take_double(in);
  state->last.latitude_deg = state_take_double(in);
  state->last.speed_kmh = state_take_float(in);
  state->last_excess_milli_kmh = state_take_int64(in);
  state->ignition = state_take_int8(in);
  state->day = state_take_int32(in);
  day_intervals_load(&state->intervals, in);
  load_runs(state, in);
  state->has_others = state_take_int8(in) != 0;
  state->others_changed_limit = state_take_int8(in) != 0;
  speeding_span_load(&state->since, in);
  speeding_watch_load(&state->watch, in);
}

bool speeding_machine_load(struct speeding_machine *machine, struct text *in)
{
  speeding_machine_free(machine);
  struct state_reader reader = {.rest = in};
  if (state_take_int8(&reader) != 0) {
    machine->state = speeding_state_new();
    load_state(machine->state, &reader);
  }
  if (reader.broken) {
    speeding_machine_free(machine);
  }
  return !reader.broken;
}
