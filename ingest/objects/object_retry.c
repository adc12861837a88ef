#include "ingest/objects/object_retry.h"

#include "ingest/objects/announcement.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/db/connection.h"
#include "server/json/writer.h"

static struct error read_text(const struct request *request, const char *name, size_t length_max, struct text *value)
{
  if (!request_parameter_find(request, name, value) || value->length == 0 || value->length > length_max) {
    return error_at(ERROR_BAD_INPUT, name, "expected 1 to %zu bytes of text", length_max);
  }
  return error_none();
}

static struct error retry(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"bucket", "key", NULL};
  struct text bucket;
  struct text key;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_text(request, "bucket", OBJECT_BUCKET_MAX_BYTES, &bucket));
  TRY(read_text(request, "key", OBJECT_KEY_MAX_BYTES, &key));
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  const struct db_rows *rows;
  db_add_text(parameters, bucket);
  db_add_text(parameters, key);
  db_add_time(parameters, clock_now_us());
  TRY(db_query(connection, request_arena(request), &SQL_RETRY_OBJECTS, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "no object of that bucket and key was announced");
  }
  int64_t waiting = 0;
  for (int row = 0; row < db_row_count(rows); row++) {
    waiting += db_bool(rows, row, 1) ? 1 : 0;
  }
  if (waiting == 0) {
    return error_make(ERROR_CONFLICT, "there is nothing to try again: the object is %.*s", TEXT_ARGS(db_text(rows, 0, 0)));
  }
  response_content_type(request, "application/json");
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  json_key(&json, "waiting");
  json_int64(&json, waiting);
  json_end_object(&json);
  return error_none();
}

static const struct route ROUTES[] = {
    {HTTP_POST, "/v1/ingest/objects/retry", ROLE_ADMIN, "Read a failed or missing object again", .query = retry},
};

struct route_table object_retry_routes(void)
{
  return (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], NULL};
}
