/* POST /v1/mutes and DELETE /v1/mutes/{id}: nobody is told of a vehicle's, a kind's, or all alerts for a time. */
#include "ingest/alerts/alert.h"
#include "ingest/alerts/alert_desk.h"
#include "ingest/alerts/alert_form.h"
#include "ingest_sql.h"
#include "server/base/clock.h"

enum { VEHICLE_NAME_MAX = 128 };

struct mute_form {
  struct text vehicle; /* empty: all */
  enum condition_kind kind;
  bool has_kind;
  int64_t until_us;
  struct text by;
  struct text note;
};

static struct error read_member(const struct json *member, int64_t now_us, struct mute_form *form)
{
  if (text_equal(member->key, TEXT("vehicle"))) {
    return alert_form_text(member, VEHICLE_NAME_MAX, &form->vehicle);
  }
  if (text_equal(member->key, TEXT("kind"))) {
    form->has_kind = member->type == JSON_STRING && alert_kind_from(member->text, &form->kind);
    return form->has_kind || member->type == JSON_NULL ? error_none() : json_error(member, "expected a kind of alert");
  }
  if (text_equal(member->key, TEXT("until")) || text_equal(member->key, TEXT("for_s"))) {
    return alert_form_until(member, now_us, &form->until_us);
  }
  if (text_equal(member->key, TEXT("by"))) {
    return alert_form_text(member, ALERT_BY_MAX, &form->by);
  }
  if (text_equal(member->key, TEXT("note"))) {
    return alert_form_text(member, ALERT_NOTE_MAX, &form->note);
  }
  return json_error(member, "unknown: expected vehicle, kind, until, for_s, by or note");
}

static void add_or_null(struct db_parameters *parameters, struct text value)
{
  if (value.length == 0) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

static void write_or_null(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  if (value.length == 0) {
    json_null(json);
  } else {
    json_string(json, value);
  }
}

static void answer(struct request *request, int64_t mute_id, int64_t now_us, const struct mute_form *form)
{
  struct json_writer json = alert_form_answer(request, 201);
  json_begin_object(&json);
  json_key(&json, "mute_id");
  json_int64(&json, mute_id);
  write_or_null(&json, "vehicle", form->vehicle);
  json_key(&json, "kind");
  json_cstring(&json, form->has_kind ? alert_kind_word(form->kind) : NULL);
  json_key(&json, "until");
  json_time(&json, form->until_us);
  json_key(&json, "created_at");
  json_time(&json, now_us);
  write_or_null(&json, "by", form->by);
  write_or_null(&json, "note", form->note);
  json_end_object(&json);
}

static struct error insert(struct request *request, struct db_connection *connection, int64_t now_us,
                           const struct mute_form *form, int64_t *mute_id)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  add_or_null(parameters, form->vehicle);
  db_add_int32(parameters, form->has_kind ? (int32_t)form->kind : 0);
  db_add_time(parameters, form->until_us);
  db_add_time(parameters, now_us);
  add_or_null(parameters, form->by);
  add_or_null(parameters, form->note);
  TRY(db_query(connection, request_arena(request), &SQL_INSERT_MUTE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_at(ERROR_BAD_INPUT, "vehicle", "there is no vehicle %.*s", TEXT_ARGS(form->vehicle));
  }
  *mute_id = db_int64(rows, 0, 0);
  return alert_form_wake(request, connection);
}

struct error alert_desk_post_mute(struct request *request, void *context, struct db_connection *connection)
{
  const int64_t now_us = clock_now_us();
  const struct json *root = NULL;
  struct mute_form form = {.until_us = 0};
  int64_t mute_id = 0;
  (void)context;
  TRY(alert_form_read(request, false, &root));
  TRY(alert_form_one_end(root));
  JSON_EACH (member, root) {
    TRY(read_member(member, now_us, &form));
  }
  if (form.until_us == 0) {
    return error_at(ERROR_BAD_INPUT, "until", "missing: expected a time after now, or for_s");
  }
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(alert_form_end(connection, insert(request, connection, now_us, &form, &mute_id)));
  answer(request, mute_id, now_us, &form);
  return error_none();
}

struct error alert_desk_delete_mute(struct request *request, void *context, struct db_connection *connection)
{
  const struct json *root = NULL;
  int64_t mute_id = 0;
  int64_t deleted = 0;
  (void)context;
  TRY(alert_form_id(request, &mute_id));
  TRY(alert_form_read(request, true, &root));
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_int64(parameters, mute_id);
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(db_run(connection, &SQL_DELETE_MUTE, parameters, &deleted));
  TRY(alert_form_wake(request, connection));
  TRY(db_run(connection, &SQL_COMMIT_BATCH, NULL, NULL));
  response_status(request, 204);
  return deleted != 0 ? error_none() : error_make(ERROR_NOT_FOUND, "there is no mute %lld", (long long)mute_id);
}
