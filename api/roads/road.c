#include "api/roads/road.h"

#include "api/parameters.h"
#include "api/rules/limit_form.h"
#include "api_sql.h"

static struct text oneway_name(const struct db_rows *rows, int row)
{
  if (db_is_null(rows, row, ROAD_ONEWAY)) {
    return (struct text){NULL, 0};
  }
  const int64_t oneway = db_int64(rows, row, ROAD_ONEWAY);
  return oneway == 0 ? TEXT("no") : (oneway > 0 ? TEXT("forward") : TEXT("backward"));
}

/* Of what the road itself says; the estimate counts by a setting only. */
static struct text limit_source(const struct db_rows *rows, int row)
{
  if (!db_is_null(rows, row, ROAD_OVERRIDE_KMH)) {
    return TEXT("override");
  }
  const bool is_posted = !db_is_null(rows, row, ROAD_FORWARD_KMH) || !db_is_null(rows, row, ROAD_BACKWARD_KMH);
  return is_posted ? TEXT("posted") : (struct text){NULL, 0};
}

static void write_text(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  if (value.data == NULL) {
    json_null(json);
  } else {
    json_string(json, value);
  }
}

static void write_decimal(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column)
{
  json_key(json, key);
  json_decimal(json, db_double(rows, row, column), LIMIT_DECIMALS);
}

static void write_override(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_key(json, "override");
  if (db_is_null(rows, row, ROAD_OVERRIDE_KMH)) {
    json_null(json);
    return;
  }
  json_begin_object(json);
  write_decimal(json, "limit_kmh", rows, row, ROAD_OVERRIDE_KMH);
  json_text_column(json, "note", rows, row, ROAD_NOTE);
  json_time_column(json, "updated_at", rows, row, ROAD_UPDATED_AT);
  json_text_column(json, "updated_by", rows, row, ROAD_UPDATED_BY);
  json_end_object(json);
}

void road_write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_int64_column(json, "road_id", rows, row, ROAD_ID);
  json_int64_column(json, "way_id", rows, row, ROAD_WAY_ID);
  json_text_column(json, "name", rows, row, ROAD_NAME);
  json_text_column(json, "ref", rows, row, ROAD_REF);
  json_text_column(json, "kind", rows, row, ROAD_KIND);
  write_text(json, "oneway", oneway_name(rows, row));
  write_decimal(json, "length_m", rows, row, ROAD_LENGTH_M);
  write_decimal(json, "posted_forward_kmh", rows, row, ROAD_FORWARD_KMH);
  write_decimal(json, "posted_backward_kmh", rows, row, ROAD_BACKWARD_KMH);
  write_decimal(json, "estimated_kmh", rows, row, ROAD_ESTIMATED_KMH);
  write_override(json, rows, row);
  write_text(json, "limit_source", limit_source(rows, row));
}

void road_write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_int64(cells, db_int64(rows, row, ROAD_ID));
  csv_int64(cells, db_int64(rows, row, ROAD_WAY_ID));
  csv_text(cells, db_text(rows, row, ROAD_NAME));
  csv_text(cells, db_text(rows, row, ROAD_REF));
  csv_text(cells, db_text(rows, row, ROAD_KIND));
  csv_text(cells, oneway_name(rows, row));
  for (int column = ROAD_LENGTH_M; column <= ROAD_OVERRIDE_KMH; column++) {
    csv_decimal(cells, db_double(rows, row, column), LIMIT_DECIMALS);
  }
  csv_text(cells, db_text(rows, row, ROAD_NOTE));
  csv_time_column(cells, rows, row, ROAD_UPDATED_AT);
  csv_text(cells, limit_source(rows, row));
}

static void write_geometry(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_key(json, "geometry");
  json_raw(json, db_text(rows, row, ROAD_GEOMETRY));
}

void road_write_feature(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "Feature");
  json_key(json, "id");
  json_int64(json, db_int64(rows, row, ROAD_ID));
  write_geometry(json, rows, row);
  json_key(json, "properties");
  json_begin_object(json);
  road_write_members(json, rows, row);
  json_end_object(json);
  json_end_object(json);
}

struct error road_id_of_path(struct request *request, int64_t *road_id)
{
  return parse_int64("id", request_path_parameter(request, "id"), 1, INT64_MAX, road_id);
}

struct error road_read(struct request *request, struct db_connection *connection, int64_t road_id, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_int64(parameters, road_id);
  TRY(db_query(connection, request_arena(request), &SQL_READ_ROAD, parameters, rows));
  return db_row_count(*rows) > 0 ? error_none() : error_make(ERROR_NOT_FOUND, "there is no road %lld", (long long)road_id);
}

void road_answer(struct request *request, const struct db_rows *rows, enum format format)
{
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, format_content_type(format));
  response_header(request, "Cache-Control", "private, no-cache");
  if (format == FORMAT_GEOJSON) {
    road_write_feature(&json, rows, 0);
  } else {
    json_begin_object(&json);
    road_write_members(&json, rows, 0);
    write_geometry(&json, rows, 0);
    json_end_object(&json);
  }
  buffer_append_char(response_body(request), '\n');
}
