#include "ingest/analysis/temperature_machine.h"

#include <math.h>

#include "ingest/events/breadcrumb.h"
#include "server/base/clock.h"

static const int64_t US_PER_MINUTE = 60 * US_PER_SECOND;
static const int64_t TREND_WINDOW_US = INT64_C(1200) * US_PER_SECOND;
static const double STILL_WARMING = 1.5; /* times warming_us */

/* One step. */
struct stepping {
  struct temperature_machine *machine;
  const struct temperature_rule *rule;
  struct temperature_reading reading;
  struct row_set *excursions;
  struct row_set *conditions;
};

/* What a tier goes by. */
struct tier_limits {
  enum temperature_tier tier;
  enum condition_kind kind;
  float lowest_c;
  float highest_c;
  int64_t for_us;
  bool can_pause;
};

static struct tier_limits limits_of(const struct temperature_rule *rule, enum temperature_tier tier)
{
  if (tier == TIER_URGENT) {
    return (struct tier_limits){TIER_URGENT, CONDITION_URGENT, rule->urgent_lowest_c, rule->urgent_highest_c, 0, false};
  }
  return (struct tier_limits){TIER_NORMAL, CONDITION_TEMPERATURE, rule->lowest_c, rule->highest_c, rule->for_us, true};
}

static float limit_of(const struct tier_limits *limits, enum temperature_side side)
{
  return side == SIDE_WARM ? limits->highest_c : limits->lowest_c;
}

static enum temperature_side side_of(const struct tier_limits *limits, float temperature_c)
{
  if (temperature_c > limits->highest_c) {
    return SIDE_WARM;
  }
  return temperature_c < limits->lowest_c ? SIDE_COLD : SIDE_NONE;
}

/* Back within the limit by the hysteresis. */
static bool is_clear(const struct tier_limits *limits, enum temperature_side side, float hysteresis_c, float temperature_c)
{
  return side == SIDE_WARM ? temperature_c <= limits->highest_c - hysteresis_c
                           : temperature_c >= limits->lowest_c + hysteresis_c;
}

/* ---- rows ---- */

static struct condition condition_now(const struct temperature_machine *machine, const struct temperature_rule *rule,
                                      enum condition_kind kind)
{
  return (struct condition){.kind = kind,
                            .subject_id = rule->rule_id,
                            .seen_at_us = machine->seen_at_us,
                            .value = NAN,
                            .limit_value = NAN,
                            .longitude_deg = machine->longitude_deg,
                            .latitude_deg = machine->latitude_deg};
}

static struct excursion excursion_row(const struct excursion_state *state, const struct temperature_rule *rule,
                                      const struct tier_limits *limits)
{
  return (struct excursion){.rule_id = rule->rule_id,
                            .tier = limits->tier,
                            .side = state->side,
                            .started_at_us = state->started_at_us,
                            .ended_at_us = state->ended_at_us,
                            .limit_c = limit_of(limits, state->side),
                            .extreme_c = state->extreme_c,
                            .extreme_at_us = state->extreme_at_us,
                            .degree_minutes = state->degree_us / (double)US_PER_MINUTE,
                            .over_s = state->over_us / (double)US_PER_SECOND,
                            .paused_s = (double)state->paused_us / (double)US_PER_SECOND,
                            .samples = state->samples,
                            .fired_at_us = state->fired_at_us};
}

static struct condition excursion_condition(const struct temperature_machine *machine, const struct temperature_rule *rule,
                                            const struct excursion_state *state, const struct tier_limits *limits)
{
  struct condition condition = condition_now(machine, rule, limits->kind);
  condition.began_at_us = state->started_at_us;
  condition.fires_at_us = state->fired_at_us;
  condition.seen_at_us = machine->last.recorded_at_us;
  condition.value = machine->last.temperature_c;
  condition.limit_value = limit_of(limits, state->side);
  return condition;
}

static struct condition warming_condition(const struct temperature_machine *machine, const struct temperature_rule *rule)
{
  const struct tier_limits limits = limits_of(rule, TIER_NORMAL);
  struct condition condition = condition_now(machine, rule, CONDITION_WARMING);
  condition.began_at_us = machine->warming_since_us;
  condition.fires_at_us = machine->warming_since_us;
  condition.seen_at_us = machine->last.recorded_at_us;
  condition.value = machine->warming_minutes;
  condition.limit_value = limit_of(&limits, machine->warming_side);
  return condition;
}

