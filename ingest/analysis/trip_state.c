#include "ingest/analysis/trip_state.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/analysis/state.h"

enum { FIRST_CAPACITY = 8, POINT_BYTES = 70 /* in a checkpoint */ };

void trip_machine_init(struct trip_machine *machine)
{
  machine->state = NULL;
}

void trip_machine_free(struct trip_machine *machine)
{
  if (machine->state != NULL) {
    free(machine->state->window);
    free(machine->state);
    machine->state = NULL;
  }
}

struct trip_state *trip_state_new(void)
{
  struct trip_state *state = calloc(1, sizeof *state);
  if (state == NULL) {
    abort();
  }
  return state;
}

void trip_state_reserve(struct trip_state *state, size_t count)
{
  if (count <= state->window_capacity) {
    return;
  }
  size_t capacity = state->window_capacity == 0 ? FIRST_CAPACITY : state->window_capacity;
  while (capacity < count) {
    capacity *= 2;
  }
  struct trip_point *window = realloc(state->window, capacity * sizeof *window);
  if (window == NULL) {
    abort();
  }
  state->window = window;
  state->window_capacity = capacity;
}

void trip_machine_copy(struct trip_machine *machine, const struct trip_machine *from)
{
  if (from->state == NULL) {
    trip_machine_free(machine);
    return;
  }
  if (machine->state == NULL) {
    machine->state = trip_state_new();
  }
  trip_state_reserve(machine->state, from->state->window_count);
  struct trip_point *window = machine->state->window;
  const size_t capacity = machine->state->window_capacity;
  *machine->state = *from->state;
  machine->state->window = window;
  machine->state->window_capacity = capacity;
  if (from->state->window_count > 0) {
    memcpy(window, from->state->window, from->state->window_count * sizeof *window);
  }
}

/* --- checkpoints --- */

static void save_point(const struct trip_point *point, struct buffer *out)
{
  state_put_int64(out, point->fix.recorded_at_us);
  state_put_double(out, point->fix.longitude_deg);
  state_put_double(out, point->fix.latitude_deg);
  state_put_float(out, point->fix.speed_kmh);
  state_put_int8(out, point->fix.ignition);
  state_put_int64(out, point->driver_id);
  state_put_int8(out, point->stands);
  state_put_int64(out, point->distance_mm);
  state_put_int64(out, point->moving_us);
  state_put_int64(out, point->idling_us);
  state_put_int32(out, point->samples);
  state_put_float(out, point->max_speed_kmh);
}

static void load_point(struct trip_point *point, struct state_reader *in)
{
  point->fix.recorded_at_us = state_take_int64(in);
  point->fix.longitude_deg = state_take_double(in);
  point->fix.latitude_deg = state_take_double(in);
  point->fix.speed_kmh = state_take_float(in);
  point->fix.ignition = state_take_int8(in);
  point->driver_id = state_take_int64(in);
  point->stands = state_take_int8(in) != 0;
  point->distance_mm = state_take_int64(in);
  point->moving_us = state_take_int64(in);
  point->idling_us = state_take_int64(in);
  point->samples = state_take_int32(in);
  point->max_speed_kmh = state_take_float(in);
}

void trip_machine_save(const struct trip_machine *machine, struct buffer *out)
{
  const struct trip_state *state = machine->state;
  state_put_int8(out, state != NULL);
  if (state == NULL) {
    return;
  }
  state_put_int8(out, (int8_t)state->phase);
  save_point(&state->base, out);
  save_point(&state->last, out);
  state_put_int8(out, state->ignition);
  state_put_int8(out, state->has_driver);
  state_put_int64(out, state->driver_id);
  if (state->phase == PHASE_STOPPED) {
    save_point(&state->departure, out);
    state_put_int8(out, state->departure_stands);
    return;
  }
  state_put_int8(out, state->ignition_went_off);
  state_put_int8(out, state->has_departed);
  if (state->has_departed) {
    save_point(&state->departed, out);
    save_point(&state->departed_end, out);
  }
  state_put_int32(out, (int32_t)state->window_count);
  for (size_t i = 0; i < state->window_count; i++) {
    save_point(&state->window[i], out);
  }
}

static void load_drive(struct trip_state *state, struct state_reader *in)
{
  state->ignition_went_off = state_take_int8(in) != 0;
  state->has_departed = state_take_int8(in) != 0;
  if (state->has_departed) {
    load_point(&state->departed, in);
    load_point(&state->departed_end, in);
  }
  const int32_t count = state_take_int32(in);
  if (count < 1 || (size_t)count > in->rest->length / POINT_BYTES) {
    in->broken = true;
    return;
  }
  trip_state_reserve(state, (size_t)count);
  for (int32_t i = 0; i < count; i++) {
    load_point(&state->window[i], in);
  }
  state->window_count = (size_t)count;
}

static void load_state(struct trip_state *state, struct state_reader *in)
{
  const int8_t phase = state_take_int8(in);
  in->broken = in->broken || (phase != PHASE_DRIVING && phase != PHASE_STOPPED);
  state->phase = phase == PHASE_STOPPED ? PHASE_STOPPED : PHASE_DRIVING;
  load_point(&state->base, in);
  load_point(&state->last, in);
  state->ignition = state_take_int8(in);
  state->has_driver = state_take_int8(in) != 0;
  state->driver_id = state_take_int64(in);
  if (state->phase == PHASE_STOPPED) {
    load_point(&state->departure, in);
    state->departure_stands = state_take_int8(in) != 0;
  } else {
    load_drive(state, in);
  }
}

bool trip_machine_load(struct trip_machine *machine, struct text *in)
{
  trip_machine_free(machine);
  struct state_reader reader = {.rest = in};
  if (state_take_int8(&reader) != 0) {
    machine->state = trip_state_new();
    load_state(machine->state, &reader);
  }
  if (reader.broken) {
    trip_machine_free(machine);
  }
  return !reader.broken;
}
