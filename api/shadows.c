/* GET /v1/vehicles/{name}/shadow: the newest shadow that is kept of a vehicle, and what was asked of it. */
#include "api/cursor.h"
#include "api/desired.h"
#include "api/desired_form.h"
#include "api/parameters.h"
#include "api_sql.h"

enum column {
  COLUMN_VEHICLE_ID,
  COLUMN_NAME,
  COLUMN_VERSION,
  COLUMN_UPDATED_AT,
  COLUMN_RECEIVED_AT,
  COLUMN_IS_COMPLETE,
  COLUMN_REPORTED,
  COLUMN_DESIRED,
  COLUMN_DELTA,
  COLUMN_METADATA,
  COLUMN_POSITION_VERSION,
  COLUMN_IS_BEHIND,
};

struct shadow_answer {
  const struct db_rows *shadow;
  const struct db_rows *names; /* of all shadows that are kept of the vehicle */
  const struct db_rows *pending;
};

static void write_json(struct json_writer *json, const char *key, const struct db_rows *rows, enum column column)
{
  json_key(json, key);
  json_raw(json, db_jsonb(rows, 0, (int)column));
}

static void write_state(struct json_writer *json, const struct db_rows *rows, struct text vehicle)
{
  json_key(json, "vehicle_id");
  json_int64(json, db_int64(rows, 0, COLUMN_VEHICLE_ID));
  json_key(json, "vehicle");
  json_string(json, vehicle);
  json_key(json, "shadow");
  shadow_name_write(json, db_text(rows, 0, COLUMN_NAME));
  json_key(json, "version");
  json_int64(json, db_int64(rows, 0, COLUMN_VERSION));
  json_key(json, "updated_at");
  json_time(json, db_time(rows, 0, COLUMN_UPDATED_AT));
  json_key(json, "received_at");
  json_time(json, db_time(rows, 0, COLUMN_RECEIVED_AT));
  json_key(json, "is_complete");
  json_boolean(json, db_bool(rows, 0, COLUMN_IS_COMPLETE));
  json_key(json, "is_behind");
  json_boolean(json, db_bool(rows, 0, COLUMN_IS_BEHIND));
  json_key(json, "position_version");
  if (db_is_null(rows, 0, COLUMN_POSITION_VERSION)) {
    json_null(json);
  } else {
    json_int64(json, db_int64(rows, 0, COLUMN_POSITION_VERSION));
  }
  write_json(json, "reported", rows, COLUMN_REPORTED);
  write_json(json, "desired", rows, COLUMN_DESIRED);
  write_json(json, "delta", rows, COLUMN_DELTA);
  write_json(json, "metadata", rows, COLUMN_METADATA);
}

static void write_answer(struct request *request, const struct shadow_answer *answer, struct text vehicle)
{
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  write_state(&json, answer->shadow, vehicle);
  json_key(&json, "shadows");
  json_begin_array(&json);
  for (int row = 0; row < db_row_count(answer->names); row++) {
    shadow_name_write(&json, db_text(answer->names, row, 0));
  }
  json_end_array(&json);
  json_key(&json, "pending");
  json_begin_array(&json);
  for (int row = 0; row < db_row_count(answer->pending); row++) {
    desired_write(&json, answer->pending, row);
  }
  json_end_array(&json);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
}

static struct error find_vehicle(struct request *request, struct db_connection *connection, struct text name,
                                 int64_t *vehicle_id)
{
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  const struct db_rows *rows;
  db_add_text(parameters, name);
  TRY(db_query(connection, request_arena(request), &SQL_READ_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  *vehicle_id = db_int64(rows, 0, 0);
  return error_none();
}

static struct error not_kept(struct text vehicle, struct text shadow)
{
  if (shadow.length != 0) {
    return error_make(
        ERROR_NOT_FOUND,
        "no shadow %.*s of %.*s is kept: let the IoT rule select $aws/things/+/shadow/name/+/update/documents too",
        TEXT_ARGS(shadow), TEXT_ARGS(vehicle));
  }
  return error_make(ERROR_NOT_FOUND,
                    "no shadow of %.*s is kept: its events say no version; let the IoT rule select from "
                    "$aws/things/+/shadow/update/documents",
                    TEXT_ARGS(vehicle));
}

static struct error read_answer(struct request *request, struct db_connection *connection, int64_t vehicle_id,
                                struct text shadow, struct shadow_answer *answer)
{
  struct arena *arena = request_arena(request);
  struct db_parameters *which = db_parameters_new(arena);
  struct db_parameters *whose = db_parameters_new(arena);
  db_add_int64(which, vehicle_id);
  db_add_text(which, shadow);
  db_add_int64(whose, vehicle_id);
  TRY(db_query(connection, arena, &SQL_READ_SHADOW, which, &answer->shadow));
  TRY(db_query(connection, arena, &SQL_LIST_SHADOW_NAMES, whose, &answer->names));
  return db_query(connection, arena, &SQL_LIST_OPEN_DESIRED_OF_SHADOW, which, &answer->pending);
}

struct error shadows_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"shadow", NULL};
  const struct text name = request_path_parameter(request, "name");
  struct text shadow = TEXT("");
  struct shadow_answer answer;
  int64_t vehicle_id = 0;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_vehicle_name("name", name));
  if (request_parameter_find(request, "shadow", &shadow)) {
    TRY(parse_shadow_name("shadow", shadow));
  }
  TRY(find_vehicle(request, connection, name, &vehicle_id));
  TRY(read_answer(request, connection, vehicle_id, shadow, &answer));
  if (db_row_count(answer.shadow) == 0) {
    return not_kept(name, shadow);
  }
  response_header(request, "Cache-Control", "private, no-cache");
  response_content_type(request, "application/json");
  write_answer(request, &answer, name);
  struct buffer *body = response_body(request);
  const uint64_t hash = cursor_hash(CURSOR_HASH_START, body->data, body->length);
  const char *etag = arena_printf(request_arena(request), "W/\"%016llx\"", (unsigned long long)hash);
  if (response_not_modified(request, etag)) {
    buffer_clear(body);
  }
  return error_none();
}
