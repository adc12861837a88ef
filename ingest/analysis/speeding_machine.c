#include "ingest/analysis/speeding_machine.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/speeding_state.h"
#include "ingest/analysis/step.h"
#include "ingest/events/breadcrumb.h"

static const int64_t TOGETHER_US = INT64_C(10000000);
static const int64_t LIMIT_CHANGE_MILLI_KMH = 10000;
static const int64_t WATCH_GAP_US = INT64_C(60000000);

/* A breadcrumb beside the run that goes on. */
struct arrival {
  const struct fix *fix;
  const struct place *place;
  bool is_over;
  int64_t excess_milli_kmh; /* 0 where it is not over */
  int64_t interval_us;      /* since the breadcrumb before, of whatever kind; SPEEDING_UNKNOWN_US: it is the first */
  bool ignition_went_off;
  struct speeding_span span; /* since the last that is not flagged */
};

enum verdict {
  VERDICT_MEMBER,
  VERDICT_MAY_JOIN, /* a member, if the interval before it is no gap: the day's median will say */
  VERDICT_OTHER,    /* not over, and the run may yet go on */
  VERDICT_UNDER,    /* this and the following end the run */
  VERDICT_LIMIT,
  VERDICT_IGNITION,
  VERDICT_INVALID,
};

static bool ends(enum verdict verdict)
{
  return verdict != VERDICT_MEMBER && verdict != VERDICT_OTHER;
}

static bool changes_limit(const struct speeding_run *run, const struct place *place)
{
  return isnan(place->limit_kmh) ||
         llabs(step_milli_kmh(place->limit_kmh) - step_milli_kmh(run->last.limit_kmh)) > LIMIT_CHANGE_MILLI_KMH;
}

/* In the order of deploy/definitions.md; a gap is left for the day's median to find. */
static enum verdict judge(const struct speeding_state *state, const struct speeding_run *run, const struct arrival *arrival)
{
  const bool is_late = arrival->fix->recorded_at_us - run->last.at_us > TOGETHER_US;
  if (state->has_others && is_late) {
    return state->others_changed_limit ? VERDICT_LIMIT : VERDICT_UNDER;
  }
  if (arrival->fix->flags != 0) {
    return VERDICT_INVALID;
  }
  if (arrival->ignition_went_off) {
    return VERDICT_IGNITION;
  }
  const bool changed = changes_limit(run, arrival->place);
  if (!arrival->is_over) {
    return !is_late ? VERDICT_OTHER : changed ? VERDICT_LIMIT : VERDICT_UNDER;
  }
  if (changed) {
    return VERDICT_LIMIT;
  }
  return arrival->interval_us > DAY_GAP_MIN_US ? VERDICT_MAY_JOIN : VERDICT_MEMBER;
}

static enum speeding_end end_reason(enum verdict verdict)
{
  switch (verdict) {
  case VERDICT_UNDER:
    return SPEEDING_END_UNDER;
  case VERDICT_LIMIT:
    return SPEEDING_END_LIMIT;
  case VERDICT_IGNITION:
    return SPEEDING_END_IGNITION;
  case VERDICT_INVALID:
    return SPEEDING_END_INVALID;
  case VERDICT_MAY_JOIN:
    return SPEEDING_END_GAP;
  case VERDICT_MEMBER:
  case VERDICT_OTHER:
    break;
  }
  return SPEEDING_OPEN;
}

/* --- what the day's median decides --- */

static void finish(struct speeding_run *run, int64_t longest_us, struct row_set *episodes)
{
  const struct speeding_row row = speeding_run_row(run, run->after_us > longest_us ? SPEEDING_END_GAP : run->end_reason);
  row_set_add(episodes, &row);
  speeding_run_free(run);
}

