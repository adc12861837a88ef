/* GET /v1/channels and /v1/channels/{name}, /v1/alert-policies and .../{name}, /v1/mutes: who is told of alerts, and of which.
 * Secrets are never read. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/row_list.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { CHANNEL_NAME_MAX = 64 };

/* Lists by name: what comes behind the last one shown. */
struct name_query {
  struct text behind;
  struct text wanted; /* without data: all */
};

static void add_name_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct name_query *query = context;
  db_add_text(parameters, query->behind);
  add_text_or_null(parameters, query->wanted);
  db_add_int64(parameters, limit);
}

static void move_behind_name(void *context, const struct db_rows *rows, int row)
{
  struct name_query *query = context;
  query->behind = db_text(rows, row, 0);
}

static struct text name_key(const void *context, struct arena *arena)
{
  const struct name_query *query = context;
  return text_copy(arena, query->behind);
}

static struct error resume_behind_name(void *context, struct arena *arena, struct text key)
{
  struct name_query *query = context;
  query->behind = text_copy(arena, key);
  return error_none();
}

/* ---- channels ---- */

enum channel_column {
  COLUMN_NAME,
  COLUMN_KIND,
  COLUMN_URL,
  COLUMN_ADDRESSES,
  COLUMN_TOPIC_ARN,
  COLUMN_ENABLED,
  COLUMN_DISABLED_AT,
  COLUMN_DISABLED_REASON,
  COLUMN_FAILING_SINCE,
  COLUMN_LAST_SUCCESS_AT,
  COLUMN_WAITING,
  COLUMN_CREATED_AT,
  COLUMN_UPDATED_AT,
};

static void write_channel(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_text_column(json, "name", rows, row, COLUMN_NAME);
  json_text_column(json, "kind", rows, row, COLUMN_KIND);
  json_text_column(json, "url", rows, row, COLUMN_URL);
  json_key(json, "addresses");
  if (db_is_null(rows, row, COLUMN_ADDRESSES)) {
    json_null(json);
  } else {
    json_raw(json, db_text(rows, row, COLUMN_ADDRESSES));
  }
  json_text_column(json, "topic_arn", rows, row, COLUMN_TOPIC_ARN);
  json_key(json, "enabled");
  json_boolean(json, db_bool(rows, row, COLUMN_ENABLED));
  json_time_column(json, "disabled_at", rows, row, COLUMN_DISABLED_AT);
  json_text_column(json, "disabled_reason", rows, row, COLUMN_DISABLED_REASON);
  json_time_column(json, "failing_since", rows, row, COLUMN_FAILING_SINCE);
  json_time_column(json, "last_success_at", rows, row, COLUMN_LAST_SUCCESS_AT);
  json_int64_column(json, "waiting", rows, row, COLUMN_WAITING);
  json_time_column(json, "created_at", rows, row, COLUMN_CREATED_AT);
  json_time_column(json, "updated_at", rows, row, COLUMN_UPDATED_AT);
}

static void write_channel_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  for (int column = COLUMN_NAME; column <= COLUMN_TOPIC_ARN; column++) {
    csv_text(cells, db_text(rows, row, column));
  }
  csv_text(cells, db_bool(rows, row, COLUMN_ENABLED) ? TEXT("true") : TEXT("false"));
  csv_time_column(cells, rows, row, COLUMN_DISABLED_AT);
  csv_text(cells, db_text(rows, row, COLUMN_DISABLED_REASON));
  csv_time_column(cells, rows, row, COLUMN_FAILING_SINCE);
  csv_time_column(cells, rows, row, COLUMN_LAST_SUCCESS_AT);
  csv_int64_column(cells, rows, row, COLUMN_WAITING);
  csv_time_column(cells, rows, row, COLUMN_CREATED_AT);
  csv_time_column(cells, rows, row, COLUMN_UPDATED_AT);
}

static const struct row_list CHANNELS = {
    .statement = &SQL_LIST_CHANNELS,
    .add_parameters = add_name_parameters,
    .move_behind = move_behind_name,
    .key = name_key,
    .resume = resume_behind_name,
    .write_members = write_channel,
    .csv_header = TEXT("name,kind,url,addresses,topic_arn,enabled,disabled_at,disabled_reason,failing_since,last_success_at,"
                       "waiting,created_at,updated_at"),
    .write_cells = write_channel_cells};

/* ---- policies ---- */

