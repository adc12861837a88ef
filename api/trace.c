/* GET /v1/ingest/trace: the way of one event, from its arrival to the map. */
#include "api/handlers.h"

#include "api/live/sent_log.h"
#include "api/parameters.h"
#include "api/position.h"
#include "api/row_list.h"
#include "api/source.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { TRACED_MAX = 10, OBJECTS_MAX = 5, REJECTED_MAX = 5 };
/* A breadcrumb from farther ahead than this is flagged. */
static const int64_t AHEAD_MAX_US = 300 * US_PER_SECOND;

enum column {
  COLUMN_RECORDED_AT,
  COLUMN_VERSION,
  COLUMN_SEQ,
  COLUMN_RECEIVED_AT,
  COLUMN_SOURCE,
  COLUMN_FLAGS,
  COLUMN_IS_TIMED,
  COLUMN_COMMITTED_AT,
  COLUMN_TRANSACTION,
  COLUMN_FILE,
};

struct trace {
  const struct api *api;
  struct db_connection *connection;
  struct arena *arena;
  struct json_writer json;
  struct text vehicle;
  int64_t vehicle_id;
  bool has_version;
  int64_t version;
  int64_t recorded_from_us;
  int64_t recorded_to_us;
  const struct db_rows *rows;
};

/* ---- what is asked for ---- */

static struct error read_parameters(const struct request *request, struct trace *trace)
{
  static const char *const KNOWN[] = {"vehicle", "version", "recorded_at", NULL};
  struct text value;
  TRY(request_parameters_only(request, KNOWN));
  if (!request_parameter_find(request, "vehicle", &trace->vehicle)) {
    return error_at(ERROR_BAD_INPUT, "vehicle", "the name of the vehicle is needed");
  }
  TRY(parse_vehicle_name("vehicle", trace->vehicle));
  trace->has_version = request_parameter_find(request, "version", &value);
  if (trace->has_version) {
    TRY(parse_int64("version", value, 0, INT64_MAX, &trace->version));
  }
  trace->recorded_from_us = TIME_RANGE_ALL.from_us;
  trace->recorded_to_us = TIME_RANGE_ALL.to_us;
  if (request_parameter_find(request, "recorded_at", &value)) {
    TRY(parse_time("recorded_at", value, &trace->recorded_from_us));
    trace->recorded_to_us = trace->recorded_from_us;
  } else if (!trace->has_version) {
    return error_at(ERROR_BAD_INPUT, "version", "the event's version is needed, or its time as recorded_at");
  }
  return error_none();
}

/* Where it might be instead. */
static struct error not_found(const struct trace *trace, bool is_vehicle_known)
{
  struct db_parameters *parameters = db_parameters_new(trace->arena);
  const struct db_rows *rows;
  db_add_text(parameters, trace->vehicle);
  db_add_int64(parameters, REJECTED_MAX);
  TRY(db_query(trace->connection, trace->arena, &SQL_FIND_REJECTED_OF_VEHICLE, parameters, &rows));
  const char *what = is_vehicle_known ? "no such event of" : "no event of";
  const char *ids = "";
  for (int row = 0; row < db_row_count(rows); row++) {
    ids = arena_printf(trace->arena, "%s%s%lld", ids, row == 0 ? "" : ", ", (long long)db_int64(rows, row, 0));
  }
  if (ids[0] == '\0') {
    return error_make(ERROR_NOT_FOUND, "%s %.*s is stored, and none of it was rejected", what, TEXT_ARGS(trace->vehicle));
  }
  return error_make(ERROR_NOT_FOUND, "%s %.*s is stored; rejected ones of it are %s: see /v1/ingest/rejected/{id}", what,
                    TEXT_ARGS(trace->vehicle), ids);
}

static struct error find_breadcrumbs(struct trace *trace)
{
  struct db_parameters *name = db_parameters_new(trace->arena);
  const struct db_rows *vehicles;
  db_add_text_array(name, &trace->vehicle, 1);
  TRY(db_query(trace->connection, trace->arena, &SQL_FIND_VEHICLES, name, &vehicles));
  if (db_row_count(vehicles) == 0) {
    return not_found(trace, false);
  }
  trace->vehicle_id = db_int64(vehicles, 0, 0);
  struct db_parameters *parameters = db_parameters_new(trace->arena);
  db_add_int64(parameters, trace->vehicle_id);
  if (trace->has_version) {
    db_add_int64(parameters, trace->version);
  } else {
    db_add_null(parameters);
  }
  db_add_time(parameters, trace->recorded_from_us);
  db_add_time(parameters, trace->recorded_to_us);
  db_add_int64(parameters, TRACED_MAX);
  TRY(db_query(trace->connection, trace->arena, &SQL_TRACE_BREADCRUMBS, parameters, &trace->rows));
  return db_row_count(trace->rows) == 0 ? not_found(trace, true) : error_none();
}

