#include "ingest/analysis/zone_machine.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/state.h"
#include "server/base/clock.h"
#include "server/base/error.h"

static const int64_t AWAY_US = 60 * US_PER_SECOND;
enum { STATE_FORMAT = 1, FIRST_CAPACITY = 4, VISITS_MAX = 1 << 16 };

void zone_machine_init(struct zone_machine *machine)
{
  *machine = (struct zone_machine){.longitude_deg = (double)NAN, .latitude_deg = (double)NAN};
}

void zone_machine_free(struct zone_machine *machine)
{
  free(machine->visits);
  zone_machine_init(machine);
}

static void reserve(struct zone_machine *machine, size_t count)
{
  if (count <= machine->capacity) {
    return;
  }
  size_t capacity = machine->capacity == 0 ? FIRST_CAPACITY : machine->capacity;
  while (capacity < count) {
    capacity *= 2;
  }
  void *visits = realloc(machine->visits, capacity * sizeof *machine->visits);
  if (visits == NULL) {
    error_out_of_memory(capacity * sizeof *machine->visits);
  }
  machine->visits = visits;
  machine->capacity = capacity;
}

void zone_machine_copy(struct zone_machine *copy, const struct zone_machine *from)
{
  reserve(copy, from->count);
  for (size_t i = 0; i < from->count; i++) {
    copy->visits[i] = from->visits[i];
  }
  copy->count = from->count;
  copy->seen_at_us = from->seen_at_us;
  copy->longitude_deg = from->longitude_deg;
  copy->latitude_deg = from->latitude_deg;
}

/* ---- conditions ---- */

