#include "ingest/writer/batch_late.h"

#include "ingest/events/flags.h"
#include "ingest_sql.h"

/* Twice as far as a jump can reach, so that what follows a late row can still be judged by what was found around it. */
static const int64_t LOOK_US = 2 * FLAGS_JUMP_WINDOW_US;

/* A late row, and the gap between stored fixes that it falls into; NULL: not known yet. */
struct late_row {
  struct batch_row *row;
  struct gap *gap;
};

static struct fix side_fix(const struct gap_side *side)
{
  return (struct fix){side->key.recorded_at_us, side->longitude_deg, side->latitude_deg};
}

static struct gap_side side_of(const struct batch_row *row)
{
  return (struct gap_side){.is_there = true,
                           .key = row->key,
                           .longitude_deg = row->breadcrumb->longitude_deg,
                           .latitude_deg = row->breadcrumb->latitude_deg,
                           .flags = row->flags};
}

static bool is_inside(const struct gap *gap, const struct batch_row *row)
{
  return breadcrumb_key_compare(gap->before.key, row->key) < 0 && breadcrumb_key_compare(row->key, gap->after.key) < 0;
}

/* Where a side is missing, it must have been looked for as far as a jump can reach. */
static bool covers(const struct gap *gap, const struct batch_row *row)
{
  int64_t at_us = row->key.recorded_at_us;
  return is_inside(gap, row) && (gap->before.is_there || gap->before.key.recorded_at_us <= at_us - FLAGS_JUMP_WINDOW_US) &&
         (gap->after.is_there || gap->after.key.recorded_at_us >= at_us + FLAGS_JUMP_WINDOW_US);
}

/* ---- gaps that are known ---- */

static struct gap *remembered_gap(struct arena *arena, const struct batch_row *row, uint64_t generation)
{
  for (int i = 0; i < 2; i++) {
    const struct gap *gap = &row->vehicle->gaps[i];
    if (gap->generation == generation && covers(gap, row)) {
      struct gap *copy = arena_alloc(arena, sizeof *copy);
      *copy = *gap;
      return copy;
    }
  }
  return NULL;
}

/* From the row before when both fall into one gap, so that they share it, else as remembered. */
static void take_known_gaps(struct arena *arena, struct late_row *late, size_t count, uint64_t generation)
{
  for (size_t i = 0; i < count; i++) {
    const struct gap *last = i != 0 && late[i - 1].row->vehicle == late[i].row->vehicle ? late[i - 1].gap : NULL;
    if (late[i].gap == NULL) {
      bool is_shared = last != NULL && covers(last, late[i].row);
      late[i].gap = is_shared ? late[i - 1].gap : remembered_gap(arena, late[i].row, generation);
    }
  }
}

/* ---- gaps that have to be looked for ---- */

static struct gap_side side_from(const struct db_rows *rows, int64_t bound_us, int64_t bound_version)
{
  if (db_row_count(rows) == 0) {
    return (struct gap_side){.is_there = false, .key = {bound_us, bound_version}};
  }
  return (struct gap_side){.is_there = true,
                           .key = {db_time(rows, 0, 0), db_int64(rows, 0, 1)},
                           .longitude_deg = db_double(rows, 0, 2),
                           .latitude_deg = db_double(rows, 0, 3),
                           .flags = (int16_t)db_int64(rows, 0, 4)};
}

static struct db_parameters *side_parameters(struct arena *arena, const struct batch_row *row, int64_t bound_us)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, row->vehicle->vehicle_id);
  db_add_time(parameters, row->key.recorded_at_us);
  db_add_int64(parameters, row->key.version);
  db_add_time(parameters, bound_us);
  return parameters;
}