static struct condition silent_condition(const struct temperature_machine *machine, const struct temperature_rule *rule)
{
  struct condition condition = condition_now(machine, rule, CONDITION_SILENT_SENSOR);
  condition.began_at_us = machine->silent_since_us;
  condition.fires_at_us = machine->silent_fired_at_us;
  return condition;
}

static void add_ended(const struct stepping *stepping, struct condition condition)
{
  condition.ended_at_us = stepping->reading.recorded_at_us;
  row_set_add(stepping->conditions, &condition);
}

/* ---- pauses ---- */

static void follow_pause(struct temperature_machine *machine, const struct temperature_rule *rule, const struct fix *fix)
{
  if (machine->paused_since_us != 0) {
    const int64_t end_us = machine->paused_since_us + rule->pause_max_us;
    const int64_t until_us = fix->recorded_at_us < end_us ? fix->recorded_at_us : end_us;
    machine->paused_us += until_us > machine->seen_at_us ? until_us - machine->seen_at_us : 0;
  }
  if (fix->is_paused == 0) {
    machine->paused_since_us = 0;
  } else if (fix->is_paused == 1 && machine->paused_since_us == 0) {
    machine->paused_since_us = fix->recorded_at_us;
  }
}

static bool is_paused(const struct temperature_machine *machine, const struct temperature_rule *rule, int64_t at_us)
{
  return machine->paused_since_us != 0 && at_us < machine->paused_since_us + rule->pause_max_us;
}

/* ---- excursions ---- */

/* Adds what the line from the reading before to this one has over the limit. */
static void add_line(const struct stepping *stepping, struct excursion_state *state, float limit_c)
{
  const struct temperature_reading *before = &stepping->machine->last;
  const double sign = state->side == SIDE_WARM ? 1 : -1;
  const double first = sign * ((double)before->temperature_c - (double)limit_c);
  const double second = sign * ((double)stepping->reading.temperature_c - (double)limit_c);
  const double highest = fmax(first, second);
  const double lowest = fmin(first, second);
  if (before->recorded_at_us == 0 || highest <= 0) {
    return;
  }
  const int64_t apart_us = stepping->reading.recorded_at_us - before->recorded_at_us;
  const double counted_us = (double)(apart_us < stepping->rule->silent_us ? apart_us : stepping->rule->silent_us);
  const double share_over = lowest >= 0 ? 1 : highest / (highest - lowest);
  const double mean_over = lowest >= 0 ? (highest + lowest) / 2 : highest / 2;
  state->over_us += share_over * counted_us;
  state->degree_us += share_over * mean_over * counted_us;
}

static void take_reading(const struct stepping *stepping, struct excursion_state *state, const struct tier_limits *limits)
{
  const struct temperature_reading *reading = &stepping->reading;
  const bool is_more = state->samples == 0 || (state->side == SIDE_WARM ? reading->temperature_c > state->extreme_c
                                                                        : reading->temperature_c < state->extreme_c);
  if (is_more) {
    state->extreme_c = reading->temperature_c;
    state->extreme_at_us = reading->recorded_at_us;
  }
  state->samples++;
  state->ended_at_us = reading->recorded_at_us;
  state->clearing_since_us = 0;
  const bool holds_back = limits->can_pause && state->paused_us < stepping->rule->pause_max_us &&
                          is_paused(stepping->machine, stepping->rule, reading->recorded_at_us);
  if (state->fired_at_us == 0 && !holds_back &&
      reading->recorded_at_us - state->started_at_us - state->paused_us >= limits->for_us) {
    state->fired_at_us = reading->recorded_at_us;
  }
}

static void end_excursion(const struct stepping *stepping, struct excursion_state *state, const struct tier_limits *limits)
{
  const struct excursion row = excursion_row(state, stepping->rule, limits);
  struct condition condition = excursion_condition(stepping->machine, stepping->rule, state, limits);
  condition.seen_at_us = stepping->reading.recorded_at_us;
  condition.value = stepping->reading.temperature_c;
  row_set_add(stepping->excursions, &row);
  add_ended(stepping, condition);
  *state = (struct excursion_state){.side = SIDE_NONE};
  if (limits->tier == TIER_NORMAL) {
    stepping->machine->trend_count = 0;
  }
}

