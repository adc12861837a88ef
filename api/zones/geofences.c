/* GET /v1/geofences and /v1/geofences/{name}: zones, with or without their outlines. */
#include "api/zones/geofences.h"

#include "api/handlers.h"

#include "api/cursor.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/row_list.h"
#include "api/rules/temperature_rule_form.h"
#include "api_sql.h"

enum { KMH_DECIMALS = 3, AREA_DECIMALS = 1, DEGREE_DECIMALS = 7 };

/* ---- writing ---- */

static void write_boolean(struct json_writer *json, const char *key, bool value)
{
  json_key(json, key);
  json_boolean(json, value);
}

static void write_decimal(struct json_writer *json, const char *key, double value, int decimals)
{
  json_key(json, key);
  json_decimal(json, value, decimals);
}

void geofence_write_content(struct json_writer *json, const struct db_rows *rows, int row)
{
  write_decimal(json, "limit_kmh", db_double(rows, row, GEOFENCE_LIMIT), KMH_DECIMALS);
  write_boolean(json, "alert_enter", db_bool(rows, row, GEOFENCE_ALERT_ENTER));
  write_boolean(json, "alert_exit", db_bool(rows, row, GEOFENCE_ALERT_EXIT));
  json_int64_column(json, "dwell_s", rows, row, GEOFENCE_DWELL);
  json_text_column(json, "color", rows, row, GEOFENCE_COLOR);
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_int64_column(json, "geofence_id", rows, row, GEOFENCE_ID);
  json_text_column(json, "name", rows, row, GEOFENCE_NAME);
  geofence_write_content(json, rows, row);
  write_decimal(json, "area_m2", db_double(rows, row, GEOFENCE_AREA), AREA_DECIMALS);
  json_int64_column(json, "corners", rows, row, GEOFENCE_CORNERS);
  json_key(json, "bbox");
  json_begin_array(json);
  for (int column = GEOFENCE_WEST; column <= GEOFENCE_NORTH; column++) {
    json_decimal(json, db_double(rows, row, column), DEGREE_DECIMALS);
  }
  json_end_array(json);
  json_time_column(json, "created_at", rows, row, GEOFENCE_CREATED_AT);
  json_time_column(json, "updated_at", rows, row, GEOFENCE_UPDATED_AT);
}

static void write_object(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  write_members(json, rows, row);
  json_key(json, "geometry");
  json_raw(json, db_text(rows, row, GEOFENCE_GEOMETRY));
  json_end_object(json);
}

static void write_feature(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "Feature");
  json_key(json, "id");
  json_int64(json, db_int64(rows, row, GEOFENCE_ID));
  json_key(json, "geometry");
  json_raw(json, db_text(rows, row, GEOFENCE_GEOMETRY));
  json_key(json, "properties");
  json_begin_object(json);
  write_members(json, rows, row);
  json_end_object(json);
  json_end_object(json);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_int64(cells, db_int64(rows, row, GEOFENCE_ID));
  csv_text(cells, db_text(rows, row, GEOFENCE_NAME));
  csv_decimal(cells, db_double(rows, row, GEOFENCE_LIMIT), KMH_DECIMALS);
  csv_text(cells, db_bool(rows, row, GEOFENCE_ALERT_ENTER) ? TEXT("true") : TEXT("false"));
  csv_text(cells, db_bool(rows, row, GEOFENCE_ALERT_EXIT) ? TEXT("true") : TEXT("false"));
  csv_int64_column(cells, rows, row, GEOFENCE_DWELL);
  csv_text(cells, db_text(rows, row, GEOFENCE_COLOR));
  csv_decimal(cells, db_double(rows, row, GEOFENCE_AREA), AREA_DECIMALS);
  csv_int64(cells, db_int64(rows, row, GEOFENCE_CORNERS));
  for (int column = GEOFENCE_WEST; column <= GEOFENCE_NORTH; column++) {
    csv_decimal(cells, db_double(rows, row, column), DEGREE_DECIMALS);
  }
  csv_time(cells, db_time(rows, row, GEOFENCE_CREATED_AT));
  csv_time(cells, db_time(rows, row, GEOFENCE_UPDATED_AT));
}

