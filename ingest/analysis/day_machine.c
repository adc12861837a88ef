#include "ingest/analysis/day_machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/analysis/state.h"
#include "ingest/analysis/step.h"

enum { FIRST_CAPACITY = 2, SUMS_BYTES = 72 /* in a checkpoint */ };

struct day_sums {
  int64_t driver_id;
  int64_t distance_mm;
  int64_t known_limit_mm;
  int64_t over_limit_mm;
  int64_t observed_us;
  int64_t moving_us;
  int64_t known_limit_us;
  int64_t over_limit_us;
  int32_t samples;
  float max_speed_kmh;
};

/* What a breadcrumb says of the halves of the steps on both its sides. */
struct day_point {
  struct fix fix;
  bool moves;
  bool knows_limit;
  bool is_over;
  int64_t driver_id;
  int64_t driver_until_us;
  int32_t day;
};

struct day_state {
  struct day_point last;
  struct day_sums *sums; /* of the last one's day, in the order in which their drivers came up */
  size_t count;
  size_t capacity;
};

void day_machine_init(struct day_machine *machine)
{
  machine->state = NULL;
}

void day_machine_free(struct day_machine *machine)
{
  if (machine->state != NULL) {
    free(machine->state->sums);
    free(machine->state);
    machine->state = NULL;
  }
}

static struct day_state *state_new(void)
{
  struct day_state *state = calloc(1, sizeof *state);
  if (state == NULL) {
    abort();
  }
  return state;
}

static void reserve(struct day_state *state, size_t count)
{
  if (count <= state->capacity) {
    return;
  }
  size_t capacity = state->capacity == 0 ? FIRST_CAPACITY : state->capacity;
  while (capacity < count) {
    capacity *= 2;
  }
  struct day_sums *sums = realloc(state->sums, capacity * sizeof *sums);
  if (sums == NULL) {
    abort();
  }
  state->sums = sums;
  state->capacity = capacity;
}

void day_machine_copy(struct day_machine *machine, const struct day_machine *from)
{
  if (from->state == NULL) {
    day_machine_free(machine);
    return;
  }
  if (machine->state == NULL) {
    machine->state = state_new();
  }
  struct day_state *state = machine->state;
  reserve(state, from->state->count);
  state->last = from->state->last;
  state->count = from->state->count;
  memcpy(state->sums, from->state->sums, state->count * sizeof *state->sums);
}

/* --- sums --- */

static struct day_sums *sums_of(struct day_state *state, int64_t driver_id)
{
  for (size_t i = 0; i < state->count; i++) {
    if (state->sums[i].driver_id == driver_id) {
      return &state->sums[i];
    }
  }
  reserve(state, state->count + 1);
  state->sums[state->count] = (struct day_sums){.driver_id = driver_id, .max_speed_kmh = NAN};
  return &state->sums[state->count++];
}

static void count_sample(struct day_state *state, const struct fix *fix, int64_t driver_id)
{
  struct day_sums *sums = sums_of(state, driver_id);
  sums->samples++;
  sums->max_speed_kmh = fmaxf(sums->max_speed_kmh, fix->speed_kmh);
}

/* `point` speaks for it. */
static void count_part(struct day_sums *sums, const struct day_point *point, int64_t length_mm, int64_t elapsed_us)
{
  sums->distance_mm += length_mm;
  sums->observed_us += elapsed_us;
  sums->moving_us += point->moves ? elapsed_us : 0;
  if (point->knows_limit) {
    sums->known_limit_mm += length_mm;
    sums->known_limit_us += elapsed_us;
  }
  if (point->is_over) {
    sums->over_limit_mm += length_mm;
    sums->over_limit_us += elapsed_us;
  }
}

static void add_rows(const struct day_state *state, struct row_set *days)
{
  for (size_t i = 0; i < state->count; i++) {
    const struct day_sums *sums = &state->sums[i];
    const struct drive_day_row row = {
        .day = state->last.day,
        .driver_id = sums->driver_id,
        .distance_m = (double)sums->distance_mm / 1e3,
        .known_limit_m = (double)sums->known_limit_mm / 1e3,
        .over_limit_m = (double)sums->over_limit_mm / 1e3,
        .observed_s = (double)sums->observed_us / 1e6,
        .moving_s = (double)sums->moving_us / 1e6,
        .known_limit_s = (double)sums->known_limit_us / 1e6,
        .over_limit_s = (double)sums->over_limit_us / 1e6,
        .samples = sums->samples,
        .max_speed_kmh = sums->max_speed_kmh,
    };
    row_set_add(days, &row);
  }
}

