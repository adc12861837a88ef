#include "api/speeding/episode.h"

#include <math.h>

#include "api_sql.h"

enum kind { KIND_INT64, KIND_TEXT, KIND_TIME, KIND_BOOLEAN, KIND_DECIMAL };

struct column {
  const char *name;
  enum kind kind;
  int decimals;
};

static const struct column COLUMNS[] = {
    [EPISODE_ID] = {"id", KIND_INT64, 0},
    [EPISODE_VEHICLE_ID] = {"vehicle_id", KIND_INT64, 0},
    [EPISODE_VEHICLE] = {"vehicle", KIND_TEXT, 0},
    [EPISODE_DRIVER_ID] = {"driver_id", KIND_INT64, 0},
    [EPISODE_DRIVER] = {"driver", KIND_TEXT, 0},
    [EPISODE_STARTED_AT] = {"started_at", KIND_TIME, 0},
    [EPISODE_ENDED_AT] = {"ended_at", KIND_TIME, 0},
    [EPISODE_DURATION_S] = {"duration_s", KIND_DECIMAL, 3},
    [EPISODE_BEFORE_S] = {"before_s", KIND_DECIMAL, 3},
    [EPISODE_AFTER_S] = {"after_s", KIND_DECIMAL, 3},
    [EPISODE_DISTANCE_M] = {"distance_m", KIND_DECIMAL, 1},
    [EPISODE_SAMPLES] = {"samples", KIND_INT64, 0},
    [EPISODE_LARGEST_GAP_S] = {"largest_gap_s", KIND_DECIMAL, 3},
    [EPISODE_MAX_SPEED_KMH] = {"max_speed_kmh", KIND_DECIMAL, 2},
    [EPISODE_MEAN_SPEED_KMH] = {"mean_speed_kmh", KIND_DECIMAL, 2},
    [EPISODE_P95_SPEED_KMH] = {"p95_speed_kmh", KIND_DECIMAL, 2},
    [EPISODE_LIMIT_KMH] = {"limit_kmh", KIND_DECIMAL, 2},
    [EPISODE_LIMIT_SOURCE] = {"limit_source", KIND_TEXT, 0},
    [EPISODE_MAX_EXCESS_KMH] = {"max_excess_kmh", KIND_DECIMAL, 2},
    [EPISODE_MEAN_EXCESS_KMH] = {"mean_excess_kmh", KIND_DECIMAL, 2},
    [EPISODE_EXCESS_INTEGRAL] = {"excess_integral_kmh_s", KIND_DECIMAL, 1},
    [EPISODE_BAND] = {"band", KIND_TEXT, 0},
    [EPISODE_HAS_JUMP] = {"has_jump", KIND_BOOLEAN, 0},
    [EPISODE_IS_ESTIMATED] = {"is_estimated", KIND_BOOLEAN, 0},
    [EPISODE_IS_STRICT] = {"is_strict", KIND_BOOLEAN, 0},
    [EPISODE_END_REASON] = {"end_reason", KIND_TEXT, 0},
    [EPISODE_ROAD] = {"road", KIND_TEXT, 0},
    [EPISODE_ZONE] = {"zone", KIND_TEXT, 0},
    [EPISODE_STARTED_LON] = {"started_lon", KIND_DECIMAL, 7},
    [EPISODE_STARTED_LAT] = {"started_lat", KIND_DECIMAL, 7},
    [EPISODE_PEAK_AT] = {"peak_at", KIND_TIME, 0},
    [EPISODE_PEAK_LON] = {"peak_lon", KIND_DECIMAL, 7},
    [EPISODE_PEAK_LAT] = {"peak_lat", KIND_DECIMAL, 7},
    [EPISODE_ENDED_LON] = {"ended_lon", KIND_DECIMAL, 7},
    [EPISODE_ENDED_LAT] = {"ended_lat", KIND_DECIMAL, 7},
    [EPISODE_IS_OPEN] = {"is_open", KIND_BOOLEAN, 0},
    [EPISODE_REVIEW] = {"review", KIND_TEXT, 0},
    [EPISODE_REVIEW_NOTE] = {"review_note", KIND_TEXT, 0},
    [EPISODE_REVIEWED_BY] = {"reviewed_by", KIND_TEXT, 0},
    [EPISODE_REVIEWED_AT] = {"reviewed_at", KIND_TIME, 0},
    [EPISODE_REVISION] = {"revision", KIND_INT64, 0},
    [EPISODE_RULE_VERSION] = {"rule_version", KIND_INT64, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

static void write_value(struct json_writer *json, const struct column *column, const struct db_rows *rows, int row, int index)
{
  if (db_is_null(rows, row, index)) {
    json_null(json);
    return;
  }
  switch (column->kind) {
  case KIND_INT64:
    json_int64(json, db_int64(rows, row, index));
    break;
  case KIND_TEXT:
    json_string(json, db_text(rows, row, index));
    break;
  case KIND_TIME:
    json_time(json, db_time(rows, row, index));
    break;
  case KIND_BOOLEAN:
    json_boolean(json, db_bool(rows, row, index));
    break;
  case KIND_DECIMAL:
    json_decimal(json, db_double(rows, row, index), column->decimals);
    break;
  }
}

void episode_write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  for (int i = 0; i < COLUMN_COUNT; i++) {
    json_key(json, COLUMNS[i].name);
    write_value(json, &COLUMNS[i], rows, row, i);
  }
}

void episode_write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  for (int i = 0; i < COLUMN_COUNT; i++) {
    if (db_is_null(rows, row, i)) {
      csv_empty(cells);
      continue;
    }
    switch (COLUMNS[i].kind) {
    case KIND_INT64:
      csv_int64(cells, db_int64(rows, row, i));
      break;
    case KIND_TEXT:
      csv_text(cells, db_text(rows, row, i));
      break;
    case KIND_TIME:
      csv_time(cells, db_time(rows, row, i));
      break;
    case KIND_BOOLEAN:
      csv_text(cells, text_from(db_bool(rows, row, i) ? "true" : "false"));
      break;
    case KIND_DECIMAL:
      csv_decimal(cells, db_double(rows, row, i), COLUMNS[i].decimals);
      break;
    }
  }
}