/* ---- its stations ---- */

/* A reason stands there only where something is null or did not happen. */
static void write_reason(struct json_writer *json, const char *reason)
{
  json_key(json, "reason");
  json_cstring(json, reason);
}

static void write_commit(struct trace *trace, int row)
{
  struct json_writer *json = &trace->json;
  const char *reason = NULL;
  if (!db_bool(trace->rows, row, COLUMN_IS_TIMED)) {
    reason = "the database does not keep the times of commits: set track_commit_timestamp = on";
  } else if (db_is_null(trace->rows, row, COLUMN_COMMITTED_AT)) {
    reason = "the database does not know the time of this commit any more, or did not keep times then";
  }
  json_key(json, "committed");
  json_begin_object(json);
  json_time_column(json, "at", trace->rows, row, COLUMN_COMMITTED_AT);
  json_int64_column(json, "seq", trace->rows, row, COLUMN_SEQ);
  write_reason(json, reason);
  json_end_object(json);
}

static void write_object(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  json_text_column(json, "bucket", rows, row, 0);
  json_text_column(json, "key", rows, row, 1);
  json_text_column(json, "version_id", rows, row, 2);
  json_key(json, "found_by");
  json_cstring(json, found_by_name(db_int64(rows, row, 3)));
  json_time_column(json, "announced_at", rows, row, 4);
  json_time_column(json, "started_at", rows, row, 5);
  json_time_column(json, "finished_at", rows, row, 6);
  json_end_object(json);
}

/* "s3://bucket/key" -> its parts; false when it is no such address. */
static bool split_address(struct text file, struct text *bucket, struct text *key)
{
  const struct text scheme = TEXT("s3://");
  if (!text_starts_with(file, scheme)) {
    return false;
  }
  *key = (struct text){file.data + scheme.length, file.length - scheme.length};
  return text_split(key, '/', bucket) && key->length != 0;
}

