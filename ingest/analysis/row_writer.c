#include "ingest/analysis/row_writer.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/condition.h"
#include "ingest/analysis/row_columns.h"
#include "ingest_sql.h"
#include "server/base/clock.h"

enum { STEPS_MAX = 2 * FOLD_KIND_COUNT + 8, NO_STEP = -1, DAY_TEXT_MAX = 16 };

struct kind_statements {
  const struct sql_statement *upsert;
  const struct sql_statement *remove;
  bool has_rule_version;
  bool names_days; /* both answer with the days of the rows that they touched */
};

/* One write on its way. */
struct writing {
  struct db_connection *connection;
  struct arena *arena;
  const struct written_window *windows;
  size_t count;
  struct write_settings settings;
  struct db_pipeline *pipeline;
  int step_count;
  int upsert_steps[FOLD_KIND_COUNT];
  int remove_steps[FOLD_KIND_COUNT];
};

static struct kind_statements statements_of(enum fold_kind kind)
{
  switch (kind) {
  case FOLD_TRIPS:
    return (struct kind_statements){&SQL_UPSERT_TRIPS, &SQL_DELETE_TRIPS, false, false};
  case FOLD_STOPS:
    return (struct kind_statements){&SQL_UPSERT_STOPS, &SQL_DELETE_STOPS, false, false};
  case FOLD_EPISODES:
    return (struct kind_statements){&SQL_UPSERT_SPEEDING_EPISODES, &SQL_DELETE_SPEEDING_EPISODES, true, true};
  case FOLD_DAYS:
    return (struct kind_statements){&SQL_UPSERT_DRIVE_DAYS, &SQL_DELETE_DRIVE_DAYS, false, true};
  case FOLD_VISITS:
    return (struct kind_statements){&SQL_UPSERT_ZONE_VISITS, &SQL_DELETE_ZONE_VISITS, false, false};
  case FOLD_EXCURSIONS:
    return (struct kind_statements){&SQL_UPSERT_EXCURSIONS, &SQL_DELETE_EXCURSIONS, true, false};
  case FOLD_CONDITIONS:
    return (struct kind_statements){&SQL_UPSERT_ALERT_CONDITIONS, &SQL_WITHDRAW_ALERT_CONDITIONS, false, false};
  default:
    return (struct kind_statements){&SQL_UPSERT_ROAD_RUNS, &SQL_DELETE_ROAD_RUNS, false, false};
  }
}

static int add_step(struct writing *writing, const struct sql_statement *statement, const struct db_parameters *parameters)
{
  db_pipeline_add(writing->pipeline, statement, parameters);
  return writing->step_count++;
}

/* ---- columns ---- */

/* The rows of one kind of all windows, by address. */
struct gathered {
  const void **rows;
  int64_t *vehicle_ids;
  int64_t *settled_at_us;
  uint8_t *scratch; /* 8 bytes a row */
  uint8_t *is_null;
  size_t count;
};

static struct gathered gather(const struct writing *writing, enum fold_kind kind)
{
  struct gathered all = {0};
  for (size_t i = 0; i < writing->count; i++) {
    all.count += writing->windows[i].window->rows.sets[kind].count;
  }
  all.rows = arena_alloc_array(writing->arena, all.count, sizeof *all.rows);
  all.vehicle_ids = arena_alloc_array(writing->arena, all.count, sizeof *all.vehicle_ids);
  all.settled_at_us = arena_alloc_array(writing->arena, all.count, sizeof *all.settled_at_us);
  all.scratch = arena_alloc_array(writing->arena, all.count, sizeof(int64_t));
  all.is_null = arena_alloc_array(writing->arena, all.count, 1);
  size_t at = 0;
  for (size_t i = 0; i < writing->count; i++) {
    const struct window *window = writing->windows[i].window;
    const struct row_set *rows = &window->rows.sets[kind];
    for (size_t row = 0; row < rows->count; row++, at++) {
      all.rows[at] = (const char *)rows->items + row * rows->row_bytes;
      all.vehicle_ids[at] = window->settings.vehicle_id;
      all.settled_at_us[at] = ((const int64_t *)window->rows.settled[kind].items)[row];
    }
  }
  return all;
}

static void add_wide(struct db_parameters *parameters, const struct gathered *all, const struct column *column)
{
  const bool is_optional = column->type == COLUMN_OPTIONAL_TIME || column->type == COLUMN_OPTIONAL_ID;
  int64_t *values = (int64_t *)(void *)all->scratch;
  for (size_t i = 0; i < all->count; i++) {
    values[i] = row_column_int(all->rows[i], column);
    all->is_null[i] = (uint8_t)(is_optional && values[i] == 0 ? 1 : 0);
  }
  if (column->type == COLUMN_TIME || column->type == COLUMN_OPTIONAL_TIME) {
    db_add_time_array(parameters, values, all->is_null, all->count);
  } else {
    db_add_int64_array(parameters, values, all->is_null, all->count);
  }
}

