/* The state of a road matcher as bytes, for checkpoints. */
#include "ingest/analysis/road_matcher_state.h"
#include "ingest/analysis/state.h"

static void save_live(const struct live_state *live, struct buffer *out)
{
  state_put_int64(out, live->road_id);
  state_put_double(out, live->longitude_deg);
  state_put_double(out, live->latitude_deg);
  state_put_double(out, live->cost);
  state_put_float(out, live->along_m);
  state_put_int8(out, live->is_forward ? 1 : 0);
  state_put_int8(out, (int8_t)live->skips);
}

static void save_trail(const struct matcher_state *state, struct buffer *out)
{
  state_put_int8(out, (int8_t)state->column_count);
  for (size_t i = 0; i < state->column_count; i++) {
    state_put_int8(out, (int8_t)state->columns[i].kind);
    state_put_int8(out, (int8_t)state->columns[i].count);
  }
  for (size_t i = 0; i < state->trail_count; i++) {
    state_put_int64(out, state->trail[i].road_id);
    state_put_int8(out, state->trail[i].is_forward ? 1 : 0);
    state_put_int8(out, (int8_t)state->trail[i].back);
  }
}

void road_matcher_save(const struct road_matcher *matcher, struct buffer *out)
{
  const struct matcher_state *state = matcher->state;
  state_put_int8(out, state != NULL ? 1 : 0);
  if (state == NULL) {
    return;
  }
  state_put_double(out, state->longitude_deg);
  state_put_double(out, state->latitude_deg);
  state_put_int64(out, state->moved_at_us);
  state_put_int64(out, state->seen_at_us);
  state_put_int8(out, state->rests ? 1 : 0);
  state_put_int64(out, state->last.road_id);
  state_put_int8(out, state->last.is_forward ? 1 : 0);
  state_put_int8(out, (int8_t)state->live_count);
  for (size_t i = 0; i < state->live_count; i++) {
    save_live(&state->live[i], out);
  }
  save_trail(state, out);
}

static void load_live(struct state_reader *reader, struct live_state *live)
{
  live->road_id = state_take_int64(reader);
  live->longitude_deg = state_take_double(reader);
  live->latitude_deg = state_take_double(reader);
  live->cost = state_take_double(reader);
  live->along_m = state_take_float(reader);
  live->is_forward = state_take_int8(reader) != 0;
  live->skips = (uint8_t)state_take_int8(reader);
}

/* A count of at most `maximum`; more breaks the reader. */
static size_t take_count(struct state_reader *reader, size_t maximum)
{
  const uint8_t count = (uint8_t)state_take_int8(reader);
  reader->broken = reader->broken || count > maximum;
  return reader->broken ? 0 : count;
}

static void load_columns(struct state_reader *reader, struct matcher_state *state)
{
  state->column_count = take_count(reader, ROAD_MATCHER_PENDING_MAX);
  for (size_t i = 0; i < state->column_count; i++) {
    const size_t kind = take_count(reader, COLUMN_SAME);
    const size_t count = take_count(reader, MATCHER_STATES_MAX);
    state->columns[i] = (struct matcher_column){(enum column_kind)kind, (uint8_t)count};
    state->trail_count += count;
    reader->broken = reader->broken || (kind == COLUMN_STATES) != (count > 0);
  }
}

/* Every state comes from one that the column before it has; the states of the last column are the live ones. */
static void load_trail(struct state_reader *reader, struct matcher_state *state)
{
  matcher_state_reserve(state, state->trail_count);
  size_t before = MATCHER_STATES_MAX;
  size_t place = 0;
  for (size_t i = 0; i < state->column_count; i++) {
    for (size_t j = 0; j < state->columns[i].count; j++) {
      struct trail_state *trail = &state->trail[place++];
      trail->road_id = state_take_int64(reader);
      trail->is_forward = state_take_int8(reader) != 0;
      trail->back = (uint8_t)take_count(reader, before - 1);
    }
    before = state->columns[i].count > 0 ? state->columns[i].count : before;
  }
  reader->broken = reader->broken || (state->trail_count > 0 && before != state->live_count);
}

bool road_matcher_load(struct road_matcher *matcher, struct text *in)
{
  struct state_reader reader = {.rest = in};
  const bool has_state = state_take_int8(&reader) != 0;
  if (reader.broken || !has_state) {
    return !reader.broken;
  }
  struct matcher_state *state = matcher_state_new();
  state->longitude_deg = state_take_double(&reader);
  state->latitude_deg = state_take_double(&reader);
  state->moved_at_us = state_take_int64(&reader);
  state->seen_at_us = state_take_int64(&reader);
  state->rests = state_take_int8(&reader) != 0;
  state->last.road_id = state_take_int64(&reader);
  state->last.is_forward = state_take_int8(&reader) != 0;
  state->live_count = take_count(&reader, MATCHER_STATES_MAX);
  for (size_t i = 0; i < state->live_count; i++) {
    load_live(&reader, &state->live[i]);
  }
  load_columns(&reader, state);
  if (!reader.broken) {
    load_trail(&reader, state);
  }
  if (reader.broken) {
    matcher_state_free(state);
    return false;
  }
  matcher->state = state;
  return true;
}