/* ---- GeoJSON ---- */

struct error episode_read_breadcrumbs(struct arena *arena, struct db_connection *connection, const struct db_rows *rows,
                                      int first, int end, const struct db_rows **breadcrumbs)
{
  const size_t length = (size_t)(end - first);
  int64_t *vehicle_ids = arena_alloc_array(arena, length, sizeof *vehicle_ids);
  int64_t *starts_us = arena_alloc_array(arena, length, sizeof *starts_us);
  int64_t *ends_us = arena_alloc_array(arena, length, sizeof *ends_us);
  for (size_t i = 0; i < length; i++) {
    vehicle_ids[i] = db_int64(rows, first + (int)i, EPISODE_VEHICLE_ID);
    starts_us[i] = db_time(rows, first + (int)i, EPISODE_STARTED_AT);
    ends_us[i] = db_time(rows, first + (int)i, EPISODE_ENDED_AT);
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, vehicle_ids, NULL, length);
  db_add_time_array(parameters, starts_us, NULL, length);
  db_add_time_array(parameters, ends_us, NULL, length);
  return db_query(connection, arena, &SQL_LIST_BREADCRUMBS_OF_EPISODES, parameters, breadcrumbs);
}

static void write_coordinates(struct json_writer *json, double longitude_deg, double latitude_deg)
{
  json_begin_array(json);
  json_decimal(json, longitude_deg, 7);
  json_decimal(json, latitude_deg, 7);
  json_end_array(json);
}

static bool crosses_antimeridian(const struct db_rows *crumbs, int before)
{
  return fabs(db_double(crumbs, before + 1, CRUMB_LONGITUDE) - db_double(crumbs, before, CRUMB_LONGITUDE)) > 180.0;
}

/* Where the line that begins at `first` ends: at the end, or behind the last breadcrumb on this side of the antimeridian. */
static int end_of_line(const struct db_rows *crumbs, int first, int end)
{
  int at = first + 1;
  while (at < end && !crosses_antimeridian(crumbs, at - 1)) {
    at++;
  }
  return at;
}

/* A line has two positions at least (RFC 7946, 3.1.4): a single breadcrumb stands twice. */
static void write_line(struct json_writer *json, const struct db_rows *crumbs, int first, int end)
{
  json_begin_array(json);
  for (int i = first; i < end; i++) {
    write_coordinates(json, db_double(crumbs, i, CRUMB_LONGITUDE), db_double(crumbs, i, CRUMB_LATITUDE));
  }
  if (end - first == 1) {
    write_coordinates(json, db_double(crumbs, first, CRUMB_LONGITUDE), db_double(crumbs, first, CRUMB_LATITUDE));
  }
  json_end_array(json);
}

static void write_lines(struct json_writer *json, const struct db_rows *crumbs, int first, int end)
{
  json_begin_array(json);
  for (int at = first; at < end;) {
    const int line_end = end_of_line(crumbs, at, end);
    write_line(json, crumbs, at, line_end);
    at = line_end;
  }
  json_end_array(json);
}

/* The line that was driven; where fewer than two breadcrumbs are left, the place of the greatest excess. */
static void write_geometry(struct json_writer *json, const struct db_rows *rows, int row, const struct db_rows *crumbs,
                           int first, int end)
{
  json_begin_object(json);
  json_key(json, "type");
  if (end - first < 2) {
    json_cstring(json, "Point");
    json_key(json, "coordinates");
    write_coordinates(json, db_double(rows, row, EPISODE_PEAK_LON), db_double(rows, row, EPISODE_PEAK_LAT));
  } else if (end_of_line(crumbs, first, end) < end) {
    json_cstring(json, "MultiLineString");
    json_key(json, "coordinates");
    write_lines(json, crumbs, first, end);
  } else {
    json_cstring(json, "LineString");
    json_key(json, "coordinates");
    write_line(json, crumbs, first, end);
  }
  json_end_object(json);
}

void episode_write_feature(struct json_writer *json, const struct db_rows *rows, int row, const struct db_rows *crumbs,
                           int first, int end)
{
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "Feature");
  json_key(json, "id");
  json_int64(json, db_int64(rows, row, EPISODE_ID));
  json_key(json, "geometry");
  write_geometry(json, rows, row, crumbs, first, end);
  json_key(json, "properties");
  json_begin_object(json);
  episode_write_members(json, rows, row);
  json_end_object(json);
  json_end_object(json);
}

struct error episode_write_features(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                    const struct db_rows *rows, int first, int end)
{
  const struct db_rows *crumbs;
  int crumb = 0;
  TRY(episode_read_breadcrumbs(arena, connection, rows, first, end, &crumbs));
  for (int row = first; row < end; row++) {
    int crumb_end = crumb;
    while (crumb_end < db_row_count(crumbs) && db_int64(crumbs, crumb_end, CRUMB_EPISODE) == row - first + 1) {
      crumb_end++;
    }
    episode_write_feature(json, rows, row, crumbs, crumb, crumb_end);
    crumb = crumb_end;
  }
  return error_none();
}