/* Of the rows without a gap all, or only the first of each vehicle: most often the others fall into the same. */
static struct error look_for_gaps(struct arena *arena, struct db_connection *connection, struct late_row *late, size_t count,
                                  bool only_first)
{
  struct late_row **missing = arena_alloc_array(arena, count, sizeof(struct late_row *));
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  size_t missing_count = 0;
  for (size_t i = 0; i < count; i++) {
    const struct batch_row *row = late[i].row;
    bool is_first = missing_count == 0 || missing[missing_count - 1]->row->vehicle != row->vehicle;
    if (late[i].gap == NULL && (is_first || !only_first)) {
      int64_t at_us = row->key.recorded_at_us;
      db_pipeline_add(pipeline, &SQL_SELECT_PREVIOUS_BREADCRUMB, side_parameters(arena, row, at_us - LOOK_US));
      db_pipeline_add(pipeline, &SQL_SELECT_NEXT_BREADCRUMB, side_parameters(arena, row, at_us + LOOK_US));
      missing[missing_count++] = &late[i];
    }
  }
  if (missing_count == 0) {
    return error_none();
  }
  TRY(db_pipeline_run(connection, pipeline, NULL));
  for (size_t i = 0; i < missing_count; i++) {
    int64_t at_us = missing[i]->row->key.recorded_at_us;
    missing[i]->gap = arena_alloc(arena, sizeof(struct gap));
    missing[i]->gap->before = side_from(db_pipeline_rows(pipeline, (int)i * 2), at_us - LOOK_US, INT64_MIN);
    missing[i]->gap->after = side_from(db_pipeline_rows(pipeline, (int)i * 2 + 1), at_us + LOOK_US, INT64_MAX);
  }
  return error_none();
}

/* ---- flags ---- */

static void correct_next(struct batch *batch, const struct batch_row *row, struct gap_side *next)
{
  unsigned flags = (unsigned)next->flags & ~(unsigned)FLAG_JUMP;
  flags |= flags_is_jump(batch_row_fix(row), side_fix(next)) ? FLAG_JUMP : 0;
  if (flags != (unsigned)next->flags) {
    next->flags = (int16_t)flags;
    batch->corrections[batch->correction_count++] = (struct flag_correction){
        .vehicle_id = row->vehicle->vehicle_id, .key = next->key, .flags = next->flags, .vehicle = row->vehicle};
  }
}

/* Rows of the batch in the same gap come between the row and the stored fixes. What is left of the gap beside the row is
 * remembered; should the batch fail, the writer's generation goes on and that is forgotten. */
static void judge(struct batch *batch, struct late_row *late, uint64_t generation)
{
  struct batch_row *row = late->row;
  struct gap *gap = late->gap;
  const struct batch_row *before = batch_row_beside(batch, row, -1);
  const struct batch_row *after = batch_row_beside(batch, row, +1);
  bool is_first = before == NULL || !is_inside(gap, before);
  bool is_last = after == NULL || !is_inside(gap, after);
  struct gap_side previous = is_first ? gap->before : side_of(before);
  if (previous.is_there) {
    batch_row_follows(row, side_fix(&previous));
  }
  if (is_last && gap->after.is_there) {
    correct_next(batch, row, &gap->after);
  }
  struct gap_side self = side_of(row);
  row->vehicle->gaps[0] = (struct gap){is_last ? generation : 0, self, gap->after};
  row->vehicle->gaps[1] = (struct gap){generation, previous, self};
}

struct error batch_late_judge(struct batch *batch, struct db_connection *connection, uint64_t generation,
                              struct batch_row **rows, size_t count)
{
  struct arena *arena = batch->arena;
  if (count == 0) {
    return error_none();
  }
  struct late_row *late = arena_alloc_array(arena, count, sizeof *late);
  batch->corrections = arena_alloc_array(arena, count, sizeof *batch->corrections);
  for (size_t i = 0; i < count; i++) {
    late[i].row = rows[i];
  }
  take_known_gaps(arena, late, count, generation);
  TRY(look_for_gaps(arena, connection, late, count, true));
  take_known_gaps(arena, late, count, generation);
  TRY(look_for_gaps(arena, connection, late, count, false));
  for (size_t i = 0; i < count; i++) {
    judge(batch, &late[i], generation);
  }
  return error_none();
}

void batch_late_forget_around(const struct batch_row *row)
{
  for (int i = 0; i < 2; i++) {
    struct gap *gap = &row->vehicle->gaps[i];
    if (gap->generation != 0 && is_inside(gap, row)) {
      gap->generation = 0;
    }
  }
}