/* --- steps --- */

/* A step, and where it is cut. */
struct step {
  const struct day_point *from;
  const struct day_point *to;
  int64_t begin_us;
  int64_t end_us;
  int64_t length_mm;
  int64_t middle_us;
  int64_t midnight_us;     /* begin_us when there is none in it */
  int64_t driver_until_us; /* the driver at the beginning, */
  int64_t driver_from_us;  /* and the one at the end; between them nobody */
};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
  return value < low ? low : value > high ? high : value;
}

static int64_t next_cut(const struct step *step, int64_t after_us)
{
  const int64_t cuts[] = {step->middle_us, step->midnight_us, step->driver_until_us, step->driver_from_us};
  int64_t next_us = step->end_us;
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    if (cuts[i] > after_us && cuts[i] < next_us) {
      next_us = cuts[i];
    }
  }
  return next_us;
}

/* The parts of the step within [begin, end). */
static void count_between(struct day_state *state, const struct step *step, int64_t begin_us, int64_t end_us)
{
  for (int64_t at_us = begin_us; at_us < end_us;) {
    const int64_t until_us = next_cut(step, at_us);
    const int64_t length_mm = step_share(step->length_mm, step->begin_us, until_us, step->end_us) -
                              step_share(step->length_mm, step->begin_us, at_us, step->end_us);
    const int64_t driver_id = at_us < step->driver_until_us  ? step->from->driver_id
                              : at_us < step->driver_from_us ? 0
                                                             : step->to->driver_id;
    count_part(sums_of(state, driver_id), at_us < step->middle_us ? step->from : step->to, length_mm, until_us - at_us);
    at_us = until_us;
  }
}

/* The driver's assignment as the later breadcrumb knows it: the earlier one may not have known when its own would end. */
static void find_drivers(struct step *step, const struct place *place)
{
  step->driver_from_us = clamp(place->driver_from_us, step->begin_us, step->end_us);
  const int64_t until_us =
      step->from->driver_until_us < step->driver_from_us ? step->from->driver_until_us : step->driver_from_us;
  step->driver_until_us = clamp(until_us, step->begin_us, step->end_us);
}

/* Up to the end of the earlier breadcrumb's day, where the step leaves it. */
static void end_day(struct day_state *state, const struct step *step, struct row_set *days)
{
  if (step->end_us - step->begin_us <= STEP_UNOBSERVED_US) {
    count_between(state, step, step->begin_us, step->midnight_us);
  }
  add_rows(state, days);
  state->count = 0;
}

static void count_step(struct day_state *state, const struct step *step)
{
  const int64_t begin_us = step->midnight_us;
  const bool is_whole = begin_us == step->begin_us && step->driver_from_us == step->begin_us;
  if (step->end_us - step->begin_us > STEP_UNOBSERVED_US) {
    return;
  }
  if (!is_whole) {
    count_between(state, step, begin_us, step->end_us);
    return;
  }
  struct day_sums *sums = sums_of(state, step->to->driver_id);
  const int64_t half_mm = step->length_mm / 2;
  count_part(sums, step->from, half_mm, step->middle_us - step->begin_us);
  count_part(sums, step->to, step->length_mm - half_mm, step->end_us - step->middle_us);
}

static struct day_point point_of(const struct day_point *last, const struct fix *fix, const struct place *place,
                                 int64_t length_mm)
{
  int64_t excess_milli_kmh;
  const bool knows_excess = step_excess(fix, place, &excess_milli_kmh);
  return (struct day_point){
      .fix = *fix,
      .moves = !step_stands(last != NULL ? &last->fix : NULL, fix, length_mm),
      .knows_limit = !isnan(place->limit_kmh),
      .is_over = knows_excess && excess_milli_kmh > 0,
      .driver_id = place->driver_id,
      .driver_until_us = place->driver_until_us,
      .day = place->day,
  };
}

