/* The state of a temperature machine as bytes, and the words of its pause field. */
#include "ingest/analysis/state.h"
#include "ingest/analysis/temperature_machine.h"

enum { STATE_FORMAT = 1 };

static void save_excursion(const struct excursion_state *state, struct buffer *out)
{
  state_put_int8(out, (int8_t)state->side);
  if (state->side == SIDE_NONE) {
    return;
  }
  state_put_int64(out, state->started_at_us);
  state_put_int64(out, state->ended_at_us);
  state_put_int64(out, state->fired_at_us);
  state_put_int64(out, state->clearing_since_us);
  state_put_float(out, state->extreme_c);
  state_put_int64(out, state->extreme_at_us);
  state_put_double(out, state->degree_us);
  state_put_double(out, state->over_us);
  state_put_int64(out, state->paused_us);
  state_put_int32(out, state->samples);
}

static enum temperature_side take_side(struct state_reader *in)
{
  const int8_t value = state_take_int8(in);
  in->broken = in->broken || value < SIDE_NONE || value > SIDE_WARM;
  return in->broken ? SIDE_NONE : (enum temperature_side)value;
}

static void load_excursion(struct excursion_state *state, struct state_reader *in)
{
  *state = (struct excursion_state){.side = take_side(in)};
  if (state->side == SIDE_NONE) {
    return;
  }
  state->started_at_us = state_take_int64(in);
  state->ended_at_us = state_take_int64(in);
  state->fired_at_us = state_take_int64(in);
  state->clearing_since_us = state_take_int64(in);
  state->extreme_c = state_take_float(in);
  state->extreme_at_us = state_take_int64(in);
  state->degree_us = state_take_double(in);
  state->over_us = state_take_double(in);
  state->paused_us = state_take_int64(in);
  state->samples = state_take_int32(in);
}

static void save_reading(const struct temperature_reading *reading, struct buffer *out)
{
  state_put_int64(out, reading->recorded_at_us);
  state_put_float(out, reading->temperature_c);
}

static struct temperature_reading load_reading(struct state_reader *in)
{
  const int64_t recorded_at_us = state_take_int64(in);
  return (struct temperature_reading){recorded_at_us, state_take_float(in)};
}

void temperature_machine_save(const struct temperature_machine *machine, struct buffer *out)
{
  state_put_int8(out, STATE_FORMAT);
  state_put_int64(out, machine->seen_at_us);
  state_put_double(out, machine->longitude_deg);
  state_put_double(out, machine->latitude_deg);
  save_reading(&machine->last, out);
  state_put_int64(out, machine->paused_since_us);
  state_put_int64(out, machine->paused_us);
  save_excursion(&machine->normal, out);
  save_excursion(&machine->urgent, out);
  state_put_int8(out, (int8_t)machine->trend_count);
  for (int32_t i = 0; i < machine->trend_count; i++) {
    save_reading(&machine->trend[i], out);
  }
  state_put_int8(out, (int8_t)machine->warming_side);
  state_put_int64(out, machine->warming_since_us);
  state_put_float(out, machine->warming_minutes);
  state_put_int64(out, machine->silent_since_us);
  state_put_int64(out, machine->silent_fired_at_us);
}

static void load_trend(struct temperature_machine *machine, struct state_reader *in)
{
  const int8_t count = state_take_int8(in);
  in->broken = in->broken || count < 0 || count > TREND_READINGS_MAX;
  machine->trend_count = in->broken ? 0 : count;
  for (int32_t i = 0; i < machine->trend_count; i++) {
    machine->trend[i] = load_reading(in);
  }
}

bool temperature_machine_load(struct temperature_machine *machine, struct text *in)
{
  struct state_reader reader = {.rest = in};
  temperature_machine_init(machine);
  if (state_take_int8(&reader) != STATE_FORMAT) {
    return false;
  }
  machine->seen_at_us = state_take_int64(&reader);
  machine->longitude_deg = state_take_double(&reader);
  machine->latitude_deg = state_take_double(&reader);
  machine->last = load_reading(&reader);
  machine->paused_since_us = state_take_int64(&reader);
  machine->paused_us = state_take_int64(&reader);
  load_excursion(&machine->normal, &reader);
  load_excursion(&machine->urgent, &reader);
  load_trend(machine, &reader);
  machine->warming_side = take_side(&reader);
  machine->warming_since_us = state_take_int64(&reader);
  machine->warming_minutes = state_take_float(&reader);
  machine->silent_since_us = state_take_int64(&reader);
  machine->silent_fired_at_us = state_take_int64(&reader);
  return !reader.broken;
}

static bool is_any_of(struct text word, const char *const *words)
{
  for (; *words != NULL; words++) {
    if (text_equal_ignoring_case(word, text_from(*words))) {
      return true;
    }
  }
  return false;
}

int8_t temperature_pause_read(struct text value)
{
  static const char *const YES[] = {"true", "on", "open", "yes", "active", "defrost", NULL};
  static const char *const NO[] = {"false", "off", "closed", "no", "inactive", NULL};
  double number = 0;
  if (value.data == NULL) {
    return -1;
  }
  if (text_to_double(value, &number)) {
    return number != 0 ? 1 : 0;
  }
  if (is_any_of(value, YES)) {
    return 1;
  }
  return is_any_of(value, NO) ? 0 : -1;
}
