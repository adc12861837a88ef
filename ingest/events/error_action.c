#include "ingest/events/error_action.h"

#include "server/base/base64.h"

static const struct json *text_member(const struct json *object, struct text key)
{
  const struct json *member = json_member(object, key);
  return member != NULL && member->type == JSON_STRING ? member : NULL;
}

bool error_action_message(const struct json *event, size_t index, struct error_action_message *message)
{
  const struct json *topic = text_member(event, TEXT("topic"));
  *message = (struct error_action_message){.carrier = event, .topic = topic, .is_alone = true};
  message->payload = json_member(event, TEXT("base64OriginalPayload"));
  if (message->payload == NULL && text_member(event, TEXT("errorCode")) != NULL) {
    message->payload = text_member(event, TEXT("rawData"));
  }
  if (message->payload != NULL) {
    return index == 0;
  }
  const struct json *entry = json_element(json_member(event, TEXT("payloadsWithMetadata")), index);
  if (entry == NULL) {
    return false;
  }
  const struct json *own_topic = text_member(entry, TEXT("topic"));
  message->carrier = entry;
  message->payload = json_member(entry, TEXT("base64OriginalPayload"));
  message->topic = own_topic != NULL ? own_topic : topic;
  message->is_alone = own_topic != NULL;
  return true;
}

static bool fail(struct text *reason, struct text why)
{
  *reason = why;
  return false;
}

/* Firehose keeps a record with the separator that the rule put behind it. */
static struct text without_separator(struct text payload)
{
  while (payload.length != 0 && memchr(" \t\r\n,", payload.data[payload.length - 1], 5) != NULL) {
    payload.length--;
  }
  return payload;
}

/* The topic as one more member, in front: from here on it is an event like any other. */
static struct text with_topic(struct arena *arena, const struct json *event, const struct json *topic)
{
  const char *comma = event->count != 0 ? "," : "";
  const char *rest = event->raw.data + 1;
  int rest_length = (int)event->raw.length - 1;
  return text_from(arena_printf(arena, "{\"thetopic\":%.*s%s%.*s", TEXT_ARGS(topic->raw), comma, rest_length, rest));
}

bool error_action_read(struct arena *arena, const struct error_action_message *message, const struct json **event,
                       struct text *reason)
{
  if (message->payload == NULL || message->payload->type != JSON_STRING) {
    return fail(reason, TEXT("expected the payload as text in base64"));
  }
  struct text encoded = message->payload->text;
  char *bytes = arena_alloc_bytes(arena, base64_decoded_max(encoded.length) + 1);
  struct text payload = {bytes, 0};
  if (!base64_decode(encoded, bytes, &payload.length)) {
    return fail(reason, TEXT("not base64"));
  }
  struct error error = json_parse(arena, without_separator(payload), JSON_LIMITS_DEFAULT, event);
  if (error.code != ERROR_NONE) {
    return fail(reason, text_copy(arena, text_from(error.detail)));
  }
  if ((*event)->type != JSON_OBJECT || message->topic == NULL || json_member(*event, TEXT("thetopic")) != NULL) {
    return true;
  }
  error = json_parse(arena, with_topic(arena, *event, message->topic), JSON_LIMITS_DEFAULT, event);
  return error.code == ERROR_NONE || fail(reason, text_copy(arena, text_from(error.detail)));
}