static void add_doubles(struct db_parameters *parameters, const struct gathered *all, const struct column *column)
{
  double *values = (double *)(void *)all->scratch;
  for (size_t i = 0; i < all->count; i++) {
    memcpy(&values[i], (const char *)all->rows[i] + column->offset, sizeof *values);
    all->is_null[i] = (uint8_t)(isnan(values[i]) ? 1 : 0);
  }
  db_add_float8_array(parameters, values, all->is_null, all->count);
}

static void add_floats(struct db_parameters *parameters, const struct gathered *all, const struct column *column)
{
  float *values = (float *)(void *)all->scratch;
  for (size_t i = 0; i < all->count; i++) {
    memcpy(&values[i], (const char *)all->rows[i] + column->offset, sizeof *values);
    all->is_null[i] = (uint8_t)(isnan(values[i]) ? 1 : 0);
  }
  db_add_float4_array(parameters, values, all->is_null, all->count);
}

static void add_narrow(struct db_parameters *parameters, const struct gathered *all, const struct column *column)
{
  int32_t *words = (int32_t *)(void *)all->scratch;
  int16_t *smalls = (int16_t *)(void *)all->scratch;
  for (size_t i = 0; i < all->count; i++) {
    const int64_t value = row_column_int(all->rows[i], column);
    if (column->type == COLUMN_INT32) {
      words[i] = (int32_t)value;
    } else if (column->type == COLUMN_SMALL) {
      smalls[i] = (int16_t)value;
    } else {
      all->scratch[i] = value != 0;
    }
  }
  if (column->type == COLUMN_INT32) {
    db_add_int32_array(parameters, words, NULL, all->count);
  } else if (column->type == COLUMN_SMALL) {
    db_add_int16_array(parameters, smalls, NULL, all->count);
  } else {
    db_add_bool_array(parameters, all->scratch, NULL, all->count);
  }
}

static void add_column(struct db_parameters *parameters, const struct gathered *all, const struct column *column)
{
  switch (column->type) {
  case COLUMN_TIME:
  case COLUMN_OPTIONAL_TIME:
  case COLUMN_ID:
  case COLUMN_OPTIONAL_ID:
    add_wide(parameters, all, column);
    break;
  case COLUMN_DOUBLE:
    add_doubles(parameters, all, column);
    break;
  case COLUMN_FLOAT:
    add_floats(parameters, all, column);
    break;
  default:
    add_narrow(parameters, all, column);
    break;
  }
}

/* ---- rows ---- */

static void add_upsert(struct writing *writing, enum fold_kind kind, const struct gathered *all)
{
  const struct columns columns = row_columns(kind);
  struct db_parameters *parameters = db_parameters_new(writing->arena);
  db_add_int64_array(parameters, all->vehicle_ids, NULL, all->count);
  for (size_t i = 0; i < columns.count; i++) {
    add_column(parameters, all, &columns.items[i]);
  }
  if (kind != FOLD_ROAD_RUNS) {
    db_add_time_array(parameters, all->settled_at_us, NULL, all->count);
  }
  if (statements_of(kind).has_rule_version) {
    db_add_int64(parameters, writing->settings.rule_version);
  }
  if (kind == FOLD_CONDITIONS) {
    db_add_time(parameters, writing->settings.conditions_from_us);
  }
  writing->upsert_steps[kind] = add_step(writing, statements_of(kind).upsert, parameters);
}

/* Where a window has no beginning; before all rows of the analysis, and after those that are not of it. */
static const int64_t BEGINNING_US = INT64_C(-62135596800) * US_PER_SECOND;

