/* GET /v1/ingest/objects: the objects of S3 that were announced, and what became of them. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/source.h"
#include "api_sql.h"

enum { BUCKET_MAX = 255, KEY_MAX = 1024 };

enum column {
  COLUMN_BUCKET,
  COLUMN_KEY,
  COLUMN_VERSION_ID,
  COLUMN_ETAG,
  COLUMN_SIZE,
  COLUMN_FOUND_BY,
  COLUMN_STATE,
  COLUMN_ANNOUNCED_AT,
  COLUMN_MODIFIED_AT,
  COLUMN_NEXT_TRY_AT,
  COLUMN_STARTED_AT,
  COLUMN_FINISHED_AT,
  COLUMN_TRIES,
  COLUMN_ERROR,
  COLUMN_EVENTS,
  COLUMN_STORED,
  COLUMN_DUPLICATES,
  COLUMN_REJECTED,
  COLUMN_HASH,
};

struct object_place {
  int64_t announced_at_us;
  int64_t hash;
};

struct object_query {
  struct object_place place; /* of the last one shown */
  struct text state;         /* without data: any, as the following */
  int32_t found_by;          /* 0: any */
  struct text bucket;
  struct text prefix;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct object_query *query = context;
  db_add_time(parameters, query->place.announced_at_us);
  db_add_int64(parameters, query->place.hash);
  add_text_or_null(parameters, query->state);
  add_int32_or_null(parameters, query->found_by);
  add_text_or_null(parameters, query->bucket);
  add_text_or_null(parameters, query->prefix);
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct object_query *query = context;
  query->place = (struct object_place){db_time(rows, row, COLUMN_ANNOUNCED_AT), db_int64(rows, row, COLUMN_HASH)};
}

static struct text key(const void *context, struct arena *arena)
{
  const struct object_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->place, sizeof query->place});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct object_query *query = context;
  (void)arena;
  if (key.length != sizeof query->place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->place, key.data, sizeof query->place);
  return error_none();
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_text_column(json, "bucket", rows, row, COLUMN_BUCKET);
  json_text_column(json, "key", rows, row, COLUMN_KEY);
  json_text_column(json, "version_id", rows, row, COLUMN_VERSION_ID);
  json_text_column(json, "etag", rows, row, COLUMN_ETAG);
  json_int64_column(json, "size_bytes", rows, row, COLUMN_SIZE);
  json_key(json, "found_by");
  json_cstring(json, found_by_name(db_int64(rows, row, COLUMN_FOUND_BY)));
  json_text_column(json, "state", rows, row, COLUMN_STATE);
  json_time_column(json, "announced_at", rows, row, COLUMN_ANNOUNCED_AT);
  json_time_column(json, "modified_at", rows, row, COLUMN_MODIFIED_AT);
  json_time_column(json, "next_try_at", rows, row, COLUMN_NEXT_TRY_AT);
  json_time_column(json, "started_at", rows, row, COLUMN_STARTED_AT);
  json_time_column(json, "finished_at", rows, row, COLUMN_FINISHED_AT);
  json_int64_column(json, "tries", rows, row, COLUMN_TRIES);
  json_text_column(json, "error", rows, row, COLUMN_ERROR);
  json_int64_column(json, "events", rows, row, COLUMN_EVENTS);
  json_int64_column(json, "stored", rows, row, COLUMN_STORED);
  json_int64_column(json, "duplicates", rows, row, COLUMN_DUPLICATES);
  json_int64_column(json, "rejected", rows, row, COLUMN_REJECTED);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_text(cells, db_text(rows, row, COLUMN_BUCKET));
  csv_text(cells, db_text(rows, row, COLUMN_KEY));
  csv_text(cells, db_text(rows, row, COLUMN_VERSION_ID));
  csv_text(cells, db_text(rows, row, COLUMN_ETAG));
  csv_int64_column(cells, rows, row, COLUMN_SIZE);
  csv_text(cells, text_from(found_by_name(db_int64(rows, row, COLUMN_FOUND_BY))));
  csv_text(cells, db_text(rows, row, COLUMN_STATE));
  for (int column = COLUMN_ANNOUNCED_AT; column <= COLUMN_FINISHED_AT; column++) {
    csv_time_column(cells, rows, row, column);
  }
  csv_int64(cells, db_int64(rows, row, COLUMN_TRIES));
  csv_text(cells, db_text(rows, row, COLUMN_ERROR));
  for (int column = COLUMN_EVENTS; column <= COLUMN_REJECTED; column++) {
    csv_int64(cells, db_int64(rows, row, column));
  }
}

static struct error read_text(const struct request *request, const char *name, size_t length_max, struct text *value)
{
  if (request_parameter_find(request, name, value) && (value->length == 0 || value->length > length_max)) {
    return error_at(ERROR_BAD_INPUT, name, "expected 1 to %zu bytes of text", length_max);
  }
  return error_none();
}

static struct error read_state(const struct request *request, struct text *state)
{
  static const char *const states[] = {"waiting", "reading", "read", "failed", "missing", "ignored"};
  if (!request_parameter_find(request, "state", state)) {
    return error_none();
  }
  for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
    if (text_equal(*state, text_from(states[i]))) {
      return error_none();
    }
  }
  return error_at(ERROR_BAD_INPUT, "state", "expected waiting, reading, read, failed, missing or ignored");
}

struct error objects_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"state", "found_by", "bucket", "prefix", "limit", "cursor", "f", NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_OBJECTS,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header = TEXT("bucket,key,version_id,etag,size_bytes,found_by,state,announced_at,modified_at,next_try_at,started_at,"
                         "finished_at,tries,error,events,stored,duplicates,rejected"),
      .write_cells = write_cells};
  struct object_query query = {.place = {TIME_RANGE_ALL.to_us, INT64_MAX}};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_state(request, &query.state));
  TRY(parameter_found_by(request, &query.found_by));
  TRY(read_text(request, "bucket", BUCKET_MAX, &query.bucket));
  TRY(read_text(request, "prefix", KEY_MAX, &query.prefix));
  return row_list_answer(&LIST, &query, request, connection);
}
