/* PUT and DELETE /v1/channels/{name}, POST /v1/channels/{name}/test. A secret goes in, and comes out only when it was made
 * here. */
#include "ingest/alerts/alert_desk.h"
#include "ingest/alerts/alert_form.h"
#include "ingest/alerts/alert_policy.h"
#include "ingest/alerts/mail_message.h"
#include "ingest/alerts/webhook_signature.h"
#include "ingest_sql.h"
#include "server/aws/sns.h"
#include "server/base/clock.h"

enum { URL_MAX = 2000, SECRET_MAX = 200, ARN_MAX = 300, ADDRESSES_JSON_MAX = 16 * 1024 };

struct channel_form {
  struct text kind;
  struct text url;
  struct text secret;
  struct text addresses; /* JSON */
  struct text topic_arn;
  bool is_enabled;
};

static struct error read_kind(const struct json *member, struct channel_form *form)
{
  TRY(json_read_string(member, ALERT_NAME_MAX, &form->kind));
  const bool is_known =
      text_equal(form->kind, TEXT("webhook")) || text_equal(form->kind, TEXT("mail")) || text_equal(form->kind, TEXT("sns"));
  return is_known ? error_none() : json_error(member, "expected webhook, mail or sns");
}

static struct error read_addresses(const struct json *member, struct channel_form *form)
{
  if (member->type != JSON_ARRAY || member->count == 0 || member->count > MAIL_ADDRESSES_MAX) {
    return json_error(member, "expected an array of 1 to %d mail addresses", MAIL_ADDRESSES_MAX);
  }
  JSON_EACH (child, member) {
    char path[ERROR_FIELD_MAX];
    struct text address;
    json_path(child, path, sizeof path);
    TRY(json_read_string(child, MAIL_ADDRESS_MAX, &address));
    TRY(mail_address_check(path, address));
  }
  form->addresses = member->raw;
  return error_none();
}

static struct error read_member(const struct alert_desk *desk, const struct json *member, struct channel_form *form)
{
  if (text_equal(member->key, TEXT("kind"))) {
    return read_kind(member, form);
  }
  if (text_equal(member->key, TEXT("url"))) {
    TRY(json_read_string(member, URL_MAX, &form->url));
    return egress_check_url(desk->egress, "url", form->url);
  }
  if (text_equal(member->key, TEXT("secret"))) {
    TRY(json_read_string(member, SECRET_MAX, &form->secret));
    return webhook_secret_check(form->secret);
  }
  if (text_equal(member->key, TEXT("addresses"))) {
    return read_addresses(member, form);
  }
  if (text_equal(member->key, TEXT("topic_arn"))) {
    TRY(json_read_string(member, ARN_MAX, &form->topic_arn));
    return sns_check_topic_arn("topic_arn", form->topic_arn);
  }
  if (text_equal(member->key, TEXT("enabled"))) {
    form->is_enabled = member->boolean;
    return member->type == JSON_BOOLEAN ? error_none() : json_error(member, "expected true or false");
  }
  return json_error(member, "unknown: expected kind, url, secret, addresses, topic_arn or enabled");
}

/* Each kind has its own members, and no others. */
static struct error check_members(const struct channel_form *form)
{
  const bool is_webhook = text_equal(form->kind, TEXT("webhook"));
  const bool is_mail = text_equal(form->kind, TEXT("mail"));
  if (form->kind.length == 0) {
    return error_at(ERROR_BAD_INPUT, "kind", "missing: expected webhook, mail or sns");
  }
  struct {
    const char *name;
    bool is_there;
    bool is_wanted;
  } members[] = {{"url", form->url.length != 0, is_webhook},
                 {"addresses", form->addresses.length != 0, is_mail},
                 {"topic_arn", form->topic_arn.length != 0, !is_webhook && !is_mail}};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (members[i].is_there != members[i].is_wanted) {
      return error_at(ERROR_BAD_INPUT, members[i].name, "%s a channel of kind %.*s",
                      members[i].is_wanted ? "missing: it makes" : "does not belong to", TEXT_ARGS(form->kind));
    }
  }
  return form->secret.length == 0 || is_webhook ? error_none()
                                                : error_at(ERROR_BAD_INPUT, "secret", "belongs to a channel of kind webhook");
}

