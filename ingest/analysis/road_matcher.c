#include "ingest/analysis/road_matcher.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/analysis/id_index.h"
#include "ingest/analysis/road_matcher_state.h"
#include "ingest/analysis/road_model.h"
#include "server/base/clock.h"
#include "server/base/error.h"

enum { CANDIDATES_MAX = 10, CARRIED_MAX = 4, SKIPS_MAX = 3 };
static_assert(2 * CANDIDATES_MAX + CARRIED_MAX <= MATCHER_STATES_MAX, "all states have room");
static const int64_t GAP_MAX_US = 120 * US_PER_SECOND;
static const int64_t REST_MAX_US = 180 * US_PER_SECOND;
static const double STEP_MAX_M = 2000;
static const double SKIPPED_MAX_M = 300;  /* how much farther than the last breadcrumb lie those before it that count */
static const double STEP_MIN_M = 10;      /* shorter steps say nothing of the road */
static const double REST_STEP_MAX_M = 60; /* how far a vehicle that stands may seem to move */
static const float REST_SPEED_KMH = 5;
static const double BACK_MAX_M = 40; /* so far back is noise, not driving backwards */

double road_matcher_reach_m(double step_m)
{
  const double used_step_m = step_m + REST_STEP_MAX_M; /* the last one need not have been used */
  return ROAD_LED_M + (used_step_m > STEP_MAX_M + 2 * REST_STEP_MAX_M ? 0 : used_step_m + SKIPPED_MAX_M + road_detour_max_m());
}

static double step_of(const struct matcher_state *state, const struct fix *fix)
{
  return map_distance_m(state->longitude_deg, state->latitude_deg, fix->longitude_deg, fix->latitude_deg);
}

/* ---- from one state to another ---- */

/* The part of the road that is still ahead. */
static double ahead_m(const struct map_road *road, const struct live_state *state)
{
  return (double)(state->is_forward ? road->length_m - state->along_m : state->along_m);
}

/* On one road: forward, or a little backward. NaN: neither. */
static double driven_on_road(const struct live_state *from, const struct live_state *to)
{
  const double further_m = (double)(to->is_forward ? to->along_m - from->along_m : from->along_m - to->along_m);
  return further_m >= -BACK_MAX_M ? further_m : (double)NAN;
}

static double transition(const struct road_map *map, const struct live_state *from, const struct map_road *from_road,
                         const struct live_state *to, const struct map_road *to_road, double straight_m)
{
  const bool is_same = from->road_id == to->road_id;
  if (is_same && from->is_forward == to->is_forward) {
    const double driven_m = driven_on_road(from, to);
    if (!isnan(driven_m)) {
      return road_transition_cost(fabs(driven_m), straight_m) + (driven_m < 0 ? ROAD_BACK_COST : 0);
    }
  }
  if (is_same && from->is_forward != to->is_forward) {
    return fmin(road_transition_cost(fabs((double)(to->along_m - from->along_m)), straight_m) + ROAD_TURN_COST,
                ROAD_BREAK_COST);
  }
  const double between_m = (double)road_map_reached_m(map, to->is_forward ? to_road->from_node : to_road->to_node);
  const double into_m = (double)(to->is_forward ? to->along_m : to_road->length_m - to->along_m);
  return road_transition_cost(ahead_m(from_road, from) + between_m + into_m, straight_m);
}

/* ---- the next column ---- */

/* A column in the making. */
struct column {
  struct live_state states[MATCHER_STATES_MAX];
  struct map_road roads[MATCHER_STATES_MAX];
  uint8_t back[MATCHER_STATES_MAX]; /* of the states before */
  double emission[MATCHER_STATES_MAX];
  bool is_far[MATCHER_STATES_MAX]; /* no candidate but for a road that leads to it */
  size_t count;
};

static void add_candidate(struct column *column, const struct fix *fix, const struct map_road *road,
                          const struct road_candidate *candidate, bool is_forward)
{
  const double cost = road_emission_cost(road, candidate, is_forward, fix);
  if (isinf(cost)) {
    return;
  }
  column->roads[column->count] = *road;
  column->back[column->count] = 0;
  column->emission[column->count] = cost;
  column->is_far[column->count] = (double)candidate->distance_m > ROAD_REACH_M;
  column->states[column->count] = (struct live_state){
      .road_id = road->road_id,
      .longitude_deg = fix->longitude_deg,
      .latitude_deg = fix->latitude_deg,
      .cost = cost,
      .along_m = candidate->along_m,
      .is_forward = is_forward,
  };
  column->count++;
}