static void write_policy(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_text_column(json, "name", rows, row, 0);
  json_key(json, "policy");
  json_raw(json, db_text(rows, row, 1));
  json_time_column(json, "updated_at", rows, row, 2);
}

static void write_policy_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_text(cells, db_text(rows, row, 0));
  csv_text(cells, db_text(rows, row, 1));
  csv_time_column(cells, rows, row, 2);
}

static const struct row_list POLICIES = {.statement = &SQL_LIST_ALERT_POLICIES,
                                         .add_parameters = add_name_parameters,
                                         .move_behind = move_behind_name,
                                         .key = name_key,
                                         .resume = resume_behind_name,
                                         .write_members = write_policy,
                                         .csv_header = TEXT("name,policy,updated_at"),
                                         .write_cells = write_policy_cells};

/* ---- both ---- */

static struct error answer_names(const struct row_list *list, struct request *request, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"limit", "cursor", "f", NULL};
  struct name_query query = {.behind = TEXT("")};
  TRY(request_parameters_only(request, KNOWN));
  return row_list_answer(list, &query, request, connection);
}

static struct error answer_name(const struct row_list *list, const char *what, struct request *request,
                                struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct arena *arena = request_arena(request);
  const struct db_rows *rows = NULL;
  struct name_query query = {.behind = TEXT(""), .wanted = request_path_parameter(request, "name")};
  TRY(request_parameters_only(request, KNOWN));
  if (query.wanted.length > CHANNEL_NAME_MAX) {
    return error_at(ERROR_BAD_INPUT, "name", "expected 1 to %d of A-Z a-z 0-9 : _ -", CHANNEL_NAME_MAX);
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  list->add_parameters(&query, parameters, 1);
  TRY(db_query(connection, arena, list->statement, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no %s %.*s", what, TEXT_ARGS(query.wanted));
  }
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  list->write_members(&json, rows, 0);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

struct error channels_list(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  return answer_names(&CHANNELS, request, connection);
}

struct error channels_read(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  return answer_name(&CHANNELS, "channel", request, connection);
}

struct error alert_policies_list(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  return answer_names(&POLICIES, request, connection);
}

struct error alert_policies_read(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  return answer_name(&POLICIES, "policy", request, connection);
}

/* ---- mutes ---- */

struct mute_query {
  int64_t behind;
  int64_t now_us;
};

static void add_mute_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct mute_query *query = context;
  db_add_int64(parameters, query->behind);
  db_add_time(parameters, query->now_us);
  db_add_int64(parameters, limit);
}

static void move_behind_mute(void *context, const struct db_rows *rows, int row)
{
  struct mute_query *query = context;
  query->behind = db_int64(rows, row, 0);
}

static struct text mute_key(const void *context, struct arena *arena)
{
  const struct mute_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->behind, sizeof query->behind});
}

static struct error resume_behind_mute(void *context, struct arena *arena, struct text key)
{
  struct mute_query *query = context;
  (void)arena;
  if (key.length != sizeof query->behind) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->behind, key.data, sizeof query->behind);
  return error_none();
}

static void write_mute(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_int64_column(json, "mute_id", rows, row, 0);
  json_text_column(json, "vehicle", rows, row, 1);
  json_text_column(json, "kind", rows, row, 2);
  json_time_column(json, "until", rows, row, 3);
  json_time_column(json, "created_at", rows, row, 4);
  json_text_column(json, "by", rows, row, 5);
  json_text_column(json, "note", rows, row, 6);
}

static void write_mute_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_int64(cells, db_int64(rows, row, 0));
  csv_text(cells, db_text(rows, row, 1));
  csv_text(cells, db_text(rows, row, 2));
  csv_time_column(cells, rows, row, 3);
  csv_time_column(cells, rows, row, 4);
  csv_text(cells, db_text(rows, row, 5));
  csv_text(cells, db_text(rows, row, 6));
}

struct error mutes_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"limit", "cursor", "f", NULL};
  static const struct row_list LIST = {.statement = &SQL_LIST_MUTES,
                                       .add_parameters = add_mute_parameters,
                                       .move_behind = move_behind_mute,
                                       .key = mute_key,
                                       .resume = resume_behind_mute,
                                       .write_members = write_mute,
                                       .csv_header = TEXT("mute_id,vehicle,kind,until,created_at,by,note"),
                                       .write_cells = write_mute_cells};
  struct mute_query query = {.now_us = clock_now_us()};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  return row_list_answer(&LIST, &query, request, connection);
}
