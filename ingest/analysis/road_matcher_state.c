#include "ingest/analysis/road_matcher_state.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/error.h"

enum { COLUMNS_MAX = ROAD_MATCHER_PENDING_MAX + 1 };

struct matcher_state *matcher_state_new(void)
{
  struct matcher_state *state = calloc(1, sizeof *state);
  if (state == NULL) {
    error_out_of_memory(sizeof *state);
  }
  return state;
}

void matcher_state_free(struct matcher_state *state)
{
  if (state != NULL) {
    free(state->trail);
    free(state);
  }
}

void matcher_state_reserve(struct matcher_state *state, size_t capacity)
{
  if (capacity > state->trail_capacity) {
    struct trail_state *larger = realloc(state->trail, capacity * sizeof *larger);
    if (larger == NULL) {
      error_out_of_memory(capacity * sizeof *larger);
    }
    state->trail = larger;
    state->trail_capacity = capacity;
  }
}

struct matcher_state *matcher_state_clone(const struct matcher_state *state)
{
  struct matcher_state *copy = matcher_state_new();
  *copy = *state;
  copy->trail = NULL;
  copy->trail_capacity = 0;
  if (state->trail_count > 0) {
    matcher_state_reserve(copy, state->trail_count);
    memcpy(copy->trail, state->trail, state->trail_count * sizeof *state->trail);
  }
  return copy;
}

void matcher_state_add(struct matcher_state *state, const struct live_state *live, const uint8_t *back, size_t count)
{
  if (state->trail_count + count > state->trail_capacity) {
    matcher_state_reserve(state, (state->trail_count + count) * 2);
  }
  for (size_t i = 0; i < count; i++) {
    const bool is_matched = live[i].skips == 0;
    state->trail[state->trail_count++] = (struct trail_state){
        .road_id = is_matched ? live[i].road_id : 0, .is_forward = is_matched && live[i].is_forward, .back = back[i]};
  }
  memcpy(state->live, live, count * sizeof *live);
  state->live_count = count;
  state->columns[state->column_count++] = (struct matcher_column){COLUMN_STATES, (uint8_t)count};
}

void matcher_state_add_empty(struct matcher_state *state, enum column_kind kind)
{
  state->columns[state->column_count++] = (struct matcher_column){kind, 0};
}

/* ---- following states back ---- */

/* The state that each of the first `column_count` columns has in the sequence that ends in `choice` at the last of them that
 * has states. */
static void trace(const struct matcher_state *state, size_t column_count, size_t trail_count, uint8_t choice,
                  struct trail_state traced[COLUMNS_MAX])
{
  size_t first = trail_count;
  for (size_t i = column_count; i-- > 0;) {
    traced[i] = (struct trail_state){0};
    if (state->columns[i].kind == COLUMN_STATES) {
      first -= state->columns[i].count;
      traced[i] = state->trail[first + choice];
      choice = traced[i].back;
    }
  }
}

static void emit(const struct matcher_state *state, const struct trail_state traced[COLUMNS_MAX], size_t column_count,
                 struct road_match *last, struct row_set *rows)
{
  for (size_t i = 0; i < column_count; i++) {
    static const struct road_match NONE = {0};
    if (state->columns[i].kind == COLUMN_STATES) {
      *last = (struct road_match){traced[i].road_id, traced[i].is_forward};
    }
    row_set_add(rows, state->columns[i].kind == COLUMN_NONE ? &NONE : last);
  }
}

void matcher_state_show(const struct matcher_state *state, struct row_set *provisional)
{
  struct trail_state traced[COLUMNS_MAX];
  struct road_match last = state->last;
  trace(state, state->column_count, state->trail_count, 0, traced);
  emit(state, traced, state->column_count, &last, provisional);
}

void matcher_state_settle_all(struct matcher_state *state, struct row_set *settled)
{
  struct trail_state traced[COLUMNS_MAX];
  trace(state, state->column_count, state->trail_count, 0, traced);
  emit(state, traced, state->column_count, &state->last, settled);
  state->column_count = 0;
  state->trail_count = 0;
  state->live_count = 0;
}

/* ---- settling ---- */

static void take_out(struct matcher_state *state, size_t column_count, size_t trail_count)
{
  state->column_count -= column_count;
  memmove(state->columns, state->columns + column_count, state->column_count * sizeof *state->columns);
  state->trail_count -= trail_count;
  if (state->trail_count > 0) {
    memmove(state->trail, state->trail + trail_count, state->trail_count * sizeof *state->trail);
  }
}

/* How many of the oldest columns all live states agree on. When there are any with states among them, *choice is the state of
 * the last of those, *trail_count how many states they have. */
static size_t agreed_columns(const struct matcher_state *state, uint8_t *choice, size_t *trail_count)
{
  uint32_t alive = (UINT32_C(1) << state->live_count) - 1;
  size_t first = state->trail_count;
  size_t agreed = state->column_count; /* before the first column with states that they do not agree on */
  *trail_count = 0;
  for (size_t i = state->column_count; i-- > 0;) {
    if (state->columns[i].kind != COLUMN_STATES) {
      continue;
    }
    if ((alive & (alive - 1)) == 0) {
      *trail_count = first;
      *choice = (uint8_t)__builtin_ctz(alive);
      return agreed;
    }
    agreed = i;
    first -= state->columns[i].count;
    uint32_t before = 0;
    for (uint8_t j = 0; j < state->columns[i].count; j++) {
      before |= (alive >> j & 1) != 0 ? UINT32_C(1) << state->trail[first + j].back : 0;
    }
    alive = before;
  }
  return agreed;
}

/* Gives up the states that do not come from the one that the best of them has in the oldest column with states. */
static void decide_oldest(struct matcher_state *state)
{
  struct trail_state *last = &state->trail[state->trail_count - state->live_count];
  uint8_t origin[MATCHER_STATES_MAX];
  for (size_t i = 0; i < state->live_count; i++) {
    size_t first = state->trail_count;
    uint8_t choice = (uint8_t)i;
    for (size_t column = state->column_count; column-- > 0;) {
      if (state->columns[column].kind == COLUMN_STATES) {
        origin[i] = choice;
        first -= state->columns[column].count;
        choice = state->trail[first + choice].back;
      }
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < state->live_count; i++) {
    if (origin[i] == origin[0]) {
      state->live[kept] = state->live[i];
      last[kept++] = last[i];
    }
  }
  size_t column = state->column_count - 1;
  while (state->columns[column].kind != COLUMN_STATES) {
    column--;
  }
  state->columns[column].count = (uint8_t)kept;
  state->trail_count -= state->live_count - kept;
  state->live_count = kept;
}

static bool take_out_agreed(struct matcher_state *state, struct row_set *settled)
{
  uint8_t choice = 0;
  size_t trail_count = 0;
  const size_t column_count = agreed_columns(state, &choice, &trail_count);
  struct trail_state traced[COLUMNS_MAX];
  trace(state, column_count, trail_count, choice, traced);
  emit(state, traced, column_count, &state->last, settled);
  take_out(state, column_count, trail_count);
  return column_count > 0;
}

void matcher_state_settle(struct matcher_state *state, struct row_set *settled)
{
  if (!take_out_agreed(state, settled) && state->column_count > ROAD_MATCHER_PENDING_MAX) {
    decide_oldest(state);
    take_out_agreed(state, settled);
  }
}