static void find_candidates(struct road_map *map, const struct fix *fix, double reach_m, struct column *column)
{
  struct road_candidate candidates[CANDIDATES_MAX];
  column->count = 0;
  const size_t count = road_map_near(map, fix->longitude_deg, fix->latitude_deg, reach_m, candidates, CANDIDATES_MAX);
  for (size_t i = 0; i < count; i++) {
    const struct map_road road = road_map_segment(map, candidates[i].segment);
    add_candidate(column, fix, &road, &candidates[i], true);
    add_candidate(column, fix, &road, &candidates[i], false);
  }
}

static bool leads_elsewhere(const struct column *column, const struct live_state *from)
{
  for (size_t i = 0; i < column->count; i++) {
    if (column->states[i].road_id != from->road_id) {
      return true;
    }
  }
  return false;
}

/* The best way into every state of the column that comes from the `index`th of those before. */
static void lead_on(struct road_map *map, const struct fix *fix, const struct matcher_state *state, uint8_t index,
                    struct column *column)
{
  const struct live_state *from = &state->live[index];
  const double straight_m = map_distance_m(from->longitude_deg, from->latitude_deg, fix->longitude_deg, fix->latitude_deg);
  const bool is_far = straight_m > step_of(state, fix) + SKIPPED_MAX_M;
  const uint32_t segment = is_far ? ID_INDEX_NONE : road_map_find(map, from->road_id);
  struct map_road road = {0};
  if (segment != ID_INDEX_NONE) {
    road = road_map_segment(map, segment);
    if (leads_elsewhere(column, from)) {
      road_map_spread(map, from->is_forward ? road.to_node : road.from_node,
                      straight_m + road_detour_max_m() - ahead_m(&road, from));
    }
  }
  for (size_t i = 0; i < column->count; i++) {
    struct live_state *to = &column->states[i];
    const double cost =
        segment == ID_INDEX_NONE ? ROAD_BREAK_COST : transition(map, from, &road, to, &column->roads[i], straight_m);
    const bool is_reached = !column->is_far[i] || cost < ROAD_BREAK_COST;
    const double whole = is_reached ? from->cost + cost + column->emission[i] : (double)INFINITY;
    if (index == 0 || whole < to->cost) {
      to->cost = whole;
      column->back[i] = index;
    }
  }
}

/* States that take the breadcrumb for one without a road, and stay where they are. */
static void carry(const struct matcher_state *state, double cost, size_t carried_max, struct column *column)
{
  for (size_t i = 0; i < state->live_count && carried_max > 0; i++) {
    if (state->live[i].skips < SKIPS_MAX) {
      column->states[column->count] = state->live[i];
      column->states[column->count].skips++;
      column->states[column->count].cost += cost;
      column->back[column->count] = (uint8_t)i;
      column->count++;
      carried_max--;
    }
  }
}

static void sort_by_cost(struct column *column)
{
  for (size_t i = 1; i < column->count; i++) {
    const struct live_state state = column->states[i];
    const uint8_t back = column->back[i];
    size_t place = i;
    for (; place > 0 && column->states[place - 1].cost > state.cost; place--) {
      column->states[place] = column->states[place - 1];
      column->back[place] = column->back[place - 1];
    }
    column->states[place] = state;
    column->back[place] = back;
  }
}

/* Sorted, without those that are out of the question, the best one at cost 0. */
static void prune(struct column *column)
{
  sort_by_cost(column);
  const double best = column->count > 0 ? column->states[0].cost : 0;
  size_t kept = 0;
  while (kept < column->count && !isinf(best) && column->states[kept].cost <= best + ROAD_BEAM_COST) {
    column->states[kept].cost -= best;
    kept++;
  }
  column->count = kept;
}

/* ---- what is to be made of a breadcrumb ---- */

static bool is_resting(const struct fix *fix)
{
  return !isnan(fix->speed_kmh) && fix->speed_kmh < REST_SPEED_KMH;
}

