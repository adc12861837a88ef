/* GET /v1/alerts/deliveries: what was sent to whom, what waits, what was given up. */
#include "api/alerts/deliveries.h"

#include "api/columns.h"
#include "api/handlers.h"
#include "api/parameters.h"
#include "api/row_list.h"
#include "api_sql.h"

static const struct column COLUMNS[] = {
    {"delivery_id", COLUMN_INT64, 0}, {"message_id", COLUMN_TEXT, 0},  {"alert_id", COLUMN_INT64, 0},
    {"sequence", COLUMN_INT64, 0},    {"channel", COLUMN_TEXT, 0},     {"state", COLUMN_TEXT, 0},
    {"created_at", COLUMN_TIME, 0},   {"next_try_at", COLUMN_TIME, 0}, {"tries", COLUMN_INT64, 0},
    {"status", COLUMN_INT64, 0},      {"answer", COLUMN_TEXT, 0},      {"delivered_at", COLUMN_TIME, 0},
    {"given_up_at", COLUMN_TIME, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0], COLUMN_ID = 0 };
enum { CHANNEL_NAME_MAX = 64, SHOWN_OF_ALERT_MAX = 1000 };

struct delivery_query {
  int64_t before;      /* ids below this one */
  int64_t alert_id;    /* 0: any */
  struct text channel; /* without data: any, as the state */
  struct text state;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct delivery_query *query = context;
  db_add_int64(parameters, query->before);
  if (query->alert_id == 0) {
    db_add_null(parameters);
  } else {
    db_add_int64(parameters, query->alert_id);
  }
  add_text_or_null(parameters, query->channel);
  add_text_or_null(parameters, query->state);
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct delivery_query *query = context;
  query->before = db_int64(rows, row, COLUMN_ID);
}

static struct text key(const void *context, struct arena *arena)
{
  const struct delivery_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->before, sizeof query->before});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct delivery_query *query = context;
  (void)arena;
  if (key.length != sizeof query->before) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->before, key.data, sizeof query->before);
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

static struct error read_filters(const struct request *request, struct delivery_query *query)
{
  if (request_parameter_find(request, "channel", &query->channel) &&
      (query->channel.length == 0 || query->channel.length > CHANNEL_NAME_MAX)) {
    return error_at(ERROR_BAD_INPUT, "channel", "expected 1 to %d bytes of text", CHANNEL_NAME_MAX);
  }
  const bool has_state = request_parameter_find(request, "state", &query->state);
  const bool is_known = !has_state || text_equal(query->state, TEXT("waiting")) ||
                        text_equal(query->state, TEXT("delivered")) || text_equal(query->state, TEXT("given_up"));
  if (!is_known) {
    return error_at(ERROR_BAD_INPUT, "state", "expected waiting, delivered or given_up");
  }
  return parameter_int64(request, "alert_id", 1, INT64_MAX, &query->alert_id);
}

struct error deliveries_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"alert_id", "channel", "state", "limit", "cursor", "f", NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_DELIVERIES,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header = TEXT("delivery_id,message_id,alert_id,sequence,channel,state,created_at,next_try_at,tries,status,answer,"
                         "delivered_at,given_up_at"),
      .write_cells = write_cells};
  struct delivery_query query = {.before = INT64_MAX};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_filters(request, &query));
  return row_list_answer(&LIST, &query, request, connection);
}

struct error deliveries_write_of_alert(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                       int64_t alert_id)
{
  const struct delivery_query query = {.before = INT64_MAX, .alert_id = alert_id};
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  add_parameters(&query, parameters, SHOWN_OF_ALERT_MAX);
  TRY(db_query(connection, arena, &SQL_LIST_DELIVERIES, parameters, &rows));
  json_key(json, "deliveries");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(rows); row++) {
    json_begin_object(json);
    write_members(json, rows, row);
    json_end_object(json);
  }
  json_end_array(json);
  return error_none();
}
