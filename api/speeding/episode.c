#include "api/speeding/episode.h"

#include <math.h>

#include "api/columns.h"
#include "api_sql.h"

static const struct column COLUMNS[] = {
    [EPISODE_ID] = {"id", COLUMN_INT64, 0},
    [EPISODE_VEHICLE_ID] = {"vehicle_id", COLUMN_INT64, 0},
    [EPISODE_VEHICLE] = {"vehicle", COLUMN_TEXT, 0},
    [EPISODE_DRIVER_ID] = {"driver_id", COLUMN_INT64, 0},
    [EPISODE_DRIVER] = {"driver", COLUMN_TEXT, 0},
    [EPISODE_STARTED_AT] = {"started_at", COLUMN_TIME, 0},
    [EPISODE_ENDED_AT] = {"ended_at", COLUMN_TIME, 0},
    [EPISODE_DURATION_S] = {"duration_s", COLUMN_DECIMAL, 3},
    [EPISODE_BEFORE_S] = {"before_s", COLUMN_DECIMAL, 3},
    [EPISODE_AFTER_S] = {"after_s", COLUMN_DECIMAL, 3},
    [EPISODE_DISTANCE_M] = {"distance_m", COLUMN_DECIMAL, 1},
    [EPISODE_SAMPLES] = {"samples", COLUMN_INT64, 0},
    [EPISODE_LARGEST_GAP_S] = {"largest_gap_s", COLUMN_DECIMAL, 3},
    [EPISODE_MAX_SPEED_KMH] = {"max_speed_kmh", COLUMN_DECIMAL, 2},
    [EPISODE_MEAN_SPEED_KMH] = {"mean_speed_kmh", COLUMN_DECIMAL, 2},
    [EPISODE_P95_SPEED_KMH] = {"p95_speed_kmh", COLUMN_DECIMAL, 2},
    [EPISODE_LIMIT_KMH] = {"limit_kmh", COLUMN_DECIMAL, 2},
    [EPISODE_LIMIT_SOURCE] = {"limit_source", COLUMN_TEXT, 0},
    [EPISODE_MAX_EXCESS_KMH] = {"max_excess_kmh", COLUMN_DECIMAL, 2},
    [EPISODE_MEAN_EXCESS_KMH] = {"mean_excess_kmh", COLUMN_DECIMAL, 2},
    [EPISODE_EXCESS_INTEGRAL] = {"excess_integral_kmh_s", COLUMN_DECIMAL, 1},
    [EPISODE_BAND] = {"band", COLUMN_TEXT, 0},
    [EPISODE_HAS_JUMP] = {"has_jump", COLUMN_BOOLEAN, 0},
    [EPISODE_IS_ESTIMATED] = {"is_estimated", COLUMN_BOOLEAN, 0},
    [EPISODE_IS_STRICT] = {"is_strict", COLUMN_BOOLEAN, 0},
    [EPISODE_END_REASON] = {"end_reason", COLUMN_TEXT, 0},
    [EPISODE_ROAD] = {"road", COLUMN_TEXT, 0},
    [EPISODE_ZONE] = {"zone", COLUMN_TEXT, 0},
    [EPISODE_STARTED_LON] = {"started_lon", COLUMN_DECIMAL, 7},
    [EPISODE_STARTED_LAT] = {"started_lat", COLUMN_DECIMAL, 7},
    [EPISODE_PEAK_AT] = {"peak_at", COLUMN_TIME, 0},
    [EPISODE_PEAK_LON] = {"peak_lon", COLUMN_DECIMAL, 7},
    [EPISODE_PEAK_LAT] = {"peak_lat", COLUMN_DECIMAL, 7},
    [EPISODE_ENDED_LON] = {"ended_lon", COLUMN_DECIMAL, 7},
    [EPISODE_ENDED_LAT] = {"ended_lat", COLUMN_DECIMAL, 7},
    [EPISODE_IS_OPEN] = {"is_open", COLUMN_BOOLEAN, 0},
    [EPISODE_REVIEW] = {"review", COLUMN_TEXT, 0},
    [EPISODE_REVIEW_NOTE] = {"review_note", COLUMN_TEXT, 0},
    [EPISODE_REVIEWED_BY] = {"reviewed_by", COLUMN_TEXT, 0},
    [EPISODE_REVIEWED_AT] = {"reviewed_at", COLUMN_TIME, 0},
    [EPISODE_REVISION] = {"revision", COLUMN_INT64, 0},
    [EPISODE_RULE_VERSION] = {"rule_version", COLUMN_INT64, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

void episode_write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  columns_write_members(COLUMNS, COLUMN_COUNT, json, rows, row);
}

void episode_write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  columns_write_cells(COLUMNS, COLUMN_COUNT, cells, rows, row);
}

/* ---- GeoJSON ---- */

struct error episode_ask(const struct sql_statement *statement, struct arena *arena, struct db_connection *connection,
                         const struct db_rows *rows, int first, int end, const struct db_rows **answer)
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
  return db_query(connection, arena, statement, parameters, answer);
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
  TRY(episode_ask(&SQL_LIST_BREADCRUMBS_OF_EPISODES, arena, connection, rows, first, end, &crumbs));
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
