/* GET /v1/ingest/rejected and /v1/ingest/rejected/{id}: what could not be read, why, and its bytes. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/source.h"
#include "api_sql.h"
#include "server/base/base64.h"

enum { FILTER_TEXT_MAX = 200 };

enum column {
  COLUMN_ID,
  COLUMN_RECEIVED_AT,
  COLUMN_SOURCE,
  COLUMN_VEHICLE,
  COLUMN_VEHICLE_HINT,
  COLUMN_FIELD,
  COLUMN_REASON,
  COLUMN_REQUEST_ID,
  COLUMN_BODY_BYTES,
  COLUMN_REPLAYS,
  COLUMN_REPLAYED_AT,
  COLUMN_REPLAY_OUTCOME,
  COLUMN_BODY,
};

enum openness { ANY = -1, SETTLED = 0, OPEN = 1 };

struct rejected_place {
  int64_t received_at_us;
  int64_t rejected_id;
};

struct rejected_query {
  struct rejected_place place; /* of the last one shown */
  int32_t source;              /* 0: any */
  struct text vehicle;         /* without data: any, as the reason */
  struct text reason;
  struct time_range received;
  enum openness openness;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct rejected_query *query = context;
  db_add_time(parameters, query->place.received_at_us);
  db_add_int64(parameters, query->place.rejected_id);
  add_int32_or_null(parameters, query->source);
  add_text_or_null(parameters, query->vehicle);
  add_text_or_null(parameters, query->reason);
  add_time_or_null(parameters, query->received.from_us);
  add_time_or_null(parameters, query->received.to_us);
  if (query->openness == ANY) {
    db_add_null(parameters);
  } else {
    db_add_int32(parameters, query->openness);
  }
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct rejected_query *query = context;
  query->place = (struct rejected_place){db_time(rows, row, COLUMN_RECEIVED_AT), db_int64(rows, row, COLUMN_ID)};
}

static struct text key(const void *context, struct arena *arena)
{
  const struct rejected_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->place, sizeof query->place});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct rejected_query *query = context;
  (void)arena;
  if (key.length != sizeof query->place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->place, key.data, sizeof query->place);
  return error_none();
}

static void write_replay(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_key(json, "replay");
  if (db_is_null(rows, row, COLUMN_REPLAYED_AT)) {
    json_null(json);
    return;
  }
  json_begin_object(json);
  json_int64_column(json, "times", rows, row, COLUMN_REPLAYS);
  json_time_column(json, "last_at", rows, row, COLUMN_REPLAYED_AT);
  json_text_column(json, "outcome", rows, row, COLUMN_REPLAY_OUTCOME);
  json_end_object(json);
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_int64_column(json, "rejected_id", rows, row, COLUMN_ID);
  json_time_column(json, "received_at", rows, row, COLUMN_RECEIVED_AT);
  json_key(json, "source");
  json_cstring(json, source_name(db_int64(rows, row, COLUMN_SOURCE)));
  json_text_column(json, "vehicle", rows, row, COLUMN_VEHICLE);
  json_text_column(json, "vehicle_hint", rows, row, COLUMN_VEHICLE_HINT);
  json_text_column(json, "field", rows, row, COLUMN_FIELD);
  json_text_column(json, "reason", rows, row, COLUMN_REASON);
  json_text_column(json, "request_id", rows, row, COLUMN_REQUEST_ID);
  json_int64_column(json, "body_bytes", rows, row, COLUMN_BODY_BYTES);
  write_replay(json, rows, row);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_int64(cells, db_int64(rows, row, COLUMN_ID));
  csv_time(cells, db_time(rows, row, COLUMN_RECEIVED_AT));
  csv_text(cells, text_from(source_name(db_int64(rows, row, COLUMN_SOURCE))));
  csv_text(cells, db_text(rows, row, COLUMN_VEHICLE));
  csv_text(cells, db_text(rows, row, COLUMN_VEHICLE_HINT));
  csv_text(cells, db_text(rows, row, COLUMN_FIELD));
  csv_text(cells, db_text(rows, row, COLUMN_REASON));
  csv_text(cells, db_text(rows, row, COLUMN_REQUEST_ID));
  csv_int64(cells, db_int64(rows, row, COLUMN_BODY_BYTES));
  csv_int64(cells, db_int64(rows, row, COLUMN_REPLAYS));
  csv_time_column(cells, rows, row, COLUMN_REPLAYED_AT);
  csv_text(cells, db_text(rows, row, COLUMN_REPLAY_OUTCOME));
}

static struct error read_text(const struct request *request, const char *name, struct text *value)
{
  if (request_parameter_find(request, name, value) && (value->length == 0 || value->length > FILTER_TEXT_MAX)) {
    return error_at(ERROR_BAD_INPUT, name, "expected 1 to %d bytes of text", FILTER_TEXT_MAX);
  }
  return error_none();
}

static struct error read_openness(const struct request *request, enum openness *openness)
{
  struct text value;
  *openness = ANY;
  if (!request_parameter_find(request, "open", &value)) {
    return error_none();
  }
  if (!text_equal(value, TEXT("true")) && !text_equal(value, TEXT("false"))) {
    return error_at(ERROR_BAD_INPUT, "open", "expected true or false");
  }
  *openness = text_equal(value, TEXT("true")) ? OPEN : SETTLED;
  return error_none();
}

struct error rejected_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"source", "vehicle", "reason", "from", "to", "open", "limit", "cursor", "f", NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_REJECTED,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header = TEXT("rejected_id,received_at,source,vehicle,vehicle_hint,field,reason,request_id,body_bytes,replays,"
                         "replayed_at,replay_outcome"),
      .write_cells = write_cells};
  struct rejected_query query = {.place = {TIME_RANGE_ALL.to_us, INT64_MAX}, .received = TIME_RANGE_ALL};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parameter_source(request, &query.source));
  TRY(read_text(request, "vehicle", &query.vehicle));
  TRY(read_text(request, "reason", &query.reason));
  TRY(parameter_time_range(request, &query.received));
  TRY(read_openness(request, &query.openness));
  return row_list_answer(&LIST, &query, request, connection);
}

/* As text where it is UTF-8 (without NUL, which no JSON reader likes), else in base64. */
static void write_body(struct json_writer *json, struct text body)
{
  const bool is_text = text_is_utf8(body) && (body.length == 0 || memchr(body.data, '\0', body.length) == NULL);
  json_key(json, "body_encoding");
  json_cstring(json, is_text ? "text" : "base64");
  json_key(json, "body");
  if (is_text) {
    json_string(json, body);
    return;
  }
  struct buffer encoded = {0};
  base64_encode(body, &encoded);
  json_string(json, buffer_text(&encoded));
  buffer_free(&encoded);
}

struct error rejected_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct arena *arena = request_arena(request);
  int64_t rejected_id = 0;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_int64("id", request_path_parameter(request, "id"), 1, INT64_MAX, &rejected_id));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, rejected_id);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_READ_REJECTED, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no rejected event %lld", (long long)rejected_id);
  }
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  write_members(&json, rows, 0);
  write_body(&json, db_text(rows, 0, COLUMN_BODY));
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
