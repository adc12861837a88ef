/* GET /v1/alerts/deliveries: what was sent to whom, what waits, what was given up. */
#include "api/alerts/deliveries.h"

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/row_list.h"
#include "api_sql.h"

enum column {
  COLUMN_ID,
  COLUMN_MESSAGE_ID,
  COLUMN_ALERT_ID,
  COLUMN_SEQUENCE,
  COLUMN_CHANNEL,
  COLUMN_STATE,
  COLUMN_CREATED_AT,
  COLUMN_NEXT_TRY_AT,
  COLUMN_TRIES,
  COLUMN_STATUS,
  COLUMN_ANSWER,
  COLUMN_DELIVERED_AT,
  COLUMN_GIVEN_UP_AT,
};
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
  json_int64_column(json, "delivery_id", rows, row, COLUMN_ID);
  json_text_column(json, "message_id", rows, row, COLUMN_MESSAGE_ID);
  json_int64_column(json, "alert_id", rows, row, COLUMN_ALERT_ID);
  json_int64_column(json, "sequence", rows, row, COLUMN_SEQUENCE);
  json_text_column(json, "channel", rows, row, COLUMN_CHANNEL);
  json_text_column(json, "state", rows, row, COLUMN_STATE);
  json_time_column(json, "created_at", rows, row, COLUMN_CREATED_AT);
  json_time_column(json, "next_try_at", rows, row, COLUMN_NEXT_TRY_AT);
  json_int64_column(json, "tries", rows, row, COLUMN_TRIES);
  json_int64_column(json, "status", rows, row, COLUMN_STATUS);
  json_text_column(json, "answer", rows, row, COLUMN_ANSWER);
  json_time_column(json, "delivered_at", rows, row, COLUMN_DELIVERED_AT);
  json_time_column(json, "given_up_at", rows, row, COLUMN_GIVEN_UP_AT);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_int64(cells, db_int64(rows, row, COLUMN_ID));
  csv_text(cells, db_text(rows, row, COLUMN_MESSAGE_ID));
  csv_int64_column(cells, rows, row, COLUMN_ALERT_ID);
  csv_int64_column(cells, rows, row, COLUMN_SEQUENCE);
  csv_text(cells, db_text(rows, row, COLUMN_CHANNEL));
  csv_text(cells, db_text(rows, row, COLUMN_STATE));
  csv_time_column(cells, rows, row, COLUMN_CREATED_AT);
  csv_time_column(cells, rows, row, COLUMN_NEXT_TRY_AT);
  csv_int64(cells, db_int64(rows, row, COLUMN_TRIES));
  csv_int64_column(cells, rows, row, COLUMN_STATUS);
  csv_text(cells, db_text(rows, row, COLUMN_ANSWER));
  csv_time_column(cells, rows, row, COLUMN_DELIVERED_AT);
  csv_time_column(cells, rows, row, COLUMN_GIVEN_UP_AT);
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