/* Before the rows are written: an infinite settled_at is that of rows that were open before. */
static void add_removal(struct writing *writing, enum fold_kind kind, const struct gathered *all)
{
  const struct columns columns = row_columns(kind);
  struct db_parameters *parameters = db_parameters_new(writing->arena);
  int64_t *vehicle_ids = arena_alloc_array(writing->arena, writing->count, sizeof *vehicle_ids);
  int64_t *from_us = arena_alloc_array(writing->arena, writing->count, sizeof *from_us);
  int64_t *until_us = arena_alloc_array(writing->arena, writing->count, sizeof *until_us);
  uint8_t *has_no_end = arena_alloc_array(writing->arena, writing->count, 1);
  size_t count = 0;
  for (size_t i = 0; i < writing->count; i++) {
    const struct window *window = writing->windows[i].window;
    if (writing->windows[i].may_lack_rows) {
      vehicle_ids[count] = window->settings.vehicle_id;
      from_us[count] = kind == FOLD_ROAD_RUNS ? window->runs_from_us : window->from_us;
      until_us[count] = kind == FOLD_ROAD_RUNS ? window->runs_until_us : window->until_us;
      from_us[count] = from_us[count] == WINDOW_BEGINNING ? BEGINNING_US : from_us[count];
      has_no_end[count] = window->until_us == WINDOW_NO_END;
      count++;
    }
  }
  if (count == 0) {
    return;
  }
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  db_add_time_array(parameters, from_us, NULL, count);
  db_add_time_array(parameters, until_us, has_no_end, count);
  db_add_int64_array(parameters, all->vehicle_ids, NULL, all->count);
  for (size_t i = 0; i < columns.count; i++) {
    if (columns.items[i].is_key) {
      add_column(parameters, all, &columns.items[i]);
    }
  }
  writing->remove_steps[kind] = add_step(writing, statements_of(kind).remove, parameters);
}

static void add_rows(struct writing *writing)
{
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    const struct gathered all = gather(writing, (enum fold_kind)kind);
    writing->upsert_steps[kind] = writing->remove_steps[kind] = NO_STEP;
    add_removal(writing, (enum fold_kind)kind, &all);
    if (all.count != 0) {
      add_upsert(writing, (enum fold_kind)kind, &all);
    }
  }
}

/* ---- checkpoints ---- */

struct checkpoint_columns {
  int64_t *vehicle_ids;
  int64_t *at_us;
  int16_t *kinds;
  int64_t *digests;
  struct text *states;
  int64_t *newest_ids; /* vehicles that get a newest one */
  size_t count;
  size_t newest_count;
};

static struct checkpoint_columns gather_checkpoints(const struct writing *writing)
{
  struct checkpoint_columns all = {0};
  size_t count = 0;
  for (size_t i = 0; i < writing->count; i++) {
    count += writing->windows[i].window->checkpoints.count;
  }
  all.vehicle_ids = arena_alloc_array(writing->arena, count, sizeof *all.vehicle_ids);
  all.at_us = arena_alloc_array(writing->arena, count, sizeof *all.at_us);
  all.kinds = arena_alloc_array(writing->arena, count, sizeof *all.kinds);
  all.digests = arena_alloc_array(writing->arena, count, sizeof *all.digests);
  all.states = arena_alloc_array(writing->arena, count, sizeof *all.states);
  all.newest_ids = arena_alloc_array(writing->arena, writing->count, sizeof *all.newest_ids);
  for (size_t i = 0; i < writing->count; i++) {
    const struct window *window = writing->windows[i].window;
    const struct checkpoint *made = window->checkpoints.items;
    for (size_t j = 0; j < window->checkpoints.count; j++, all.count++) {
      all.vehicle_ids[all.count] = window->settings.vehicle_id;
      all.at_us[all.count] = made[j].at_us;
      all.kinds[all.count] = (int16_t)made[j].kind;
      all.digests[all.count] = made[j].digest;
      all.states[all.count] = made[j].state;
    }
    if (window->checkpoints.count > 0 && made[window->checkpoints.count - 1].kind == CHECKPOINT_NEWEST) {
      all.newest_ids[all.newest_count++] = window->settings.vehicle_id;
    }
  }
  return all;
}

static void add_checkpoint_removal(struct writing *writing)
{
  struct db_parameters *parameters = db_parameters_new(writing->arena);
  int64_t *vehicle_ids = arena_alloc_array(writing->arena, writing->count, sizeof *vehicle_ids);
  int64_t *after_us = arena_alloc_array(writing->arena, writing->count, sizeof *after_us);
  int64_t *before_us = arena_alloc_array(writing->arena, writing->count, sizeof *before_us);
  size_t count = 0;
  for (size_t i = 0; i < writing->count; i++) {
    if (writing->windows[i].is_replay) {
      vehicle_ids[count] = writing->windows[i].window->settings.vehicle_id;
      after_us[count] = writing->windows[i].window->from_us;
      before_us[count++] = writing->windows[i].window->until_us;
    }
  }
  if (count != 0) {
    db_add_int64_array(parameters, vehicle_ids, NULL, count);
    db_add_time_array(parameters, after_us, NULL, count);
    db_add_time_array(parameters, before_us, NULL, count);
    (void)add_step(writing, &SQL_DELETE_CHECKPOINTS, parameters);
  }
}

