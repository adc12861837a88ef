#include "ingest/writer/batch_history.h"

#include "ingest/writer/batch_late.h"
#include "ingest/events/flags.h"
#include "ingest_sql.h"

static bool is_known(const struct vehicle_state *vehicle, uint64_t generation)
{
  return vehicle->generation == generation;
}

/* ---- the vehicles' remembered state ---- */

/* Index of an id in the ascending list; it is there. */
static size_t index_of(const int64_t *ids, size_t count, int64_t id)
{
  size_t low = 0;
  size_t high = count - 1;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (ids[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void take_positions(const struct db_rows *rows, struct vehicle_state **vehicles, const int64_t *ids, size_t count,
                           uint64_t generation)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    struct vehicle_state *vehicle = vehicles[index_of(ids, count, db_int64(rows, row, 0))];
    vehicle->generation = generation;
    vehicle->has_position = true;
    vehicle->position = (struct breadcrumb_key){db_time(rows, row, 1), db_int64(rows, row, 2)};
    vehicle->slow_since_us = db_is_null(rows, row, 5) ? NOT_SLOW : db_time(rows, row, 5);
    /* Should its breadcrumb be gone with an old partition, the position itself is the newest. */
    vehicle->has_newest = true;
    vehicle->newest = vehicle->position;
    vehicle->newest_longitude_deg = db_double(rows, row, 3);
    vehicle->newest_latitude_deg = db_double(rows, row, 4);
  }
}

static void take_newest(const struct db_rows *rows, struct vehicle_state **vehicles, const int64_t *ids, size_t count)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    struct vehicle_state *vehicle = vehicles[index_of(ids, count, db_int64(rows, row, 0))];
    vehicle->newest = (struct breadcrumb_key){db_time(rows, row, 1), db_int64(rows, row, 2)};
    vehicle->newest_longitude_deg = db_double(rows, row, 3);
    vehicle->newest_latitude_deg = db_double(rows, row, 4);
  }
}

/* Vehicles without a position stay unknown: their breadcrumbs are treated as late until they have one. */
static struct error load_vehicles(struct batch *batch, struct db_connection *connection, uint64_t generation)
{
  struct vehicle_state **vehicles = arena_alloc_array(batch->arena, batch->row_count, sizeof(struct vehicle_state *));
  int64_t *ids = arena_alloc_array(batch->arena, batch->row_count, sizeof *ids);
  size_t count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    struct vehicle_state *vehicle = batch->rows[i].vehicle;
    if (!is_known(vehicle, generation) && (count == 0 || vehicles[count - 1] != vehicle)) {
      vehicle->has_newest = vehicle->has_position = false;
      ids[count] = vehicle->vehicle_id;
      vehicles[count++] = vehicle;
    }
  }
  if (count == 0) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(batch->arena);
  db_add_int64_array(parameters, ids, NULL, count);
  struct db_pipeline *pipeline = db_pipeline_new(batch->arena);
  db_pipeline_add(pipeline, &SQL_SELECT_VEHICLE_POSITIONS, parameters);
  db_pipeline_add(pipeline, &SQL_SELECT_NEWEST_BREADCRUMBS, parameters);
  TRY(db_pipeline_run(connection, pipeline, NULL));
  take_positions(db_pipeline_rows(pipeline, 0), vehicles, ids, count, generation);
  take_newest(db_pipeline_rows(pipeline, 1), vehicles, ids, count);
  return error_none();
}

/* ---- what is stored already ---- */

static bool is_late(const struct batch_row *row, uint64_t generation)
{
  const struct vehicle_state *vehicle = row->vehicle;
  return !is_known(vehicle, generation) || (vehicle->has_newest && breadcrumb_key_compare(row->key, vehicle->newest) <= 0);
}

