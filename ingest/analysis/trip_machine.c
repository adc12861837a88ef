#include "ingest/analysis/trip_machine.h"

#include <math.h>
#include <string.h>

#include "ingest/analysis/geodesic.h"
#include "ingest/analysis/step.h"
#include "ingest/analysis/trip_state.h"

static const int64_t STAY_MM = 200000;
static const double SURELY_OUTSIDE_DEG = 0.00182;
static const double SURELY_WITHIN_DEG = 0.00179;
static const int64_t STAY_US = INT64_C(180000000);
static const int64_t TRIP_MM_MIN = 200000;
/* --- breadcrumbs and their sums --- */

/* Nearly every pair is settled by bounds of the distance, without a cosine: a degree of latitude has 110.5 to 111.7 km, one of
 * longitude at most 111.4. */
static bool lies_within(const struct trip_point *a, const struct trip_point *b)
{
  const double latitude_deg = fabs(a->fix.latitude_deg - b->fix.latitude_deg);
  const double longitude_deg = fabs(a->fix.longitude_deg - b->fix.longitude_deg);
  if (latitude_deg > SURELY_OUTSIDE_DEG) {
    return false;
  }
  if (latitude_deg + longitude_deg < SURELY_WITHIN_DEG) {
    return true;
  }
  return geodesic_mm(a->fix.longitude_deg, a->fix.latitude_deg, b->fix.longitude_deg, b->fix.latitude_deg) <= STAY_MM;
}

/* Counted from itself. */
static struct trip_point point_alone(struct trip_point point)
{
  point.distance_mm = 0;
  point.moving_us = 0;
  point.idling_us = 0;
  point.samples = 1;
  point.max_speed_kmh = point.fix.speed_kmh;
  return point;
}

static struct trip_point point_after(const struct trip_point *last, const struct fix *fix, const struct place *place)
{
  const int64_t length_mm = step_mm(&last->fix, fix);
  const int64_t elapsed_us = fix->recorded_at_us - last->fix.recorded_at_us;
  const int64_t first_half_us = elapsed_us / 2;
  struct trip_point point = *last;
  point.fix = *fix;
  point.driver_id = place->driver_id;
  point.stands = step_stands(&last->fix, fix, length_mm);
  point.distance_mm += length_mm;
  *(last->stands ? &point.idling_us : &point.moving_us) += last->stands && last->fix.ignition != 1 ? 0 : first_half_us;
  *(point.stands ? &point.idling_us : &point.moving_us) += point.stands && fix->ignition != 1 ? 0 : elapsed_us - first_half_us;
  point.samples++;
  point.max_speed_kmh = fmaxf(point.max_speed_kmh, fix->speed_kmh);
  return point;
}

/* Counted from `base` on instead of from where both are counted from. The greatest speed is not a sum: see its users. */
static void count_from(struct trip_point *point, const struct trip_point *base)
{
  point->distance_mm -= base->distance_mm;
  point->moving_us -= base->moving_us;
  point->idling_us -= base->idling_us;
  point->samples -= base->samples - 1;
}

static void add_counts(struct trip_point *point, const struct trip_point *before)
{
  point->distance_mm += before->distance_mm;
  point->moving_us += before->moving_us;
  point->idling_us += before->idling_us;
  point->samples += before->samples - 1;
}

/* --- rows --- */

static void add_stop(struct row_set *stops, const struct trip_point *begin, const struct trip_point *end, bool is_open)
{
  const struct stop_row row = {
      .started_at_us = begin->fix.recorded_at_us,
      .ended_at_us = end->fix.recorded_at_us,
      .idling_s = (double)end->idling_us / 1e6,
      .samples = end->samples,
      .longitude_deg = begin->fix.longitude_deg,
      .latitude_deg = begin->fix.latitude_deg,
      .is_open = is_open,
  };
  row_set_add(stops, &row);
}

static void add_trip(struct row_set *trips, const struct trip_state *state, const struct trip_point *end, enum trip_end reason)
{
  const struct trip_row row = {
      .started_at_us = state->base.fix.recorded_at_us,
      .ended_at_us = end->fix.recorded_at_us,
      .driver_id = state->driver_id,
      .distance_m = (double)end->distance_mm / 1e3,
      .moving_s = (double)end->moving_us / 1e6,
      .max_speed_kmh = end->max_speed_kmh,
      .samples = end->samples,
      .started_longitude_deg = state->base.fix.longitude_deg,
      .started_latitude_deg = state->base.fix.latitude_deg,
      .ended_longitude_deg = end->fix.longitude_deg,
      .ended_latitude_deg = end->fix.latitude_deg,
      .end_reason = reason,
      .is_open = reason == TRIP_OPEN,
  };
  row_set_add(trips, &row);
}