void geofence_answer(struct request *request, const struct db_rows *rows)
{
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  write_object(&json, rows, 0);
  buffer_append_char(response_body(request), '\n');
}

/* ---- the list ---- */

struct zone_query {
  char after[RULE_NAME_MAX]; /* the name of the last one shown */
  size_t after_length;
  bool with_outlines;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct zone_query *query = context;
  db_add_text(parameters, (struct text){query->after, query->after_length});
  db_add_int64(parameters, limit);
  db_add_int32(parameters, query->with_outlines ? 1 : 0);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct zone_query *query = context;
  const struct text last = db_text(rows, row, GEOFENCE_NAME);
  query->after_length = last.length;
  memcpy(query->after, last.data, last.length);
}

static struct text key(const void *context, struct arena *arena)
{
  const struct zone_query *query = context;
  return text_copy(arena, (struct text){query->after, query->after_length});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct zone_query *query = context;
  (void)arena;
  TRY(parse_rule_name("cursor", key));
  query->after_length = key.length;
  memcpy(query->after, key.data, key.length);
  return error_none();
}

/* All of them, for a map. */
static struct error answer_features(struct request *request, struct db_connection *connection)
{
  enum { PAGE_ROWS = 100, PAGE_ARENA_BYTES = 64 * 1024 };
  struct zone_query query = {.with_outlines = true};
  struct arena *arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES);
  struct buffer *out = NULL;
  struct json_writer json = {.out = NULL};
  for (int count = PAGE_ROWS; count == PAGE_ROWS;) {
    const struct db_rows *rows;
    arena_reset(arena);
    struct db_parameters *parameters = db_parameters_new(arena);
    add_parameters(&query, parameters, PAGE_ROWS);
    TRY(db_query(connection, arena, &SQL_LIST_GEOFENCES, parameters, &rows));
    count = db_row_count(rows);
    if (out == NULL) {
      TRY(response_begin(request));
      out = request_buffer(request);
      json = json_writer_to(out);
      json_begin_object(&json);
      json_key(&json, "type");
      json_cstring(&json, "FeatureCollection");
      json_key(&json, "features");
      json_begin_array(&json);
    }
    for (int row = 0; row < count; row++) {
      write_feature(&json, rows, row);
      TRY(response_write_buffer(request, out, false));
      move_behind(&query, rows, row);
    }
  }
  json_end_array(&json);
  json_end_object(&json);
  buffer_append_char(out, '\n');
  return response_write_buffer(request, out, true);
}

struct error geofences_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"limit", "cursor", "f", NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_GEOFENCES,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header =
          TEXT("geofence_id,name,limit_kmh,alert_enter,alert_exit,dwell_s,color,area_m2,corners,west,south,east,north,"
               "created_at,updated_at"),
      .write_cells = write_cells};
  struct zone_query query = {.after_length = 0};
  enum format format;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON, &format));
  response_header(request, "Cache-Control", "private, no-cache");
  return format == FORMAT_GEOJSON ? answer_features(request, connection) : row_list_answer(&LIST, &query, request, connection);
}

/* ---- one ---- */

struct error geofence_read(struct db_connection *connection, struct arena *arena, struct text name, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, name);
  return db_query(connection, arena, &SQL_READ_GEOFENCE, parameters, rows);
}

struct error geofence_missing(struct text name)
{
  return error_make(ERROR_NOT_FOUND, "there is no zone %.*s", TEXT_ARGS(name));
}

struct error geofences_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"f", NULL};
  const struct text name = request_path_parameter(request, "name");
  const struct db_rows *rows;
  enum format format;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON, &format));
  TRY(parse_rule_name("name", name));
  TRY(geofence_read(connection, request_arena(request), name, &rows));
  if (db_row_count(rows) == 0) {
    return geofence_missing(name);
  }
  if (format == FORMAT_JSON) {
    geofence_answer(request, rows);
    return error_none();
  }
  struct json_writer json = json_writer_to(response_body(request));
  response_header(request, "Cache-Control", "private, no-cache");
  write_feature(&json, rows, 0);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
