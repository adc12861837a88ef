/* GET /v1/page: what the page must know before it draws. */
#include "api/handlers.h"

#include "api_sql.h"
#include "server/json/writer.h"

enum { COLUMN_MAP_BOX = 0, COLUMN_FLEET_BOX = 4 };

static void write_box(struct json_writer *json, const struct db_rows *rows, int first_column)
{
  if (db_is_null(rows, 0, first_column)) {
    json_null(json);
    return;
  }
  json_begin_array(json);
  for (int column = first_column; column < first_column + 4; column++) {
    json_decimal(json, db_double(rows, 0, column), 7);
  }
  json_end_array(json);
}

static void write_settings(struct json_writer *json, const struct api_settings *settings, const struct db_rows *rows)
{
  const bool has_map = !db_is_null(rows, 0, COLUMN_MAP_BOX);
  json_begin_object(json);
  json_key(json, "raster_tile_url");
  json_cstring(json, settings->raster_tile_url);
  json_key(json, "raster_attribution");
  json_cstring(json, settings->raster_attribution);
  json_key(json, "vector_tiles");
  json_boolean(json, has_map);
  json_key(json, "vector_bounds");
  write_box(json, rows, COLUMN_MAP_BOX);
  json_key(json, "vector_attribution");
  json_cstring(json, has_map ? "\xc2\xa9 OpenStreetMap contributors" : "");
  json_key(json, "silent_after_s");
  json_int64(json, settings->silent_after_s);
  json_key(json, "initial_bbox");
  write_box(json, rows, COLUMN_FLEET_BOX);
  json_end_object(json);
}

struct error page_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct api *api = context;
  const struct db_rows *rows;
  TRY(request_parameters_only(request, KNOWN));
  TRY(db_query(connection, request_arena(request), &SQL_READ_PAGE_SETTINGS, NULL, &rows));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  write_settings(&json, &api->settings, rows);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