static int64_t dwell_of(const struct zone_rules *rules, int64_t geofence_id)
{
  size_t low = 0;
  size_t high = rules->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (rules->zones[middle].geofence_id < geofence_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < rules->count && rules->zones[low].geofence_id == geofence_id ? rules->zones[low].dwell_us : 0;
}

static void add_condition(const struct zone_machine *machine, const struct zone_visit_state *state, enum condition_kind kind,
                          int64_t fires_at_us, int64_t ended_at_us, struct row_set *conditions)
{
  const struct condition condition = {.kind = kind,
                                      .subject_id = state->visit.geofence_id,
                                      .began_at_us = state->visit.entered_at_us,
                                      .fires_at_us = fires_at_us,
                                      .ended_at_us = ended_at_us,
                                      .seen_at_us = machine->seen_at_us,
                                      .value = NAN,
                                      .limit_value = NAN,
                                      .longitude_deg = machine->longitude_deg,
                                      .latitude_deg = machine->latitude_deg};
  row_set_add(conditions, &condition);
}

static void add_conditions(const struct zone_machine *machine, const struct zone_visit_state *state,
                           const struct zone_rules *rules, int64_t ended_at_us, struct row_set *conditions)
{
  add_condition(machine, state, CONDITION_ZONE_INSIDE, state->confirmed_at_us, ended_at_us, conditions);
  if (state->dwelt_at_us != 0 && dwell_of(rules, state->visit.geofence_id) != 0) {
    add_condition(machine, state, CONDITION_ZONE_DWELL, state->dwelt_at_us, ended_at_us, conditions);
  }
}

/* ---- visits ---- */

static void be_inside(struct zone_visit_state *state, const struct zone_rules *rules, int64_t at_us)
{
  const int64_t dwell_us = dwell_of(rules, state->visit.geofence_id);
  state->visit.exited_at_us = at_us;
  state->visit.samples++;
  state->outside_at_us = 0;
  if (state->visit.samples == 2) {
    state->confirmed_at_us = at_us;
  }
  if (dwell_us != 0 && state->dwelt_at_us == 0 && at_us - state->visit.entered_at_us >= dwell_us) {
    state->dwelt_at_us = at_us;
  }
}

/* Whether this breadcrumb outside ends the visit. */
static bool is_gone(struct zone_visit_state *state, int64_t at_us)
{
  if (state->outside_at_us == 0) {
    state->outside_at_us = at_us;
    return false;
  }
  return at_us - state->visit.exited_at_us >= AWAY_US;
}

static struct zone_visit_state entry(int64_t geofence_id, int64_t at_us)
{
  return (struct zone_visit_state){.visit = {.geofence_id = geofence_id, .entered_at_us = at_us}};
}

static void insert(struct zone_machine *machine, size_t at, int64_t geofence_id, int64_t at_us)
{
  reserve(machine, machine->count + 1);
  for (size_t i = machine->count; i > at; i--) {
    machine->visits[i] = machine->visits[i - 1];
  }
  machine->visits[at] = entry(geofence_id, at_us);
  machine->count++;
}

/* Visits to the zones that hold the breadcrumb go on or begin. Both lists are ascending. */
static void enter(struct zone_machine *machine, const struct zone_rules *rules, const struct place *place, int64_t at_us)
{
  size_t at = 0;
  for (size_t i = 0; i < place->geofence_count; i++) {
    const int64_t geofence_id = place->geofence_ids[i];
    while (at < machine->count && machine->visits[at].visit.geofence_id < geofence_id) {
      at++;
    }
    if (at == machine->count || machine->visits[at].visit.geofence_id != geofence_id) {
      insert(machine, at, geofence_id, at_us);
    }
    be_inside(&machine->visits[at], rules, at_us);
  }
}

/* The others end, or wait whether the vehicle comes back. */
static void leave(struct zone_machine *machine, const struct zone_rules *rules, int64_t at_us, struct row_set *visits,
                  struct row_set *conditions)
{
  size_t kept = 0;
  for (size_t i = 0; i < machine->count; i++) {
    struct zone_visit_state *state = &machine->visits[i];
    if (state->visit.exited_at_us != at_us && is_gone(state, at_us)) {
      row_set_add(visits, &state->visit);
      add_conditions(machine, state, rules, state->outside_at_us, conditions);
      continue;
    }
    machine->visits[kept++] = *state;
  }
  machine->count = kept;
}

void zone_machine_step(struct zone_machine *machine, const struct zone_rules *rules, const struct fix *fix,
                       const struct place *place, struct row_set *visits, struct row_set *conditions)
{
  if (fix->flags != 0) {
    return;
  }
  machine->seen_at_us = fix->recorded_at_us;
  machine->longitude_deg = fix->longitude_deg;
  machine->latitude_deg = fix->latitude_deg;
  enter(machine, rules, place, fix->recorded_at_us);
  leave(machine, rules, fix->recorded_at_us, visits, conditions);
}

void zone_machine_show(const struct zone_machine *machine, const struct zone_rules *rules, struct row_set *visits,
                       struct row_set *conditions)
{
  for (size_t i = 0; i < machine->count; i++) {
    struct zone_visit visit = machine->visits[i].visit;
    visit.is_open = true;
    row_set_add(visits, &visit);
    add_conditions(machine, &machine->visits[i], rules, 0, conditions);
  }
}

/* ---- state ---- */

void zone_machine_save(const struct zone_machine *machine, struct buffer *out)
{
  state_put_int8(out, STATE_FORMAT);
  state_put_int64(out, machine->seen_at_us);
  state_put_double(out, machine->longitude_deg);
  state_put_double(out, machine->latitude_deg);
  state_put_int32(out, (int32_t)machine->count);
  for (size_t i = 0; i < machine->count; i++) {
    const struct zone_visit_state *state = &machine->visits[i];
    state_put_int64(out, state->visit.geofence_id);
    state_put_int64(out, state->visit.entered_at_us);
    state_put_int64(out, state->visit.exited_at_us);
    state_put_int32(out, state->visit.samples);
    state_put_int64(out, state->confirmed_at_us);
    state_put_int64(out, state->dwelt_at_us);
    state_put_int64(out, state->outside_at_us);
  }
}

bool zone_machine_load(struct zone_machine *machine, struct text *in)
{
  struct state_reader reader = {.rest = in};
  if (state_take_int8(&reader) != STATE_FORMAT) {
    return false;
  }
  machine->seen_at_us = state_take_int64(&reader);
  machine->longitude_deg = state_take_double(&reader);
  machine->latitude_deg = state_take_double(&reader);
  const int32_t count = state_take_int32(&reader);
  machine->count = 0;
  if (reader.broken || count < 0 || count > VISITS_MAX) {
    return false;
  }
  reserve(machine, (size_t)count);
  for (int32_t i = 0; i < count; i++) {
    struct zone_visit_state *state = &machine->visits[machine->count++];
    *state = (struct zone_visit_state){.visit = {.geofence_id = state_take_int64(&reader)}};
    state->visit.entered_at_us = state_take_int64(&reader);
    state->visit.exited_at_us = state_take_int64(&reader);
    state->visit.samples = state_take_int32(&reader);
    state->confirmed_at_us = state_take_int64(&reader);
    state->dwelt_at_us = state_take_int64(&reader);
    state->outside_at_us = state_take_int64(&reader);
  }
  return !reader.broken;
}
