#include "ingest/objects/notification.h"

#include <stdio.h>

#include "ingest/objects/notification_form.h"
#include "server/json/reader.h"

/* All elements are notifications, or none is. */
static struct error read_array(struct notification_reading *reading, const struct json *array)
{
  size_t known = 0;
  size_t capacity = 0;
  JSON_EACH (element, array) {
    known += notification_form_of(element).read != NULL;
    capacity += notification_capacity_of(element);
  }
  if (known == 0) {
    reading->result->not_a_form = error_at(ERROR_BAD_INPUT, "$", "expected notifications of S3, EventBridge or MinIO");
    return error_none();
  }
  notification_prepare(reading, capacity);
  JSON_EACH (element, array) {
    struct notification_form form = notification_form_of(element);
    if (form.read == NULL) {
      return json_error(element, "not a notification of S3, EventBridge or MinIO as others of this array are");
    }
    TRY(form.read(reading, element));
  }
  return error_none();
}

static struct error read_value(struct notification_reading *reading, const struct json *value)
{
  if (value->type == JSON_ARRAY) {
    return read_array(reading, value);
  }
  struct notification_form form = notification_form_of(value);
  if (form.read == NULL) {
    reading->result->not_a_form = error_at(ERROR_BAD_INPUT, "$", "expected a notification of S3, EventBridge or MinIO");
    return error_none();
  }
  notification_prepare(reading, notification_capacity_of(value));
  return form.read(reading, value);
}

static struct error parse(struct arena *arena, struct text input, const struct json **value)
{
  struct error error = json_parse(arena, input, JSON_LIMITS_DEFAULT, value);
  return error.code == ERROR_NONE ? error : error_at(ERROR_BAD_INPUT, "$", "%s", error.detail);
}

/* `value` is what was read of the input when result->not_a_form is no error yet. */
static struct error read_input(struct notification_reading *reading, struct text input, const struct json *value)
{
  struct notification *result = reading->result;
  if (result->not_a_form.code == ERROR_NONE) {
    TRY(read_value(reading, value));
  }
  result->is_events = result->not_a_form.code != ERROR_NONE;
  result->events = result->is_events ? input : TEXT("");
  return error_none();
}

/* ---- an SNS message around it ---- */

static struct error within_message(struct error error)
{
  char inner[ERROR_FIELD_MAX];
  if (error.code != ERROR_NONE) {
    const char *dot = error.field[0] == '[' ? "" : ".";
    (void)snprintf(inner, sizeof inner, "%s", error.field);
    (void)snprintf(error.field, sizeof error.field, strcmp(inner, "$") == 0 ? "Message" : "Message%s%.*s", dot,
                   (int)(sizeof inner - 16), inner);
  }
  return error;
}

static bool has_text(const struct json *object, struct text key)
{
  const struct json *value = json_member(object, key);
  return value != NULL && value->type == JSON_STRING;
}

static bool is_envelope(const struct json *value)
{
  return has_text(value, TEXT("Type")) && has_text(value, TEXT("MessageId")) && has_text(value, TEXT("TopicArn")) &&
         has_text(value, TEXT("Message"));
}

static struct error read_envelope(struct notification_reading *reading, const struct json *envelope)
{
  struct text type = json_member(envelope, TEXT("Type"))->text;
  struct text message = json_member(envelope, TEXT("Message"))->text;
  struct notification *result = reading->result;
  const struct json *value = NULL;
  result->is_envelope = true;
  if (!text_equal(type, TEXT("Notification"))) {
    notification_prepare(reading, 1);
    notification_ignore(reading, NOTIFICATION_OTHER, arena_printf(reading->arena, "SNS message of type %.*s", TEXT_ARGS(type)));
    return error_none();
  }
  result->not_a_form = parse(reading->arena, message, &value);
  struct error error = within_message(read_input(reading, message, value));
  result->not_a_form = within_message(result->not_a_form);
  return error;
}

struct error notification_read(struct arena *arena, struct text input, struct notification *notification)
{
  const struct json *value = NULL;
  *notification = (struct notification){.events = TEXT("")};
  struct notification_reading reading = {.arena = arena, .result = notification};
  notification->not_a_form = parse(arena, input, &value);
  if (notification->not_a_form.code == ERROR_NONE && is_envelope(value)) {
    return read_envelope(&reading, value);
  }
  return read_input(&reading, input, value);
}