/* Whether this reading, which is not beyond the limit of the excursion, is the one that ends it. */
static bool is_over(const struct stepping *stepping, struct excursion_state *state, const struct tier_limits *limits,
                    enum temperature_side side)
{
  if (state->fired_at_us == 0 || side != SIDE_NONE) {
    return true;
  }
  if (!is_clear(limits, state->side, stepping->rule->hysteresis_c, stepping->reading.temperature_c)) {
    state->clearing_since_us = 0;
    return false;
  }
  if (state->clearing_since_us == 0) {
    state->clearing_since_us = stepping->reading.recorded_at_us;
  }
  return stepping->reading.recorded_at_us - state->clearing_since_us >= stepping->rule->clear_for_us;
}

static void go_on(const struct stepping *stepping, struct excursion_state *state, const struct tier_limits *limits,
                  enum temperature_side side)
{
  add_line(stepping, state, limit_of(limits, state->side));
  if (side == state->side) {
    const int64_t left_us = stepping->rule->pause_max_us - state->paused_us;
    const int64_t paused_us = stepping->machine->paused_us;
    if (limits->can_pause) {
      state->paused_us += paused_us < left_us ? paused_us : left_us;
    }
    take_reading(stepping, state, limits);
  } else if (is_over(stepping, state, limits, side)) {
    end_excursion(stepping, state, limits);
  }
}

static void follow_tier(const struct stepping *stepping, struct excursion_state *state, enum temperature_tier tier)
{
  const struct tier_limits limits = limits_of(stepping->rule, tier);
  const enum temperature_side side = side_of(&limits, stepping->reading.temperature_c);
  if (state->side != SIDE_NONE) {
    go_on(stepping, state, &limits, side);
  }
  if (state->side == SIDE_NONE && side != SIDE_NONE) {
    *state = (struct excursion_state){.side = side, .started_at_us = stepping->reading.recorded_at_us};
    add_line(stepping, state, limit_of(&limits, side));
    take_reading(stepping, state, &limits);
  }
}

/* ---- warming ---- */

static void end_warming(const struct stepping *stepping)
{
  struct condition condition = warming_condition(stepping->machine, stepping->rule);
  condition.seen_at_us = stepping->reading.recorded_at_us;
  add_ended(stepping, condition);
  stepping->machine->warming_side = SIDE_NONE;
  stepping->machine->warming_since_us = 0;
  stepping->machine->warming_minutes = 0;
}

/* Keeps the first reading of each whole minute that the window touches. */
static bool keep_reading(struct temperature_machine *machine, struct temperature_reading reading)
{
  int32_t old = 0;
  while (old < machine->trend_count && machine->trend[old].recorded_at_us < reading.recorded_at_us - TREND_WINDOW_US) {
    old++;
  }
  machine->trend_count -= old;
  for (int32_t i = 0; old > 0 && i < machine->trend_count; i++) {
    machine->trend[i] = machine->trend[i + old];
  }
  if (machine->trend_count > 0 &&
      machine->trend[machine->trend_count - 1].recorded_at_us / US_PER_MINUTE == reading.recorded_at_us / US_PER_MINUTE) {
    return false;
  }
  machine->trend[machine->trend_count++] = reading;
  return true;
}

static void judge_trend(const struct stepping *stepping)
{
  struct temperature_machine *machine = stepping->machine;
  const struct tier_limits limits = limits_of(stepping->rule, TIER_NORMAL);
  const struct temperature_trend trend = temperature_trend_of(machine->trend, machine->trend_count);
  const enum temperature_side side = trend.c_per_minute > 0 ? SIDE_WARM : SIDE_COLD;
  const double minutes = fmax(0, ((double)limit_of(&limits, side) - trend.level_c) / trend.c_per_minute);
  const double still = machine->warming_side == side ? STILL_WARMING : 1;
  const double reach_minutes = still * (double)stepping->rule->warming_us / (double)US_PER_MINUTE;
  const bool reaches = trend.is_known && trend.c_per_minute != 0 && !isnan(limit_of(&limits, side)) &&
                       machine->normal.side != side && minutes <= reach_minutes;
  if (machine->warming_side != SIDE_NONE && (!reaches || machine->warming_side != side)) {
    end_warming(stepping);
  }
  if (!reaches) {
    return;
  }
  if (machine->warming_side == SIDE_NONE) {
    machine->warming_side = side;
    machine->warming_since_us = stepping->reading.recorded_at_us;
  }
  machine->warming_minutes = (float)minutes;
}