/* Joins and parts what has waited; what goes on stays as the only run. */
static void decide(struct speeding_state *state, struct row_set *episodes)
{
  if (state->run_count == 0) {
    return;
  }
  const int64_t longest_us = day_intervals_longest_us(&state->intervals);
  size_t current = 0;
  for (size_t i = 1; i < state->run_count; i++) {
    if (state->runs[i].may_join && state->runs[i].before_us <= longest_us) {
      speeding_run_join(&state->runs[current], &state->runs[i]);
    } else {
      finish(&state->runs[current], longest_us, episodes);
      current = i;
    }
  }
  if (state->runs[current].is_over) {
    finish(&state->runs[current], longest_us, episodes);
    state->run_count = 0;
  } else {
    state->runs[0] = state->runs[current];
    state->runs[0].may_join = false;
    state->runs[0].join = (struct speeding_span){0};
    state->run_count = 1;
  }
}

/* The run that has just ended needs no median where no interval at either end is that long. */
static void settle(struct speeding_state *state, struct row_set *episodes)
{
  struct speeding_run *run = &state->runs[state->run_count - 1];
  if (!run->may_join && run->after_us <= DAY_GAP_MIN_US) {
    finish(run, DAY_GAP_MIN_US, episodes);
    state->run_count--;
  }
}

/* --- breadcrumb by breadcrumb --- */

static struct speeding_member member_of(const struct arrival *arrival)
{
  const struct place *place = arrival->place;
  return (struct speeding_member){
      .at_us = arrival->fix->recorded_at_us,
      .longitude_deg = arrival->fix->longitude_deg,
      .latitude_deg = arrival->fix->latitude_deg,
      .speed_kmh = arrival->fix->speed_kmh,
      .excess_milli_kmh = arrival->excess_milli_kmh,
      .limit_kmh = place->limit_kmh,
      .limit_source = place->limit_source,
      .road_id = place->road_id,
      .geofence_id = place->limit_source == LIMIT_ZONE ? place->limit_geofence_id : 0,
  };
}

static void clear_since(struct speeding_state *state)
{
  state->has_others = false;
  state->others_changed_limit = false;
  state->since = (struct speeding_span){0};
}

static void begin_run(struct speeding_state *state, const struct arrival *arrival, bool may_join)
{
  const struct speeding_member member = member_of(arrival);
  struct speeding_run run = speeding_run_begin(&member, arrival->place->driver_id, arrival->interval_us);
  run.quality |= state->before_was_jump ? SPEEDING_JUMP : 0;
  run.may_join = may_join;
  run.join = may_join ? arrival->span : (struct speeding_span){0};
  speeding_state_push(state, &run);
  clear_since(state);
}

static void end_run(struct speeding_state *state, struct speeding_run *run, const struct arrival *arrival, enum verdict verdict,
                    struct row_set *episodes)
{
  if (!state->has_others) {
    run->after_us = arrival->fix->recorded_at_us - run->last.at_us;
    run->quality |= (arrival->fix->flags & FLAG_JUMP) != 0 ? SPEEDING_JUMP : 0;
  }
  run->is_over = true;
  run->end_reason = end_reason(verdict);
  clear_since(state);
  settle(state, episodes);
}

static void add_other(struct speeding_state *state, struct speeding_run *run, const struct arrival *arrival)
{
  if (!state->has_others) {
    run->after_us = arrival->fix->recorded_at_us - run->last.at_us;
    state->has_others = true;
    state->others_changed_limit = changes_limit(run, arrival->place);
  }
  speeding_span_add(&state->since, &arrival->span);
}

static void add_member(struct speeding_state *state, struct speeding_run *run, const struct arrival *arrival)
{
  const struct speeding_member member = member_of(arrival);
  speeding_span_add(&state->since, &arrival->span);
  speeding_run_add(run, &member, &state->since);
  clear_since(state);
}

/* Says whether a run ended. */
static bool follow_run(struct speeding_state *state, const struct arrival *arrival, struct row_set *episodes)
{
  struct speeding_run *run = speeding_state_run(state);
  if (run == NULL) {
    if (arrival->is_over) {
      begin_run(state, arrival, false);
    }
    return false;
  }
  const enum verdict verdict = judge(state, run, arrival);
  if (verdict == VERDICT_MEMBER) {
    add_member(state, run, arrival);
  } else if (verdict == VERDICT_OTHER) {
    add_other(state, run, arrival);
  } else {
    end_run(state, run, arrival, verdict, episodes);
    if (arrival->is_over) {
      begin_run(state, arrival, verdict == VERDICT_MAY_JOIN);
    }
  }
  return ends(verdict);
}

