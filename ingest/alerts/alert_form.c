#include "ingest/alerts/alert_form.h"

#include "ingest_sql.h"
#include "server/base/clock.h"

struct error alert_form_read(struct request *request, bool may_be_empty, const struct json **root)
{
  static const char *const KNOWN[] = {NULL};
  const struct text body = request_body(request);
  *root = NULL;
  TRY(request_parameters_only(request, KNOWN));
  if (text_trim(body).length == 0 && may_be_empty) {
    return error_none();
  }
  if (!text_starts_with(request_header(request, "content-type"), TEXT("application/json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  TRY(json_parse(request_arena(request), body, JSON_LIMITS_DEFAULT, root));
  return (*root)->type == JSON_OBJECT ? error_none() : json_error(*root, "expected an object");
}

struct error alert_form_text(const struct json *member, size_t length_max, struct text *out)
{
  if (member->type == JSON_NULL) {
    return error_none();
  }
  TRY(json_read_string(member, length_max, out));
  *out = text_trim(*out);
  return out->length != 0 ? error_none() : json_error(member, "expected 1 to %zu bytes of text", length_max);
}

struct error alert_form_until(const struct json *member, int64_t now_us, int64_t *until_us)
{
  int64_t seconds = 0;
  if (member->type == JSON_NULL) {
    *until_us = 0;
    return error_none();
  }
  if (text_equal(member->key, TEXT("for_s"))) {
    TRY(json_read_int64(member, 1, ALERT_MUTE_MAX_S, &seconds));
    *until_us = now_us + seconds * US_PER_SECOND;
    return error_none();
  }
  const bool is_time = member->type == JSON_STRING && clock_parse(member->text, until_us);
  if (!is_time || *until_us <= now_us || *until_us > now_us + ALERT_MUTE_MAX_S * US_PER_SECOND) {
    return json_error(member, "expected a time after now, such as 2026-11-22T20:51:07Z, at most a year ahead");
  }
  return error_none();
}

struct error alert_form_one_end(const struct json *root)
{
  const bool has_both = json_member(root, TEXT("until")) != NULL && json_member(root, TEXT("for_s")) != NULL;
  return has_both ? error_at(ERROR_BAD_INPUT, "for_s", "expected either until or for_s") : error_none();
}

struct error alert_form_id(const struct request *request, int64_t *id)
{
  const struct text word = request_path_parameter(request, "id");
  return text_to_int64(word, id) && *id >= 1 ? error_none() : error_at(ERROR_BAD_INPUT, "id", "expected a number from 1 on");
}

struct error alert_form_wake(struct request *request, struct db_connection *connection)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_time(parameters, clock_now_us());
  return db_query(connection, request_arena(request), &SQL_WAKE_ALERTS, parameters, &rows);
}

struct error alert_form_end(struct db_connection *connection, struct error error)
{
  const bool is_ours = error.code == ERROR_NOT_FOUND || error.code == ERROR_CONFLICT || error.code == ERROR_BAD_INPUT;
  if (error.code == ERROR_NONE || is_ours) {
    TRY(db_run(connection, &SQL_COMMIT_BATCH, NULL, NULL));
  }
  return error; /* the database has ended the transaction when it is the database's */
}

struct json_writer alert_form_answer(struct request *request, int status)
{
  response_status(request, status);
  response_content_type(request, "application/json");
  return json_writer_to(response_body(request));
}