static void follow_trend(const struct stepping *stepping)
{
  struct temperature_machine *machine = stepping->machine;
  if (machine->warming_side != SIDE_NONE && machine->warming_side == machine->normal.side) {
    end_warming(stepping);
  }
  if (stepping->rule->warming_us > 0 && !is_paused(machine, stepping->rule, stepping->reading.recorded_at_us) &&
      keep_reading(machine, stepping->reading)) {
    judge_trend(stepping);
  }
}

/* ---- silence ---- */

static void miss_reading(struct temperature_machine *machine, const struct temperature_rule *rule, const struct fix *fix)
{
  if (machine->silent_since_us == 0 && (machine->last.recorded_at_us != 0 || rule->expects_sensor)) {
    machine->silent_since_us = fix->recorded_at_us;
  }
  if (machine->silent_since_us != 0 && machine->silent_fired_at_us == 0 &&
      fix->recorded_at_us - machine->silent_since_us >= rule->silent_us) {
    machine->silent_fired_at_us = fix->recorded_at_us;
  }
}

static void end_silence(const struct stepping *stepping)
{
  struct temperature_machine *machine = stepping->machine;
  if (machine->silent_fired_at_us != 0) {
    add_ended(stepping, silent_condition(machine, stepping->rule));
  }
  machine->silent_since_us = 0;
  machine->silent_fired_at_us = 0;
}

/* ---- the machine ---- */

void temperature_machine_init(struct temperature_machine *machine)
{
  *machine = (struct temperature_machine){.longitude_deg = (double)NAN, .latitude_deg = (double)NAN};
}

void temperature_machine_step(struct temperature_machine *machine, const struct temperature_rule *rule, const struct fix *fix,
                              struct row_set *excursions, struct row_set *conditions)
{
  if ((fix->flags & FLAG_FUTURE) != 0) {
    return;
  }
  follow_pause(machine, rule, fix);
  machine->seen_at_us = fix->recorded_at_us;
  if (fix->flags == 0) {
    machine->longitude_deg = fix->longitude_deg;
    machine->latitude_deg = fix->latitude_deg;
  }
  if (isnan(fix->temperature_c)) {
    miss_reading(machine, rule, fix);
    return;
  }
  if (fix->recorded_at_us == machine->last.recorded_at_us) {
    return;
  }
  const struct stepping stepping = {machine, rule, {fix->recorded_at_us, fix->temperature_c}, excursions, conditions};
  end_silence(&stepping);
  follow_tier(&stepping, &machine->normal, TIER_NORMAL);
  follow_tier(&stepping, &machine->urgent, TIER_URGENT);
  follow_trend(&stepping);
  machine->last = stepping.reading;
  machine->paused_us = 0;
}

static void show_excursion(const struct temperature_machine *machine, const struct temperature_rule *rule,
                           enum temperature_tier tier, struct row_set *excursions, struct row_set *conditions)
{
  const struct excursion_state *state = tier == TIER_URGENT ? &machine->urgent : &machine->normal;
  if (state->side == SIDE_NONE) {
    return;
  }
  const struct tier_limits limits = limits_of(rule, tier);
  struct excursion row = excursion_row(state, rule, &limits);
  const struct condition condition = excursion_condition(machine, rule, state, &limits);
  row.is_open = true;
  row_set_add(excursions, &row);
  row_set_add(conditions, &condition);
}

void temperature_machine_show(const struct temperature_machine *machine, const struct temperature_rule *rule,
                              struct row_set *excursions, struct row_set *conditions)
{
  show_excursion(machine, rule, TIER_NORMAL, excursions, conditions);
  show_excursion(machine, rule, TIER_URGENT, excursions, conditions);
  if (machine->warming_side != SIDE_NONE) {
    const struct condition condition = warming_condition(machine, rule);
    row_set_add(conditions, &condition);
  }
  if (machine->silent_fired_at_us != 0) {
    const struct condition condition = silent_condition(machine, rule);
    row_set_add(conditions, &condition);
  }
}