static void watch(struct speeding_state *state, const struct speeding_rules *rules, const struct arrival *arrival,
                  bool run_ended, struct row_set *conditions)
{
  if (state->watch.is_running && (run_ended || arrival->interval_us > WATCH_GAP_US)) {
    speeding_watch_end(&state->watch, arrival->fix->recorded_at_us, conditions);
  }
  if (arrival->is_over) {
    const struct speeding_member member = member_of(arrival);
    speeding_watch_add(&state->watch, rules, &member, state->before_was_jump);
  }
}

static struct speeding_span span_to(const struct speeding_state *state, const struct arrival *arrival)
{
  const int64_t elapsed_us = arrival->fix->recorded_at_us - state->last.recorded_at_us;
  return (struct speeding_span){
      .distance_mm = step_mm(&state->last, arrival->fix),
      .excess_milli_us = (state->last_excess_milli_kmh + arrival->excess_milli_kmh) * elapsed_us,
      .largest_gap_us = elapsed_us,
  };
}

/* What the breadcrumb says that is not flagged, and what it leaves behind for the next. */
static void look_at(struct speeding_state *state, struct arrival *arrival)
{
  arrival->is_over = step_excess(arrival->fix, arrival->place, &arrival->excess_milli_kmh) && arrival->excess_milli_kmh > 0;
  arrival->excess_milli_kmh = arrival->is_over ? arrival->excess_milli_kmh : 0;
  arrival->ignition_went_off = arrival->fix->ignition == 0 && state->ignition == 1;
  if (state->has_last) {
    day_intervals_add(&state->intervals, arrival->fix->recorded_at_us - state->last.recorded_at_us);
    if (speeding_state_run(state) != NULL) {
      arrival->span = span_to(state, arrival);
    }
  }
  state->ignition = arrival->fix->ignition >= 0 ? arrival->fix->ignition : state->ignition;
  state->has_last = true;
  state->last = *arrival->fix;
  state->last_excess_milli_kmh = arrival->excess_milli_kmh;
}

void speeding_machine_step(struct speeding_machine *machine, const struct speeding_rules *rules, const struct fix *fix,
                           const struct place *place, struct row_set *episodes, struct row_set *conditions)
{
  struct arrival arrival = {.fix = fix, .place = place, .interval_us = SPEEDING_UNKNOWN_US};
  struct speeding_state *state = machine->state;
  if (state == NULL) {
    state = machine->state = speeding_state_new();
    state->ignition = -1;
  } else if (fix->recorded_at_us <= state->before_at_us) {
    return;
  } else {
    arrival.interval_us = fix->recorded_at_us - state->before_at_us;
    if (place->day != state->day) {
      decide(state, episodes);
      day_intervals_clear(&state->intervals);
    }
  }
  if (fix->flags == 0) {
    look_at(state, &arrival);
  }
  const bool run_ended = follow_run(state, &arrival, episodes);
  watch(state, rules, &arrival, run_ended, conditions);
  state->before_at_us = fix->recorded_at_us;
  state->before_was_jump = (fix->flags & FLAG_JUMP) != 0;
  state->day = place->day;
}

void speeding_machine_show(const struct speeding_machine *machine, struct row_set *episodes, struct row_set *conditions)
{
  if (machine->state == NULL) {
    return;
  }
  speeding_watch_show(&machine->state->watch, conditions);
  if (machine->state->run_count == 0) {
    return;
  }
  struct speeding_machine copy = {NULL};
  speeding_machine_copy(&copy, machine);
  decide(copy.state, episodes);
  if (copy.state->run_count > 0) {
    const struct speeding_row row = speeding_run_row(&copy.state->runs[0], SPEEDING_OPEN);
    row_set_add(episodes, &row);
  }
  speeding_machine_free(&copy);
}