static struct error read_form(const struct alert_desk *desk, struct request *request, struct channel_form *form)
{
  const struct json *root = NULL;
  *form = (struct channel_form){.is_enabled = true};
  TRY(alert_form_read(request, false, &root));
  JSON_EACH (member, root) {
    TRY(read_member(desk, member, form));
  }
  TRY(check_members(form));
  if (text_equal(form->kind, TEXT("mail")) && !desk->has_mail) {
    return error_make(ERROR_CONFLICT, "this server sends no mail: set smtp-url and mail-from");
  }
  return error_none();
}

static void add_or_null(struct db_parameters *parameters, struct text value)
{
  if (value.length == 0) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

static struct error read_name(const struct request *request, struct text *name)
{
  *name = request_path_parameter(request, "name");
  return alert_name_check("name", *name);
}

static void write_channel(struct json_writer *json, struct text name, const struct channel_form *form, bool tells_secret)
{
  json_begin_object(json);
  json_key(json, "name");
  json_string(json, name);
  json_key(json, "kind");
  json_string(json, form->kind);
  json_key(json, "enabled");
  json_boolean(json, form->is_enabled);
  if (tells_secret) {
    json_key(json, "secret");
    json_string(json, form->secret);
  }
  json_end_object(json);
}

struct error alert_desk_put_channel(struct request *request, void *context, struct db_connection *connection)
{
  struct channel_form form;
  struct text name;
  struct arena *arena = request_arena(request);
  TRY(read_name(request, &name));
  TRY(read_form(context, request, &form));
  const bool is_given = form.secret.length != 0 || !text_equal(form.kind, TEXT("webhook"));
  const struct text made = is_given ? TEXT("") : webhook_secret_make(arena);
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, name);
  db_add_text(parameters, form.kind);
  add_or_null(parameters, form.url);
  add_or_null(parameters, form.secret);
  add_or_null(parameters, made);
  add_or_null(parameters, form.addresses);
  add_or_null(parameters, form.topic_arn);
  db_add_bool_array(parameters, (uint8_t[]){form.is_enabled ? 1 : 0}, NULL, 1);
  db_add_time(parameters, clock_now_us());
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(db_query(connection, arena, &SQL_PUT_CHANNEL, parameters, &rows));
  TRY(alert_form_wake(request, connection));
  TRY(db_run(connection, &SQL_COMMIT_BATCH, NULL, NULL));
  const bool was_made = made.length != 0 && text_equal(db_text(rows, 0, 1), made);
  form.secret = made;
  struct json_writer json = alert_form_answer(request, db_bool(rows, 0, 0) ? 201 : 200);
  write_channel(&json, name, &form, was_made);
  return error_none();
}

static struct error find_use(struct request *request, struct db_connection *connection, struct text name)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_text(parameters, name);
  TRY(db_query(connection, request_arena(request), &SQL_FIND_POLICY_OF_CHANNEL, parameters, &rows));
  return db_row_count(rows) == 0 ? error_none()
                                 : error_make(ERROR_CONFLICT, "the policy %.*s names this channel: change it first",
                                              TEXT_ARGS(db_text(rows, 0, 0)));
}

struct error alert_desk_delete_channel(struct request *request, void *context, struct db_connection *connection)
{
  const struct json *root = NULL;
  struct text name;
  int64_t deleted = 0;
  (void)context;
  TRY(read_name(request, &name));
  TRY(alert_form_read(request, true, &root));
  TRY(find_use(request, connection, name));
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_text(parameters, name);
  TRY(db_run(connection, &SQL_DELETE_CHANNEL, parameters, &deleted));
  response_status(request, 204);
  return deleted != 0 ? error_none() : error_make(ERROR_NOT_FOUND, "there is no channel %.*s", TEXT_ARGS(name));
}

struct error alert_desk_test_channel(struct request *request, void *context, struct db_connection *connection)
{
  const struct json *root = NULL;
  const struct db_rows *rows = NULL;
  struct text name;
  (void)context;
  TRY(read_name(request, &name));
  TRY(alert_form_read(request, true, &root));
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_text(parameters, name);
  db_add_time(parameters, clock_now_us());
  TRY(db_query(connection, request_arena(request), &SQL_INSERT_TEST_MESSAGE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no channel %.*s", TEXT_ARGS(name));
  }
  if (db_is_null(rows, 0, 0)) {
    return error_make(ERROR_CONFLICT, "the channel is disabled: set it anew");
  }
  struct json_writer json = alert_form_answer(request, 202);
  json_begin_object(&json);
  json_key(&json, "delivery_id");
  json_int64(&json, db_int64(rows, 0, 0));
  json_key(&json, "channel");
  json_string(&json, name);
  json_end_object(&json);
  return error_none();
}