/* The stop before the drive, prolonged by the drive up to `end`. */
static struct trip_point departed_until(const struct trip_state *state, const struct trip_point *end)
{
  struct trip_point until = *end;
  add_counts(&until, &state->departed_end);
  return until;
}

/* --- driving --- */

static void begin_drive(struct trip_state *state, const struct trip_point *first)
{
  state->phase = PHASE_DRIVING;
  state->base = point_alone(*first);
  state->last = state->base;
  state->has_driver = false;
  state->driver_id = 0;
  state->has_departed = false;
  state->window_count = 0;
}

/* The receiver's noise: nothing moves in the drive, and it ends where it began. */
static bool is_noise(const struct trip_state *state, const struct trip_point *end)
{
  return state->has_departed && end->moving_us == 0 && lies_within(&state->departed, end);
}

static void end_drive(const struct trip_state *state, const struct trip_point *end, enum trip_end reason, struct row_set *trips,
                      struct row_set *stops)
{
  if (end->distance_mm >= TRIP_MM_MIN) {
    if (state->has_departed) {
      add_stop(stops, &state->departed, &state->departed_end, false);
    }
    add_trip(trips, state, end, reason);
  } else if (state->has_departed) {
    const struct trip_point until = departed_until(state, end);
    add_stop(stops, &state->departed, &until, false);
  }
}

/* --- stopped --- */

static void stay(struct trip_state *state, const struct trip_point *point)
{
  state->last = *point;
  if (!state->has_driver) {
    state->has_driver = true;
    state->driver_id = point->driver_id;
  }
  if (point->stands || !state->departure_stands) {
    state->departure_stands = point->stands;
    state->departure = *point;
    state->last.max_speed_kmh = point->fix.speed_kmh; /* of the drive that begins here */
    state->has_driver = false;
  }
}

/* `begin`: the stop's first breadcrumb, or the one that takes up the stop before, when all between was noise. */
static void enter_stop(struct trip_state *state, struct trip_point base, struct trip_point begin)
{
  state->phase = PHASE_STOPPED;
  state->base = base;
  state->last = begin;
  state->departure = begin;
  state->departure_stands = false;
  state->has_driver = false;
  state->has_departed = false;
  state->ignition_went_off = false;
}

/* The stop begins at window[first]; those after it have been in it from the start. */
static void begin_stop(struct trip_state *state, size_t first, enum trip_end reason, struct row_set *trips,
                       struct row_set *stops)
{
  const struct trip_point begin = state->window[first];
  end_drive(state, &begin, reason, trips, stops);
  enter_stop(state, point_alone(begin), point_alone(begin));
  for (size_t i = first + 1; i < state->window_count; i++) {
    struct trip_point point = state->window[i];
    count_from(&point, &begin);
    point.max_speed_kmh = fmaxf(state->last.max_speed_kmh, point.fix.speed_kmh);
    stay(state, &point);
  }
  state->window_count = 0;
}

/* All since the stop was noise. */
static void take_up_stop(struct trip_state *state, const struct trip_point *point)
{
  const struct trip_point until = departed_until(state, point);
  enter_stop(state, state->departed, until);
  state->last.max_speed_kmh = point->fix.speed_kmh;
  state->departure_stands = true;
  state->window_count = 0;
}

/* The stop ended where the vehicle stood last, and the drive began there. `point`, which lies outside, is counted from there.
 */
static void depart(struct trip_state *state, struct trip_point *point)
{
  const struct trip_point stop = state->base;
  const struct trip_point begin = state->departure;
  const int64_t driver_id = state->has_driver ? state->driver_id : point->driver_id;
  begin_drive(state, &begin);
  state->has_driver = true;
  state->driver_id = driver_id;
  state->has_departed = true;
  state->departed = stop;
  state->departed_end = begin;
  count_from(point, &begin);
}

/* --- driving, breadcrumb by breadcrumb --- */

/* Newest first: it is the farthest, nearly always. */
static bool holds_all_after(const struct trip_state *state, size_t index)
{
  for (size_t i = state->window_count - 1; i > index; i--) {
    if (!lies_within(&state->window[index], &state->window[i])) {
      return false;
    }
  }
  return true;
}

static void slide_window(struct trip_state *state, const struct trip_point *point)
{
  trip_state_reserve(state, state->window_count + 1);
  state->window[state->window_count++] = *point;
  if (lies_within(&state->window[0], point)) { /* all before it do already */
    return;
  }
  size_t dropped = 1;
  while (!holds_all_after(state, dropped)) {
    dropped++;
  }
  state->window_count -= dropped;
  memmove(state->window, state->window + dropped, state->window_count * sizeof *state->window);
}