/* What is known of the object that the breadcrumb came in: nothing, or each version of it that was announced. */
static struct error write_objects(struct trace *trace, int row)
{
  struct text bucket;
  struct text key;
  json_key(&trace->json, "objects");
  if (!split_address(db_text(trace->rows, row, COLUMN_FILE), &bucket, &key)) {
    json_null(&trace->json);
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(trace->arena);
  const struct db_rows *rows;
  db_add_text(parameters, bucket);
  db_add_text(parameters, key);
  db_add_int64(parameters, OBJECTS_MAX);
  TRY(db_query(trace->connection, trace->arena, &SQL_FIND_OBJECTS_OF_FILE, parameters, &rows));
  json_begin_array(&trace->json);
  for (int i = 0; i < db_row_count(rows); i++) {
    write_object(&trace->json, rows, i);
  }
  json_end_array(&trace->json);
  return error_none();
}

static const char *flags_reason(const struct trace *trace, unsigned flags)
{
  const char *names = "";
  for (unsigned bit = 1; bit <= flags; bit <<= 1) {
    if ((flags & bit) != 0) {
      names = arena_printf(trace->arena, "%s%s%s", names, names[0] == '\0' ? "" : ", ", position_flag_name((uint8_t)bit));
    }
  }
  return arena_printf(trace->arena, "it is flagged: %s", names);
}

/* NULL: nothing newer was there, so it became the position. */
static struct error find_newer(struct trace *trace, int row, const char **reason)
{
  const struct db_rows *traced = trace->rows;
  struct db_parameters *parameters = db_parameters_new(trace->arena);
  const struct db_rows *rows;
  const bool is_timed = !db_is_null(traced, row, COLUMN_COMMITTED_AT);
  const int64_t stored_by_us = is_timed ? db_time(traced, row, COLUMN_COMMITTED_AT) : clock_now_us();
  db_add_int64(parameters, trace->vehicle_id);
  db_add_time(parameters, db_time(traced, row, COLUMN_RECORDED_AT));
  db_add_int64(parameters, db_int64(traced, row, COLUMN_VERSION));
  db_add_int64(parameters, db_int64(traced, row, COLUMN_SEQ));
  db_add_int64(parameters, db_int64(traced, row, COLUMN_TRANSACTION));
  db_add_time(parameters, stored_by_us + AHEAD_MAX_US);
  TRY(db_query(trace->connection, trace->arena, &SQL_FIND_NEWER_BREADCRUMB, parameters, &rows));
  if (db_row_count(rows) != 0) {
    char time[CLOCK_TEXT_MAX];
    const bool is_earlier = db_int64(rows, 0, 2) < db_int64(traced, row, COLUMN_SEQ);
    (void)clock_format(db_time(rows, 0, 0), time);
    *reason = arena_printf(trace->arena, "a newer one %s: recorded at %s, version %lld",
                           is_earlier ? "was there already" : "came with it", time, (long long)db_int64(rows, 0, 1));
  }
  return error_none();
}

static struct error write_position(struct trace *trace, int row, bool *has_moved)
{
  const unsigned flags = (unsigned)db_int64(trace->rows, row, COLUMN_FLAGS);
  const char *reason = NULL;
  if (flags != 0) {
    reason = flags_reason(trace, flags);
  } else {
    TRY(find_newer(trace, row, &reason));
  }
  *has_moved = reason == NULL;
  json_key(&trace->json, "position");
  json_begin_object(&trace->json);
  json_key(&trace->json, "moved");
  json_boolean(&trace->json, *has_moved);
  write_reason(&trace->json, reason);
  json_end_object(&trace->json);
  return error_none();
}

static void write_sent(struct trace *trace, int row, bool has_moved)
{
  struct json_writer *json = &trace->json;
  struct sent_frames frames = {0};
  const char *reason = "it did not move the marker";
  if (has_moved) {
    switch (sent_log_find(trace->api->settings.sent, db_int64(trace->rows, row, COLUMN_SEQ), &frames)) {
    case SENT:
      reason = NULL;
      break;
    case SENT_NOT_YET:
      reason = "no viewer has been sent anything since: nobody looks, or nothing changes where they look";
      break;
    case SENT_FORGOTTEN:
      reason = "this server does not remember that far back";
      break;
    }
  }
  json_key(json, "sent");
  json_begin_object(json);
  json_key(json, "at");
  if (frames.first_at_us == 0) {
    json_null(json);
  } else {
    json_time(json, frames.first_at_us);
  }
  json_key(json, "frames");
  json_int64(json, frames.frames);
  write_reason(json, reason);
  json_end_object(json);
}

static struct error write_item(struct trace *trace, int row)
{
  struct json_writer *json = &trace->json;
  bool has_moved = false;
  json_begin_object(json);
  json_time_column(json, "recorded_at", trace->rows, row, COLUMN_RECORDED_AT);
  json_int64_column(json, "version", trace->rows, row, COLUMN_VERSION);
  json_key(json, "received");
  json_begin_object(json);
  json_time_column(json, "at", trace->rows, row, COLUMN_RECEIVED_AT);
  json_key(json, "path");
  json_cstring(json, source_name(db_int64(trace->rows, row, COLUMN_SOURCE)));
  json_text_column(json, "file", trace->rows, row, COLUMN_FILE);
  TRY(write_objects(trace, row));
  json_end_object(json);
  write_commit(trace, row);
  TRY(write_position(trace, row, &has_moved));
  write_sent(trace, row, has_moved);
  json_end_object(json);
  return error_none();
}

struct error trace_read(struct request *request, void *context, struct db_connection *connection)
{
  struct trace trace = {.api = context, .connection = connection, .arena = request_arena(request)};
  TRY(read_parameters(request, &trace));
  TRY(find_breadcrumbs(&trace));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  trace.json = json_writer_to(response_body(request));
  json_begin_object(&trace.json);
  json_key(&trace.json, "vehicle");
  json_string(&trace.json, trace.vehicle);
  json_key(&trace.json, "items");
  json_begin_array(&trace.json);
  for (int row = 0; row < db_row_count(trace.rows); row++) {
    TRY(write_item(&trace, row));
  }
  json_end_array(&trace.json);
  json_end_object(&trace.json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