static bool ends_chain(const struct matcher_state *state, const struct fix *fix)
{
  const bool rests_long = fix->recorded_at_us - state->moved_at_us > REST_MAX_US;
  return fix->recorded_at_us - state->seen_at_us > GAP_MAX_US || rests_long || step_of(state, fix) > STEP_MAX_M;
}

static bool says_nothing_new(const struct matcher_state *state, const struct fix *fix)
{
  return step_of(state, fix) < (is_resting(fix) ? REST_STEP_MAX_M : STEP_MIN_M);
}

static void take_as_used(struct matcher_state *state, const struct fix *fix)
{
  state->longitude_deg = fix->longitude_deg;
  state->latitude_deg = fix->latitude_deg;
  state->moved_at_us = fix->recorded_at_us;
}

static void go_on(struct matcher_state *state, struct road_map *map, const struct fix *fix, struct row_set *settled)
{
  struct column column;
  find_candidates(map, fix, state->live_count > 0 ? ROAD_LED_M : ROAD_REACH_M, &column);
  const bool has_candidates = column.count > 0;
  for (size_t i = 0; i < state->live_count; i++) {
    lead_on(map, fix, state, (uint8_t)i, &column);
  }
  if (state->live_count > 0) {
    carry(state, has_candidates ? ROAD_SKIP_COST : 0, has_candidates ? CARRIED_MAX : MATCHER_STATES_MAX, &column);
  }
  prune(&column);
  if (column.count == 0) {
    matcher_state_settle_all(state, settled);
    matcher_state_add_empty(state, COLUMN_NONE);
    return;
  }
  matcher_state_add(state, column.states, column.back, column.count);
}

static void take(struct matcher_state *state, struct road_map *map, const struct fix *fix, struct row_set *settled)
{
  const bool is_alive = state->live_count > 0;
  if (is_alive && ends_chain(state, fix)) {
    state->rests = fix->recorded_at_us - state->seen_at_us <= GAP_MAX_US && is_resting(fix);
    matcher_state_settle_all(state, settled);
  }
  state->rests = state->rests && is_resting(fix);
  state->seen_at_us = fix->recorded_at_us;
  if (state->rests) {
    matcher_state_add_empty(state, COLUMN_NONE);
  } else if (state->live_count > 0 && says_nothing_new(state, fix)) {
    matcher_state_add_empty(state, COLUMN_SAME);
  } else {
    go_on(state, map, fix, settled);
    take_as_used(state, fix);
  }
}

void road_matcher_step(struct road_matcher *matcher, struct road_map *map, const struct fix *fix, struct row_set *settled)
{
  if (matcher->state == NULL) {
    matcher->state = matcher_state_new();
  }
  struct matcher_state *state = matcher->state;
  if (fix->flags != 0 || map == NULL) {
    matcher_state_add_empty(state, COLUMN_NONE);
  } else {
    take(state, map, fix, settled);
  }
  matcher_state_settle(state, settled);
}

void road_matcher_init(struct road_matcher *matcher)
{
  *matcher = (struct road_matcher){NULL};
}

void road_matcher_free(struct road_matcher *matcher)
{
  matcher_state_free(matcher->state);
  matcher->state = NULL;
}

void road_matcher_clone(const struct road_matcher *matcher, struct road_matcher *copy)
{
  copy->state = matcher->state != NULL ? matcher_state_clone(matcher->state) : NULL;
}

bool road_matcher_position(const struct road_matcher *matcher, double *longitude_deg, double *latitude_deg)
{
  if (matcher->state == NULL || matcher->state->live_count == 0) {
    return false;
  }
  *longitude_deg = matcher->state->longitude_deg;
  *latitude_deg = matcher->state->latitude_deg;
  return true;
}

size_t road_matcher_pending(const struct road_matcher *matcher)
{
  return matcher->state != NULL ? matcher->state->column_count : 0;
}

void road_matcher_show(const struct road_matcher *matcher, struct row_set *provisional)
{
  if (matcher->state != NULL) {
    matcher_state_show(matcher->state, provisional);
  }
}

void road_matcher_settle(struct road_matcher *matcher, struct row_set *settled)
{
  if (matcher->state != NULL) {
    matcher_state_settle_all(matcher->state, settled);
  }
}