static size_t first_standing(const struct trip_state *state)
{
  for (size_t i = 0; i < state->window_count; i++) {
    if (state->window[i].stands && holds_all_after(state, i)) {
      return i;
    }
  }
  return 0;
}

/* Whatever stop begins in the rest of the drive begins in the window: what lies before is a trip already. */
static void settle_departed(struct trip_state *state, struct row_set *stops)
{
  const struct trip_point *surely = &state->window[0];
  if (state->has_departed && surely->distance_mm >= TRIP_MM_MIN && surely->moving_us > 0) {
    add_stop(stops, &state->departed, &state->departed_end, false);
    state->has_departed = false;
  }
}

/* `point` is the newest breadcrumb of the drive, unless it comes after a gap. */
static void drive(struct trip_state *state, const struct trip_point *point, bool after_gap, struct row_set *trips,
                  struct row_set *stops)
{
  slide_window(state, point);
  if (is_noise(state, point)) {
    take_up_stop(state, point);
    return;
  }
  if (point->fix.recorded_at_us - state->window[0].fix.recorded_at_us >= STAY_US) {
    begin_stop(state, first_standing(state), TRIP_END_STOP, trips, stops);
    return;
  }
  if (after_gap) {
    end_drive(state, &state->last, TRIP_END_GAP, trips, stops);
    begin_drive(state, point);
    slide_window(state, &state->base);
  } else if (point->fix.recorded_at_us != state->base.fix.recorded_at_us) {
    state->last = *point;
    if (!state->has_driver) {
      state->has_driver = true;
      state->driver_id = point->driver_id;
    }
  }
  if (state->ignition_went_off && point->stands) {
    begin_stop(state, state->window_count - 1, TRIP_END_IGNITION, trips, stops);
    return;
  }
  settle_departed(state, stops);
}

/* --- a breadcrumb at a time --- */

static void note_ignition(struct trip_state *state, int8_t ignition)
{
  if (ignition < 0) {
    return;
  }
  state->ignition_went_off = ignition == 0 && (state->ignition_went_off || state->ignition == 1);
  state->ignition = ignition;
}

static void stay_or_leave(struct trip_state *state, struct trip_point *point, bool after_gap, struct row_set *trips,
                          struct row_set *stops)
{
  if (lies_within(&state->base, point)) {
    stay(state, point);
    state->ignition_went_off = false;
    return;
  }
  if (after_gap) {
    add_stop(stops, &state->base, &state->last, false);
    begin_drive(state, point);
    *point = state->base;
  } else {
    depart(state, point);
  }
  drive(state, point, false, trips, stops);
}

static void begin(struct trip_state *state, const struct fix *fix, const struct place *place)
{
  const struct trip_point first = {.fix = *fix, .driver_id = place->driver_id, .stands = step_stands(NULL, fix, 0)};
  begin_drive(state, &first);
  slide_window(state, &state->base);
  state->ignition = fix->ignition;
}

void trip_machine_step(struct trip_machine *machine, const struct fix *fix, const struct place *place, struct row_set *trips,
                       struct row_set *stops)
{
  if (fix->flags != 0) {
    return;
  }
  struct trip_state *state = machine->state;
  if (state == NULL) {
    machine->state = trip_state_new();
    begin(machine->state, fix, place);
    return;
  }
  const int64_t elapsed_us = fix->recorded_at_us - state->last.fix.recorded_at_us;
  if (elapsed_us <= 0) {
    return;
  }
  note_ignition(state, fix->ignition);
  struct trip_point point = point_after(&state->last, fix, place);
  const bool after_gap = elapsed_us > STEP_UNOBSERVED_US;
  if (state->phase == PHASE_STOPPED) {
    stay_or_leave(state, &point, after_gap, trips, stops);
  } else {
    drive(state, &point, after_gap, trips, stops);
  }
}

void trip_machine_show(const struct trip_machine *machine, struct row_set *trips, struct row_set *stops)
{
  const struct trip_state *state = machine->state;
  if (state == NULL) {
    return;
  }
  if (state->phase == PHASE_STOPPED) {
    add_stop(stops, &state->base, &state->last, true);
    return;
  }
  const bool may_be_noise = state->has_departed && state->last.moving_us == 0;
  const bool is_trip = state->last.distance_mm >= TRIP_MM_MIN && !may_be_noise;
  if (state->has_departed) {
    const struct trip_point until = is_trip ? state->departed_end : departed_until(state, &state->last);
    add_stop(stops, &state->departed, &until, !is_trip);
  }
  if (is_trip) {
    add_trip(trips, state, &state->last, TRIP_OPEN);
  }
}