static void add_checkpoints(struct writing *writing)
{
  const struct checkpoint_columns all = gather_checkpoints(writing);
  add_checkpoint_removal(writing);
  if (all.newest_count != 0) {
    struct db_parameters *newest = db_parameters_new(writing->arena);
    db_add_int64_array(newest, all.newest_ids, NULL, all.newest_count);
    db_add_time(newest, writing->settings.parts_from_us);
    (void)add_step(writing, &SQL_DELETE_OLD_NEWEST_CHECKPOINTS, newest);
  }
  if (all.count != 0) {
    struct db_parameters *made = db_parameters_new(writing->arena);
    db_add_int64_array(made, all.vehicle_ids, NULL, all.count);
    db_add_time_array(made, all.at_us, NULL, all.count);
    db_add_int16_array(made, all.kinds, NULL, all.count);
    db_add_int64_array(made, all.digests, NULL, all.count);
    db_add_bytes_array(made, all.states, all.count);
    db_add_int32(made, FOLD_FORMAT);
    (void)add_step(writing, &SQL_UPSERT_CHECKPOINTS, made);
  }
}

/* ---- after it ---- */

static int64_t affected(const struct writing *writing, int step)
{
  return step == NO_STEP ? 0 : db_affected(db_pipeline_rows(writing->pipeline, step));
}

static int compare_days(const void *left, const void *right)
{
  const int32_t a = *(const int32_t *)left;
  const int32_t b = *(const int32_t *)right;
  return (a > b) - (a < b);
}

/* Each day once, ascending: whoever else notes days does not wait for us in a circle. */
static size_t find_days(const struct writing *writing, int32_t **days)
{
  size_t capacity = 0;
  size_t count = 0;
  size_t kept = 0;
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    capacity += (size_t)(affected(writing, writing->upsert_steps[kind]) + affected(writing, writing->remove_steps[kind]));
  }
  *days = arena_alloc_array(writing->arena, capacity, sizeof **days);
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    const int steps[] = {writing->upsert_steps[kind], writing->remove_steps[kind]};
    for (size_t i = 0; i < 2 && statements_of((enum fold_kind)kind).names_days; i++) {
      const struct db_rows *rows = steps[i] == NO_STEP ? NULL : db_pipeline_rows(writing->pipeline, steps[i]);
      for (int row = 0; rows != NULL && row < db_row_count(rows); row++) {
        (*days)[count++] = (int32_t)db_int64(rows, row, 0);
      }
    }
  }
  if (count > 0) {
    qsort(*days, count, sizeof **days, compare_days);
  }
  for (size_t i = 0; i < count; i++) {
    if (kept == 0 || (*days)[kept - 1] != (*days)[i]) {
      (*days)[kept++] = (*days)[i];
    }
  }
  return kept;
}

static struct error note_days(const struct writing *writing)
{
  int32_t *days = NULL;
  const size_t count = find_days(writing, &days);
  struct text *names = arena_alloc_array(writing->arena, count, sizeof *names);
  for (size_t i = 0; i < count; i++) {
    char *name = arena_alloc(writing->arena, DAY_TEXT_MAX);
    clock_format_day(days[i], name);
    names[i] = text_from(name);
  }
  struct db_parameters *parameters = db_parameters_new(writing->arena);
  db_add_text_array(parameters, names, count);
  return count == 0 ? error_none() : db_run(writing->connection, &SQL_TOUCH_ANALYSIS_DAYS, parameters, NULL);
}

static struct error tell_conditions(const struct writing *writing, bool *told)
{
  *told =
      affected(writing, writing->upsert_steps[FOLD_CONDITIONS]) + affected(writing, writing->remove_steps[FOLD_CONDITIONS]) > 0;
  return *told ? db_run(writing->connection, &SQL_NOTIFY_CONDITIONS, NULL, NULL) : error_none();
}

struct error row_writer_write(struct db_connection *connection, struct arena *arena, const struct written_window *windows,
                              size_t count, struct write_settings settings, int64_t *changed)
{
  struct writing writing = {.connection = connection,
                            .arena = arena,
                            .windows = windows,
                            .count = count,
                            .settings = settings,
                            .pipeline = db_pipeline_new(arena)};
  bool told = false;
  if (count == 0) {
    return error_none();
  }
  add_rows(&writing);
  add_checkpoints(&writing);
  if (writing.step_count == 0) {
    return error_none();
  }
  TRY(db_pipeline_run(connection, writing.pipeline, NULL));
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    *changed += affected(&writing, writing.upsert_steps[kind]) + affected(&writing, writing.remove_steps[kind]);
  }
  TRY(note_days(&writing));
  return tell_conditions(&writing, &told);
}
