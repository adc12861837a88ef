/* GET /v1/vehicles/{name}/desired: what was asked of a vehicle, newest first. */
#include "api/desired.h"

#include "api/cursor.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api_sql.h"

enum column {
  COLUMN_ID,
  COLUMN_VEHICLE,
  COLUMN_SHADOW,
  COLUMN_DESIRED,
  COLUMN_STATE,
  COLUMN_REQUESTED_BY,
  COLUMN_REQUESTED_AT,
  COLUMN_EXPIRES_AT,
  COLUMN_TRIES,
  COLUMN_SENT_AT,
  COLUMN_SENT_VERSION,
  COLUMN_CONFIRMED_BY_VERSION,
  COLUMN_ENDED_AT,
  COLUMN_SUPERSEDED_BY,
  COLUMN_ERROR_STATUS,
  COLUMN_ERROR,
};

static void write_text(struct json_writer *json, const char *key, const struct db_rows *rows, int row, enum column column)
{
  json_key(json, key);
  if (db_is_null(rows, row, (int)column)) {
    json_null(json);
  } else {
    json_string(json, db_text(rows, row, (int)column));
  }
}

static void write_time(struct json_writer *json, const char *key, const struct db_rows *rows, int row, enum column column)
{
  json_key(json, key);
  if (db_is_null(rows, row, (int)column)) {
    json_null(json);
  } else {
    json_time(json, db_time(rows, row, (int)column));
  }
}

static void write_number(struct json_writer *json, const char *key, const struct db_rows *rows, int row, enum column column)
{
  json_key(json, key);
  if (db_is_null(rows, row, (int)column)) {
    json_null(json);
  } else {
    json_int64(json, db_int64(rows, row, (int)column));
  }
}

/* The status is AWS's; null when there was no answer. */
static void write_error(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_key(json, "error");
  if (db_is_null(rows, row, COLUMN_ERROR)) {
    json_null(json);
    return;
  }
  json_begin_object(json);
  write_number(json, "status", rows, row, COLUMN_ERROR_STATUS);
  write_text(json, "detail", rows, row, COLUMN_ERROR);
  json_end_object(json);
}

void shadow_name_write(struct json_writer *json, struct text name)
{
  if (name.length == 0) {
    json_null(json);
  } else {
    json_string(json, name);
  }
}

void desired_write(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  write_number(json, "id", rows, row, COLUMN_ID);
  write_text(json, "vehicle", rows, row, COLUMN_VEHICLE);
  json_key(json, "shadow");
  shadow_name_write(json, db_text(rows, row, COLUMN_SHADOW));
  json_key(json, "desired");
  json_raw(json, db_jsonb(rows, row, COLUMN_DESIRED));
  write_text(json, "state", rows, row, COLUMN_STATE);
  write_text(json, "requested_by", rows, row, COLUMN_REQUESTED_BY);
  write_time(json, "requested_at", rows, row, COLUMN_REQUESTED_AT);
  write_time(json, "expires_at", rows, row, COLUMN_EXPIRES_AT);
  write_number(json, "tries", rows, row, COLUMN_TRIES);
  write_time(json, "sent_at", rows, row, COLUMN_SENT_AT);
  write_number(json, "sent_version", rows, row, COLUMN_SENT_VERSION);
  write_number(json, "confirmed_by_version", rows, row, COLUMN_CONFIRMED_BY_VERSION);
  write_time(json, "ended_at", rows, row, COLUMN_ENDED_AT);
  write_number(json, "superseded_by", rows, row, COLUMN_SUPERSEDED_BY);
  write_error(json, rows, row);
  json_end_object(json);
}

struct ledger_query {
  int64_t before; /* ids below this one */
  int64_t limit;
};

static struct error read_query(struct request *request, struct ledger_query *query)
{
  struct text cursor;
  *query = (struct ledger_query){INT64_MAX, LIMIT_DEFAULT};
  TRY(parameter_int64(request, "limit", 1, LIMIT_MAX, &query->limit));
  if (!request_parameter_find(request, "cursor", &cursor)) {
    return error_none();
  }
  struct text key;
  TRY(cursor_read(request_arena(request), cursor, cursor_filter(request), &key));
  return parse_int64("cursor", key, 1, INT64_MAX, &query->before);
}

static void write_shadows(struct json_writer *json, const struct db_rows *names)
{
  json_key(json, "shadows");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(names); row++) {
    shadow_name_write(json, db_text(names, row, 0));
  }
  json_end_array(json);
}

static void answer(struct request *request, const struct db_rows *rows, const struct db_rows *names, int64_t limit)
{
  struct json_writer json = json_writer_to(response_body(request));
  const int count = db_row_count(rows);
  const int shown = count > limit ? (int)limit : count;
  json_begin_object(&json);
  json_key(&json, "items");
  json_begin_array(&json);
  for (int row = 0; row < shown; row++) {
    desired_write(&json, rows, row);
  }
  json_end_array(&json);
  json_key(&json, "next");
  if (count > shown) {
    const char *key = arena_printf(request_arena(request), "%lld", (long long)db_int64(rows, shown - 1, COLUMN_ID));
    const struct text made = cursor_make(request_arena(request), cursor_filter(request), key, strlen(key));
    const struct text next = cursor_url(request, "cursor", made);
    cursor_link(request, next);
    json_string(&json, next);
  } else {
    json_null(&json);
  }
  write_shadows(&json, names);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
}

struct error desired_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"limit", "cursor", NULL};
  struct arena *arena = request_arena(request);
  const struct text name = request_path_parameter(request, "name");
  struct ledger_query query;
  const struct db_rows *rows;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_vehicle_name("name", name));
  TRY(read_query(request, &query));
  struct db_parameters *which = db_parameters_new(arena);
  db_add_text(which, name);
  TRY(db_query(connection, arena, &SQL_READ_VEHICLE, which, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  const int64_t vehicle_id = db_int64(rows, 0, 0);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, vehicle_id);
  db_add_int64(parameters, query.before);
  db_add_int64(parameters, query.limit + 1);
  TRY(db_query(connection, arena, &SQL_LIST_DESIRED, parameters, &rows));
  const struct db_rows *names;
  struct db_parameters *whose = db_parameters_new(arena);
  db_add_int64(whose, vehicle_id);
  TRY(db_query(connection, arena, &SQL_LIST_SHADOW_NAMES, whose, &names));
  response_header(request, "Cache-Control", "private, no-cache");
  response_content_type(request, "application/json");
  answer(request, rows, names, query.limit);
  return error_none();
}