void day_machine_step(struct day_machine *machine, const struct fix *fix, const struct place *place, struct row_set *days)
{
  if (fix->flags != 0) {
    return;
  }
  struct day_state *state = machine->state;
  if (state == NULL) {
    state = machine->state = state_new();
    state->last = point_of(NULL, fix, place, 0);
    count_sample(state, fix, place->driver_id);
    return;
  }
  const struct day_point last = state->last;
  if (fix->recorded_at_us <= last.fix.recorded_at_us) {
    return;
  }
  const int64_t length_mm = step_mm(&last.fix, fix);
  const struct day_point point = point_of(&last, fix, place, length_mm);
  struct step step = {
      .from = &last,
      .to = &point,
      .begin_us = last.fix.recorded_at_us,
      .end_us = fix->recorded_at_us,
      .length_mm = length_mm,
      .middle_us = last.fix.recorded_at_us + (fix->recorded_at_us - last.fix.recorded_at_us) / 2,
      .midnight_us = last.fix.recorded_at_us,
  };
  find_drivers(&step, place);
  if (point.day != last.day) {
    step.midnight_us = clamp(place->day_began_at_us, step.begin_us, step.end_us);
    end_day(state, &step, days);
  }
  count_step(state, &step);
  state->last = point;
  count_sample(state, fix, place->driver_id);
}

void day_machine_show(const struct day_machine *machine, struct row_set *days)
{
  if (machine->state != NULL) {
    add_rows(machine->state, days);
  }
}

/* --- checkpoints --- */

void day_machine_save(const struct day_machine *machine, struct buffer *out)
{
  const struct day_state *state = machine->state;
  state_put_int8(out, state != NULL);
  if (state == NULL) {
    return;
  }
  const struct day_point *last = &state->last;
  state_put_int64(out, last->fix.recorded_at_us);
  state_put_double(out, last->fix.longitude_deg);
  state_put_double(out, last->fix.latitude_deg);
  state_put_float(out, last->fix.speed_kmh);
  state_put_int8(out, last->moves);
  state_put_int8(out, last->knows_limit);
  state_put_int8(out, last->is_over);
  state_put_int64(out, last->driver_id);
  state_put_int64(out, last->driver_until_us);
  state_put_int32(out, last->day);
  state_put_int32(out, (int32_t)state->count);
  for (size_t i = 0; i < state->count; i++) {
    const struct day_sums *sums = &state->sums[i];
    state_put_int64(out, sums->driver_id);
    state_put_int64(out, sums->distance_mm);
    state_put_int64(out, sums->known_limit_mm);
    state_put_int64(out, sums->over_limit_mm);
    state_put_int64(out, sums->observed_us);
    state_put_int64(out, sums->moving_us);
    state_put_int64(out, sums->known_limit_us);
    state_put_int64(out, sums->over_limit_us);
    state_put_int32(out, sums->samples);
    state_put_float(out, sums->max_speed_kmh);
  }
}

static void load_sums(struct day_sums *sums, struct state_reader *in)
{
  sums->driver_id = state_take_int64(in);
  sums->distance_mm = state_take_int64(in);
  sums->known_limit_mm = state_take_int64(in);
  sums->over_limit_mm = state_take_int64(in);
  sums->observed_us = state_take_int64(in);
  sums->moving_us = state_take_int64(in);
  sums->known_limit_us = state_take_int64(in);
  sums->over_limit_us = state_take_int64(in);
  sums->samples = state_take_int32(in);
  sums->max_speed_kmh = state_take_float(in);
}

static void load_state(struct day_state *state, struct state_reader *in)
{
  struct day_point *last = &state->last;
  last->fix.recorded_at_us = state_take_int64(in);
  last->fix.longitude_deg = state_take_double(in);
  last->fix.latitude_deg = state_take_double(in);
  last->fix.speed_kmh = state_take_float(in);
  last->moves = state_take_int8(in) != 0;
  last->knows_limit = state_take_int8(in) != 0;
  last->is_over = state_take_int8(in) != 0;
  last->driver_id = state_take_int64(in);
  last->driver_until_us = state_take_int64(in);
  last->day = state_take_int32(in);
  const int32_t count = state_take_int32(in);
  if (count < 1 || (size_t)count > in->rest->length / SUMS_BYTES) {
    in->broken = true;
    return;
  }
  reserve(state, (size_t)count);
  for (int32_t i = 0; i < count; i++) {
    load_sums(&state->sums[i], in);
  }
  state->count = (size_t)count;
}

bool day_machine_load(struct day_machine *machine, struct text *in)
{
  day_machine_free(machine);
  struct state_reader reader = {.rest = in};
  if (state_take_int8(&reader) != 0) {
    machine->state = state_new();
    load_state(machine->state, &reader);
  }
  if (reader.broken) {
    day_machine_free(machine);
  }
  return !reader.broken;
}