struct error batch_history_find_stored(struct batch *batch, struct db_connection *connection, struct batch_row *const *rows,
                                       size_t row_count, const struct db_rows **stored)
{
  int64_t *ids = arena_alloc_array(batch->arena, row_count, sizeof *ids);
  int64_t *times_us = arena_alloc_array(batch->arena, row_count, sizeof *times_us);
  int64_t *versions = arena_alloc_array(batch->arena, row_count, sizeof *versions);
  int64_t earliest_us = INT64_MAX;
  int64_t latest_us = INT64_MIN;
  for (size_t i = 0; i < row_count; i++) {
    ids[i] = rows[i]->vehicle->vehicle_id;
    times_us[i] = rows[i]->key.recorded_at_us;
    versions[i] = rows[i]->key.version;
    earliest_us = times_us[i] < earliest_us ? times_us[i] : earliest_us;
    latest_us = times_us[i] > latest_us ? times_us[i] : latest_us;
  }
  struct db_parameters *parameters = db_parameters_new(batch->arena);
  db_add_int64_array(parameters, ids, NULL, row_count);
  db_add_time_array(parameters, times_us, NULL, row_count);
  db_add_int64_array(parameters, versions, NULL, row_count);
  db_add_time(parameters, earliest_us);
  db_add_time(parameters, latest_us);
  return db_query(connection, batch->arena, &SQL_SELECT_EXISTING_BREADCRUMBS, parameters, stored);
}

/* Late ones may be stored already; so may those that never count as the newest. */
static struct error mark_existing(struct batch *batch, struct db_connection *connection, uint64_t generation)
{
  struct batch_row **candidates = arena_alloc_array(batch->arena, batch->row_count, sizeof(struct batch_row *));
  size_t count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    struct batch_row *row = &batch->rows[i];
    bool may_exist = !is_known(row->vehicle, generation) || row->vehicle->has_newest;
    if (is_late(row, generation) || (!batch_row_is_fix(row) && may_exist)) {
      candidates[count++] = row;
    }
  }
  if (count == 0) {
    return error_none();
  }
  const struct db_rows *stored = NULL;
  TRY(batch_history_find_stored(batch, connection, candidates, count, &stored));
  for (int row = 0; row < db_row_count(stored); row++) {
    batch_row_found(candidates[db_int64(stored, row, 0) - 1], db_int64(stored, row, 2));
  }
  return error_none();
}

/* ---- flags ---- */

static void judge_prompt(const struct batch *batch, struct batch_row *row)
{
  batch_late_forget_around(row);
  const struct vehicle_state *vehicle = row->vehicle;
  const struct batch_row *before = batch_row_beside(batch, row, -1);
  bool before_is_newer = before != NULL && (!vehicle->has_newest || breadcrumb_key_compare(before->key, vehicle->newest) > 0);
  if (before_is_newer) {
    batch_row_follows(row, batch_row_fix(before));
  } else if (vehicle->has_newest) {
    batch_row_follows(
        row, (struct fix){vehicle->newest.recorded_at_us, vehicle->newest_longitude_deg, vehicle->newest_latitude_deg});
  }
}

struct error batch_history_apply(struct batch *batch, struct db_connection *connection, uint64_t generation)
{
  batch->correction_count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    batch->rows[i].flags = batch->rows[i].breadcrumb->flags;
    batch->rows[i].exists = false;
  }
  TRY(load_vehicles(batch, connection, generation));
  TRY(mark_existing(batch, connection, generation));
  struct batch_row **late = arena_alloc_array(batch->arena, batch->row_count, sizeof(struct batch_row *));
  size_t late_count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    struct batch_row *row = &batch->rows[i];
    if (!batch_row_is_fix(row) || row->exists) {
      continue;
    }
    if (is_late(row, generation)) {
      late[late_count++] = row;
    } else {
      judge_prompt(batch, row);
    }
  }
  return batch_late_judge(batch, connection, generation, late, late_count);
}

/* ---- after the commit ---- */

static void remember_row(const struct batch_row *row)
{
  struct vehicle_state *vehicle = row->vehicle;
  if (batch_row_is_fix(row) && (!vehicle->has_newest || breadcrumb_key_compare(vehicle->newest, row->key) < 0)) {
    vehicle->has_newest = true;
    vehicle->newest = row->key;
    vehicle->newest_longitude_deg = row->breadcrumb->longitude_deg;
    vehicle->newest_latitude_deg = row->breadcrumb->latitude_deg;
  }
}

void batch_history_remember(const struct batch *batch, uint64_t generation)
{
  for (size_t i = 0; i < batch->row_count; i++) {
    const struct batch_row *row = &batch->rows[i];
    if (!row->exists && is_known(row->vehicle, generation)) {
      remember_row(row);
    }
  }
  for (size_t i = 0; i < batch->correction_count; i++) {
    batch->corrections[i].vehicle->generation = 0;
  }
}
