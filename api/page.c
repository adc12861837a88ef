/* GET /v1/page: what the page must know before it draws. */
#include "api/handlers.h"

#include "api_sql.h"
#include "server/json/reader.h"
#include "server/json/writer.h"

/* Setting `vector_tiles`, written by import-osm: {"bounds":[west,south,east,north],"attribution":".."}. */
static struct error read_tiles(struct request *request, struct text setting, const struct json **tiles)
{
  *tiles = NULL;
  return setting.data == NULL ? error_none() : json_parse(request_arena(request), setting, JSON_LIMITS_DEFAULT, tiles);
}

static void write_member(struct json_writer *json, const char *key, const struct json *tiles, const char *member,
                         const char *otherwise)
{
  const struct json *value = tiles != NULL ? json_member(tiles, text_from(member)) : NULL;
  json_key(json, key);
  if (value != NULL) {
    json_value(json, value);
  } else {
    json_cstring(json, otherwise);
  }
}

static void write_box(struct json_writer *json, const struct db_rows *rows)
{
  json_key(json, "initial_bbox");
  if (db_is_null(rows, 0, 1)) {
    json_null(json);
    return;
  }
  json_begin_array(json);
  for (int column = 1; column <= 4; column++) {
    json_decimal(json, db_double(rows, 0, column), 7);
  }
  json_end_array(json);
}

struct error page_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct api *api = context;
  const struct db_rows *rows;
  const struct json *tiles;
  TRY(request_parameters_only(request, KNOWN));
  TRY(db_query(connection, request_arena(request), &SQL_READ_PAGE_SETTINGS, NULL, &rows));
  TRY(read_tiles(request, db_jsonb(rows, 0, 0), &tiles));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  json_key(&json, "raster_tile_url");
  json_cstring(&json, api->settings.raster_tile_url);
  json_key(&json, "raster_attribution");
  json_cstring(&json, api->settings.raster_attribution);
  json_key(&json, "vector_tiles");
  json_boolean(&json, tiles != NULL);
  write_member(&json, "vector_bounds", tiles, "bounds", NULL);
  write_member(&json, "vector_attribution", tiles, "attribution", "");
  json_key(&json, "silent_after_s");
  json_int64(&json, api->settings.silent_after_s);
  write_box(&json, rows);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
