/* The state of a temperature machine as bytes, and the words of its pause field. */
#include "ingest/analysis/state_bytes.h"
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

static bool take_side(struct text *in, enum temperature_side *side)
{
  int8_t value = 0;
  const bool is_good = state_take_int8(in, &value) && value >= SIDE_NONE && value <= SIDE_WARM;
  *side = is_good ? (enum temperature_side)value : SIDE_NONE;
  return is_good;
}

static bool load_excursion(struct excursion_state *state, struct text *in)
{
  *state = (struct excursion_state){.side = SIDE_NONE};
  if (!take_side(in, &state->side)) {
    return false;
  }
  return state->side == SIDE_NONE ||
         (state_take_int64(in, &state->started_at_us) && state_take_int64(in, &state->ended_at_us) &&
          state_take_int64(in, &state->fired_at_us) && state_take_int64(in, &state->clearing_since_us) &&
          state_take_float(in, &state->extreme_c) && state_take_int64(in, &state->extreme_at_us) &&
          state_take_double(in, &state->degree_us) && state_take_double(in, &state->over_us) &&
          state_take_int64(in, &state->paused_us) && state_take_int32(in, &state->samples));
}

static void save_reading(const struct temperature_reading *reading, struct buffer *out)
{
  state_put_int64(out, reading->recorded_at_us);
  state_put_float(out, reading->temperature_c);
}

static bool load_reading(struct temperature_reading *reading, struct text *in)
{
  return state_take_int64(in, &reading->recorded_at_us) && state_take_float(in, &reading->temperature_c);
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

static bool load_trend(struct temperature_machine *machine, struct text *in)
{
  int8_t count = 0;
  if (!state_take_int8(in, &count) || count < 0 || count > TREND_READINGS_MAX) {
    return false;
  }
  machine->trend_count = count;
  for (int32_t i = 0; i < machine->trend_count; i++) {
    if (!load_reading(&machine->trend[i], in)) {
      return false;
    }
  }
  return true;
}

bool temperature_machine_load(struct temperature_machine *machine, struct text *in)
{
  int8_t format = 0;
  temperature_machine_init(machine);
  return state_take_int8(in, &format) && format == STATE_FORMAT && state_take_int64(in, &machine->seen_at_us) &&
         state_take_double(in, &machine->longitude_deg) && state_take_double(in, &machine->latitude_deg) &&
         load_reading(&machine->last, in) && state_take_int64(in, &machine->paused_since_us) &&
         state_take_int64(in, &machine->paused_us) && load_excursion(&machine->normal, in) &&
         load_excursion(&machine->urgent, in) && load_trend(machine, in) && take_side(in, &machine->warming_side) &&
         state_take_int64(in, &machine->warming_since_us) && state_take_float(in, &machine->warming_minutes) &&
         state_take_int64(in, &machine->silent_since_us) && state_take_int64(in, &machine->silent_fired_at_us);
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
