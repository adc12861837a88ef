/* GET /v1/trips */
#include "api/columns.h"
#include "api/trips/overlap_query.h"
#include "api_sql.h"

enum trip_column {
  TRIP_DRIVER_ID = OVERLAP_ENDED_AT + 1,
  TRIP_DRIVER,
  TRIP_DURATION_S,
  TRIP_DISTANCE_M,
  TRIP_MOVING_S,
  TRIP_MAX_SPEED_KMH,
  TRIP_SAMPLES,
  TRIP_STARTED_LON,
  TRIP_STARTED_LAT,
  TRIP_ENDED_LON,
  TRIP_ENDED_LAT,
  TRIP_END_REASON,
  TRIP_IS_OPEN,
  TRIP_REVISION,
};

static const struct column COLUMNS[] = {
    [OVERLAP_VEHICLE_ID] = {"vehicle_id", COLUMN_INT64, 0},  [OVERLAP_VEHICLE] = {"vehicle", COLUMN_TEXT, 0},
    [OVERLAP_STARTED_AT] = {"started_at", COLUMN_TIME, 0},   [OVERLAP_ENDED_AT] = {"ended_at", COLUMN_TIME, 0},
    [TRIP_DRIVER_ID] = {"driver_id", COLUMN_INT64, 0},       [TRIP_DRIVER] = {"driver", COLUMN_TEXT, 0},
    [TRIP_DURATION_S] = {"duration_s", COLUMN_DECIMAL, 3},   [TRIP_DISTANCE_M] = {"distance_m", COLUMN_DECIMAL, 1},
    [TRIP_MOVING_S] = {"moving_s", COLUMN_DECIMAL, 3},       [TRIP_MAX_SPEED_KMH] = {"max_speed_kmh", COLUMN_DECIMAL, 2},
    [TRIP_SAMPLES] = {"samples", COLUMN_INT64, 0},           [TRIP_STARTED_LON] = {"started_lon", COLUMN_DECIMAL, 7},
    [TRIP_STARTED_LAT] = {"started_lat", COLUMN_DECIMAL, 7}, [TRIP_ENDED_LON] = {"ended_lon", COLUMN_DECIMAL, 7},
    [TRIP_ENDED_LAT] = {"ended_lat", COLUMN_DECIMAL, 7},     [TRIP_END_REASON] = {"end_reason", COLUMN_TEXT, 0},
    [TRIP_IS_OPEN] = {"is_open", COLUMN_BOOLEAN, 0},         [TRIP_REVISION] = {"revision", COLUMN_INT64, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  columns_write_members(COLUMNS, COLUMN_COUNT, json, rows, row);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  columns_write_cells(COLUMNS, COLUMN_COUNT, cells, rows, row);
}

/* ---- GeoJSON ---- */

static struct error read_lines(struct arena *arena, struct db_connection *connection, const struct db_rows *rows, int first,
                               int end, const struct db_rows **lines)
{
  const size_t count = (size_t)(end - first);
  int64_t *vehicle_ids = arena_alloc_array(arena, count, sizeof *vehicle_ids);
  int64_t *starts_us = arena_alloc_array(arena, count, sizeof *starts_us);
  int64_t *ends_us = arena_alloc_array(arena, count, sizeof *ends_us);
  for (size_t i = 0; i < count; i++) {
    vehicle_ids[i] = db_int64(rows, first + (int)i, OVERLAP_VEHICLE_ID);
    starts_us[i] = db_time(rows, first + (int)i, OVERLAP_STARTED_AT);
    ends_us[i] = db_time(rows, first + (int)i, OVERLAP_ENDED_AT);
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  db_add_time_array(parameters, starts_us, NULL, count);
  db_add_time_array(parameters, ends_us, NULL, count);
  return db_query(connection, arena, &SQL_LIST_TRIP_LINES, parameters, lines);
}

/* Where the breadcrumbs are no longer kept, straight from start to end. */
static void write_straight_line(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "LineString");
  json_key(json, "coordinates");
  json_begin_array(json);
  overlap_write_position(json, db_double(rows, row, TRIP_STARTED_LON), db_double(rows, row, TRIP_STARTED_LAT));
  overlap_write_position(json, db_double(rows, row, TRIP_ENDED_LON), db_double(rows, row, TRIP_ENDED_LAT));
  json_end_array(json);
  json_end_object(json);
}

static struct error write_features(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                   const struct db_rows *rows, int first, int end)
{
  const struct db_rows *lines;
  int line = 0;
  TRY(read_lines(arena, connection, rows, first, end, &lines));
  for (int row = first; row < end; row++) {
    json_begin_object(json);
    json_key(json, "type");
    json_cstring(json, "Feature");
    json_key(json, "geometry");
    if (line < db_row_count(lines) && db_int64(lines, line, 0) == row - first + 1) {
      json_raw(json, db_text(lines, line, 1));
      line++;
    } else {
      write_straight_line(json, rows, row);
    }
    json_key(json, "properties");
    json_begin_object(json);
    write_members(json, rows, row);
    json_end_object(json);
    json_end_object(json);
  }
  return error_none();
}

struct error trips_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"from", "to", "vehicle*", "driver*", "limit", "cursor", "f", NULL};
  struct overlap_query query;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(overlap_query_read(request, connection, true, &query));
  const struct row_list list = {
      .statement = query.vehicles.is_wanted ? &SQL_LIST_TRIPS_OF_VEHICLES : &SQL_LIST_TRIPS,
      .add_parameters = overlap_add_parameters,
      .move_behind = overlap_move_behind,
      .key = overlap_key,
      .resume = overlap_resume,
      .write_members = write_members,
      .csv_header = TEXT("vehicle_id,vehicle,started_at,ended_at,driver_id,driver,duration_s,distance_m,moving_s,max_speed_kmh,"
                         "samples,started_lon,started_lat,ended_lon,ended_lat,end_reason,is_open,revision"),
      .write_cells = write_cells,
      .write_features = write_features,
  };
  return row_list_answer(&list, &query, request, connection);
}
