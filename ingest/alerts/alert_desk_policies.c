/* PUT and DELETE /v1/alert-policies/{name}. */
#include "ingest/alerts/alert_desk.h"
#include "ingest/alerts/alert_form.h"
#include "ingest/alerts/alert_policy.h"
#include "ingest_sql.h"
#include "server/base/clock.h"

static struct error read_name(const struct request *request, struct text *name)
{
  *name = request_path_parameter(request, "name");
  return alert_name_check("name", *name);
}

/* A policy that names a channel by mistake would tell nobody. */
static struct error check_channels(struct request *request, struct db_connection *connection, const struct alert_policy *policy)
{
  struct arena *arena = request_arena(request);
  const struct db_rows *rows = NULL;
  for (size_t step = 0; step < policy->step_count; step++) {
    const struct alert_texts channels = policy->steps[step].channels;
    struct db_parameters *parameters = db_parameters_new(arena);
    db_add_text_array(parameters, channels.items, channels.count);
    TRY(db_query(connection, arena, &SQL_FIND_UNKNOWN_CHANNELS, parameters, &rows));
    if (db_row_count(rows) != 0) {
      return error_at(ERROR_BAD_INPUT, step == 0 ? "channels" : "escalate", "there is no channel %.*s",
                      TEXT_ARGS(db_text(rows, 0, 0)));
    }
  }
  return error_none();
}

static struct text definition_of(struct arena *arena, const struct alert_policy *policy)
{
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  alert_policy_write(&json, policy);
  const struct text definition = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return definition;
}

static struct error store(struct request *request, struct db_connection *connection, struct text name, struct text definition,
                          bool *is_new)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_text(parameters, name);
  db_add_text(parameters, definition);
  db_add_time(parameters, clock_now_us());
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(db_query(connection, request_arena(request), &SQL_PUT_ALERT_POLICY, parameters, &rows));
  *is_new = db_bool(rows, 0, 0);
  TRY(alert_form_wake(request, connection));
  return db_run(connection, &SQL_COMMIT_BATCH, NULL, NULL);
}

static void answer(struct request *request, int status, struct text name, struct text definition)
{
  struct json_writer json = alert_form_answer(request, status);
  json_begin_object(&json);
  json_key(&json, "name");
  json_string(&json, name);
  json_key(&json, "policy");
  json_raw(&json, definition);
  json_end_object(&json);
}

struct error alert_desk_put_policy(struct request *request, void *context, struct db_connection *connection)
{
  struct arena *arena = request_arena(request);
  const struct json *root = NULL;
  struct alert_policy policy;
  struct text name;
  bool is_new = false;
  (void)context;
  TRY(read_name(request, &name));
  TRY(alert_form_read(request, false, &root));
  TRY(alert_policy_read(arena, request_body(request), &policy));
  TRY(check_channels(request, connection, &policy));
  const struct text definition = definition_of(arena, &policy);
  TRY(store(request, connection, name, definition, &is_new));
  answer(request, is_new ? 201 : 200, name, definition);
  return error_none();
}

struct error alert_desk_delete_policy(struct request *request, void *context, struct db_connection *connection)
{
  const struct json *root = NULL;
  struct text name;
  int64_t deleted = 0;
  (void)context;
  TRY(read_name(request, &name));
  TRY(alert_form_read(request, true, &root));
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_text(parameters, name);
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(db_run(connection, &SQL_DELETE_ALERT_POLICY, parameters, &deleted));
  TRY(alert_form_wake(request, connection));
  TRY(db_run(connection, &SQL_COMMIT_BATCH, NULL, NULL));
  response_status(request, 204);
  return deleted != 0 ? error_none() : error_make(ERROR_NOT_FOUND, "there is no policy %.*s", TEXT_ARGS(name));
}
