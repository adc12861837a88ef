/* POST /v1/alerts/{id}/acknowledge, .../assign, .../note, .../mute. */
#include "ingest/alerts/alert_desk.h"

#include "ingest/alerts/alert_document.h"
#include "ingest/alerts/alert_form.h"
#include "ingest/alerts/alert_store.h"
#include "ingest_sql.h"
#include "server/base/clock.h"

enum { BODY_MAX = 64 * 1024 };

/* ---- what is asked ---- */

static struct error read_member(const struct json *member, int64_t now_us, struct alert_command *command)
{
  if (text_equal(member->key, TEXT("by"))) {
    return alert_form_text(member, ALERT_BY_MAX, &command->by);
  }
  if (text_equal(member->key, TEXT("note"))) {
    return alert_form_text(member, ALERT_NOTE_MAX, &command->note);
  }
  if (command->kind == ALERT_COMMAND_ASSIGN && text_equal(member->key, TEXT("to"))) {
    return alert_form_text(member, ALERT_BY_MAX, &command->assignee);
  }
  const bool is_until = text_equal(member->key, TEXT("until")) || text_equal(member->key, TEXT("for_s"));
  if (command->kind == ALERT_COMMAND_MUTE && is_until) {
    return alert_form_until(member, now_us, &command->until_us);
  }
  static const char *const known[] = {[ALERT_COMMAND_ACKNOWLEDGE] = "by or note",
                                      [ALERT_COMMAND_ASSIGN] = "to, by or note",
                                      [ALERT_COMMAND_NOTE] = "note or by",
                                      [ALERT_COMMAND_MUTE] = "until, for_s, by or note"};
  return json_error(member, "unknown: expected %s", known[command->kind]);
}

static struct error check_complete(const struct json *root, const struct alert_command *command)
{
  const bool has_until = json_member(root, TEXT("until")) != NULL || json_member(root, TEXT("for_s")) != NULL;
  if (command->kind == ALERT_COMMAND_NOTE && command->note.length == 0) {
    return error_at(ERROR_BAD_INPUT, "note", "missing: expected 1 to %d bytes of text", ALERT_NOTE_MAX);
  }
  if (command->kind == ALERT_COMMAND_ASSIGN && json_member(root, TEXT("to")) == NULL) {
    return error_at(ERROR_BAD_INPUT, "to", "missing: expected a name, or null for nobody");
  }
  if (command->kind == ALERT_COMMAND_MUTE && !has_until) {
    return error_at(ERROR_BAD_INPUT, "until", "missing: expected a time, or null for no longer; or for_s");
  }
  return error_none();
}

static struct error read_command(struct request *request, int64_t now_us, struct alert_command *command)
{
  const struct json *root = NULL;
  TRY(alert_form_read(request, command->kind == ALERT_COMMAND_ACKNOWLEDGE, &root));
  if (root != NULL) {
    TRY(alert_form_one_end(root));
    JSON_EACH (member, root) {
      TRY(read_member(member, now_us, command));
    }
  }
  return check_complete(root, command);
}

/* ---- doing it ---- */

static struct error carry_out(struct alert_desk *desk, struct request *request, struct db_connection *connection,
                              int64_t alert_id, int64_t now_us, const struct alert_command *command, struct alert **changed)
{
  struct arena *arena = request_arena(request);
  struct alert_list alerts;
  struct alert_rules rules;
  TRY(alert_store_lock(connection, arena, &alert_id, 1, &alerts));
  if (alerts.count == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no alert %lld", (long long)alert_id);
  }
  *changed = &alerts.items[0];
  TRY(alert_store_rules(connection, arena, now_us, desk->max_age_us, &rules));
  struct alert_machine machine = alert_machine_make(arena, &rules, now_us);
  TRY(alert_machine_command(&machine, *changed, command));
  return alert_store_save(connection, &machine, changed, 1);
}

static struct error command_alert(struct request *request, void *context, struct db_connection *connection,
                                  enum alert_command_kind kind)
{
  struct alert_desk *desk = context;
  struct alert_command command = {.kind = kind};
  struct alert *alert = NULL;
  int64_t alert_id = 0;
  const int64_t now_us = clock_now_us();
  TRY(alert_form_id(request, &alert_id));
  TRY(read_command(request, now_us, &command));
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(alert_form_end(connection, carry_out(desk, request, connection, alert_id, now_us, &command, &alert)));
  response_content_type(request, "application/json");
  alert_document_write(response_body(request), alert);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

static struct error acknowledge(struct request *request, void *desk, struct db_connection *connection)
{
  return command_alert(request, desk, connection, ALERT_COMMAND_ACKNOWLEDGE);
}

static struct error assign(struct request *request, void *desk, struct db_connection *connection)
{
  return command_alert(request, desk, connection, ALERT_COMMAND_ASSIGN);
}

static struct error note(struct request *request, void *desk, struct db_connection *connection)
{
  return command_alert(request, desk, connection, ALERT_COMMAND_NOTE);
}

static struct error mute(struct request *request, void *desk, struct db_connection *connection)
{
  return command_alert(request, desk, connection, ALERT_COMMAND_MUTE);
}

/* clang-format off */
static const struct route ROUTES[] = {
    {HTTP_POST,   "/v1/alerts/{id}/acknowledge", ROLE_DISPATCHER, "Somebody takes care of an alert", .query = acknowledge, .body_max_bytes = BODY_MAX},
    {HTTP_POST,   "/v1/alerts/{id}/assign",    ROLE_DISPATCHER, "Say whose alert it is",          .query = assign, .body_max_bytes = BODY_MAX},
    {HTTP_POST,   "/v1/alerts/{id}/note",      ROLE_DISPATCHER, "Write into an alert's timeline", .query = note, .body_max_bytes = BODY_MAX},
    {HTTP_POST,   "/v1/alerts/{id}/mute",      ROLE_DISPATCHER, "Tell nobody of an alert for a time", .query = mute, .body_max_bytes = BODY_MAX},
    {HTTP_POST,   "/v1/mutes",                 ROLE_DISPATCHER, "Tell nobody of a vehicle's or a kind's alerts for a time",
                                                                                         .query = alert_desk_post_mute, .body_max_bytes = BODY_MAX},
    {HTTP_DELETE, "/v1/mutes/{id}",            ROLE_DISPATCHER, "End a mute",                     .query = alert_desk_delete_mute},
    {HTTP_PUT,    "/v1/channels/{name}",       ROLE_ADMIN, "Set a channel",                       .query = alert_desk_put_channel, .body_max_bytes = BODY_MAX},
    {HTTP_DELETE, "/v1/channels/{name}",       ROLE_ADMIN, "Remove a channel",                    .query = alert_desk_delete_channel},
    {HTTP_POST,   "/v1/channels/{name}/test",  ROLE_ADMIN, "Send a test message to a channel",    .query = alert_desk_test_channel, .body_max_bytes = BODY_MAX},
    {HTTP_PUT,    "/v1/alert-policies/{name}", ROLE_ADMIN, "Set which alerts go where",           .query = alert_desk_put_policy, .body_max_bytes = BODY_MAX},
    {HTTP_DELETE, "/v1/alert-policies/{name}", ROLE_ADMIN, "Remove a policy",                     .query = alert_desk_delete_policy},
};
/* clang-format on */

struct route_table alert_desk_routes(struct alert_desk *desk)
{
  return (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], desk};
}
