/* GET /v1/alerts and /v1/alerts/{id}: what fires and what did, its timeline, and who was told. */
#include "api/handlers.h"

#include "api/alerts/deliveries.h"
#include "api/columns.h"
#include "api/parameters.h"
#include "api/row_list.h"
#include "api_sql.h"

enum { VALUE_DECIMALS = 1, COORDINATE_DECIMALS = 7, STATES_MAX = 3 };

/* The same members as in messages (ingest/alerts/alert_document.h). */
static const struct column COLUMNS[] = {
    {"alert_id", COLUMN_INT64, 0},
    {"kind", COLUMN_TEXT, 0},
    {"severity", COLUMN_TEXT, 0},
    {"state", COLUMN_TEXT, 0},
    {"sequence", COLUMN_INT64, 0},
    {"vehicle_id", COLUMN_INT64, 0},
    {"vehicle", COLUMN_TEXT, 0},
    {"subject_id", COLUMN_INT64, 0},
    {"subject", COLUMN_TEXT, 0},
    {"began_at", COLUMN_TIME, 0},
    {"ended_at", COLUMN_TIME, 0},
    {"fired_at", COLUMN_TIME, 0},
    {"acknowledged_at", COLUMN_TIME, 0},
    {"acknowledged_by", COLUMN_TEXT, 0},
    {"cleared_at", COLUMN_TIME, 0},
    {"withdrawn", COLUMN_BOOLEAN, 0},
    {"late_s", COLUMN_INT64, 0},
    {"value", COLUMN_DECIMAL, VALUE_DECIMALS},
    {"limit_value", COLUMN_DECIMAL, VALUE_DECIMALS},
    {"unit", COLUMN_TEXT, 0},
    {"worst_at", COLUMN_TIME, 0},
    {"lon", COLUMN_DECIMAL, COORDINATE_DECIMALS},
    {"lat", COLUMN_DECIMAL, COORDINATE_DECIMALS},
    {"assigned_to", COLUMN_TEXT, 0},
    {"muted_until", COLUMN_TIME, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0], COLUMN_ID = 0, COLUMN_BEGAN_AT = 9 };

/* The words of ingest/alerts/alert.h; their numbers stand in the database. */
static const char *const KINDS[] = {"speeding",       "temperature", "temperature_urgent", "warming", "silent_sensor",
                                    "silent_vehicle", "zone",        "zone_dwell"};

struct alert_place {
  int64_t began_at_us;
  int64_t alert_id;
};

struct alert_query {
  struct alert_place place;       /* of the last one shown */
  struct text states[STATES_MAX]; /* none: any */
  size_t state_count;
  int32_t kind;        /* 0: any */
  struct text vehicle; /* without data: any */
  struct time_range began;
};

/* ---- the list ---- */

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct alert_query *query = context;
  db_add_time(parameters, query->place.began_at_us);
  db_add_int64(parameters, query->place.alert_id);
  if (query->state_count == 0) {
    db_add_null(parameters);
  } else {
    db_add_text_array(parameters, query->states, query->state_count);
  }
  add_int32_or_null(parameters, query->kind);
  add_text_or_null(parameters, query->vehicle);
  add_time_or_null(parameters, query->began.from_us);
  add_time_or_null(parameters, query->began.to_us);
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct alert_query *query = context;
  query->place = (struct alert_place){db_time(rows, row, COLUMN_BEGAN_AT), db_int64(rows, row, COLUMN_ID)};
}

static struct text key(const void *context, struct arena *arena)
{
  const struct alert_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->place, sizeof query->place});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct alert_query *query = context;
  (void)arena;
  if (key.length != sizeof query->place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->place, key.data, sizeof query->place);
  return error_none();
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  columns_write_members(COLUMNS, COLUMN_COUNT, json, rows, row);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  columns_write_cells(COLUMNS, COLUMN_COUNT, cells, rows, row);
}

static struct error read_state(const struct request *request, struct alert_query *query)
{
  struct text word;
  if (!request_parameter_find(request, "state", &word)) {
    return error_none();
  }
  if (text_equal(word, TEXT("open"))) {
    query->states[0] = TEXT("pending");
    query->states[1] = TEXT("firing");
    query->states[2] = TEXT("acknowledged");
    query->state_count = 3;
    return error_none();
  }
  query->states[query->state_count++] = word;
  const bool is_known = text_equal(word, TEXT("pending")) || text_equal(word, TEXT("firing")) ||
                        text_equal(word, TEXT("acknowledged")) || text_equal(word, TEXT("cleared"));
  return is_known ? error_none()
                  : error_at(ERROR_BAD_INPUT, "state", "expected open, pending, firing, acknowledged or cleared");
}

static struct error read_kind(const struct request *request, int32_t *kind)
{
  struct text word;
  if (!request_parameter_find(request, "kind", &word)) {
    return error_none();
  }
  for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
    if (text_equal(word, text_from(KINDS[i]))) {
      *kind = (int32_t)i + 1;
      return error_none();
    }
  }
  return error_at(
      ERROR_BAD_INPUT, "kind",
      "expected speeding, temperature, temperature_urgent, warming, silent_sensor, silent_vehicle, zone or zone_dwell");
}

static struct error read_vehicle(const struct request *request, struct text *vehicle)
{
  return request_parameter_find(request, "vehicle", vehicle) ? parse_vehicle_name("vehicle", *vehicle) : error_none();
}

struct error alerts_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"state", "kind", "vehicle", "from", "to", "limit", "cursor", "f", NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_ALERTS,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header =
          TEXT("alert_id,kind,severity,state,sequence,vehicle_id,vehicle,subject_id,subject,began_at,ended_at,fired_at,"
               "acknowledged_at,"
               "acknowledged_by,cleared_at,withdrawn,late_s,value,limit_value,unit,worst_at,lon,lat,assigned_to,muted_until"),
      .write_cells = write_cells};
  struct alert_query query = {.place = {TIME_RANGE_ALL.to_us, INT64_MAX}, .began = TIME_RANGE_ALL};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_state(request, &query));
  TRY(read_kind(request, &query.kind));
  TRY(read_vehicle(request, &query.vehicle));
  TRY(parameter_time_range(request, &query.began));
  return row_list_answer(&LIST, &query, request, connection);
}

/* ---- one ---- */

static struct error write_timeline(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                   int64_t alert_id)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, alert_id);
  TRY(db_query(connection, arena, &SQL_LIST_ALERT_EVENTS, parameters, &rows));
  json_key(json, "timeline");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(rows); row++) {
    json_begin_object(json);
    json_int64_column(json, "sequence", rows, row, 0);
    json_time_column(json, "at", rows, row, 1);
    json_text_column(json, "change", rows, row, 2);
    json_text_column(json, "title", rows, row, 3);
    json_text_column(json, "by", rows, row, 4);
    json_text_column(json, "note", rows, row, 5);
    json_end_object(json);
  }
  json_end_array(json);
  return error_none();
}

struct error alerts_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct arena *arena = request_arena(request);
  const struct db_rows *rows = NULL;
  int64_t alert_id = 0;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_int64("id", request_path_parameter(request, "id"), 1, INT64_MAX, &alert_id));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, alert_id);
  TRY(db_query(connection, arena, &SQL_READ_ALERT, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no alert %lld", (long long)alert_id);
  }
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  write_members(&json, rows, 0);
  TRY(write_timeline(&json, arena, connection, alert_id));
  TRY(deliveries_write_of_alert(&json, arena, connection, alert_id));
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
