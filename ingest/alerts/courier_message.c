#include "ingest/alerts/courier_message.h"

#include "server/json/reader.h"
#include "server/json/writer.h"

static struct text take(struct arena *arena, struct buffer *buffer)
{
  const struct text copy = text_copy(arena, buffer_text(buffer));
  buffer_free(buffer);
  return copy;
}

static void write_text_or_null(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  if (value.length == 0) {
    json_null(json);
  } else {
    json_string(json, value);
  }
}

struct text courier_message_json(struct arena *arena, const struct courier_message *message)
{
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  const char *family = message->alert_id != 0 ? "alert" : "channel";
  json_begin_object(&json);
  json_key(&json, "type");
  json_cstring(&json, arena_printf(arena, "%s.%.*s", family, TEXT_ARGS(message->change)));
  json_key(&json, "timestamp");
  json_time(&json, message->at_us);
  json_key(&json, "data");
  json_begin_object(&json);
  json_key(&json, "change");
  json_string(&json, message->change);
  json_key(&json, "sequence");
  json_int64(&json, message->sequence);
  json_key(&json, "title");
  json_string(&json, message->title);
  write_text_or_null(&json, "by", message->by);
  write_text_or_null(&json, "note", message->note);
  json_key(&json, "alert");
  json_raw(&json, message->document);
  json_end_object(&json);
  json_end_object(&json);
  return take(arena, &out);
}

/* ---- for people ---- */

static void add_line(struct buffer *out, const char *label, const struct json *alert, struct text key, struct text unit)
{
  const struct json *value = json_member(alert, key);
  if (value == NULL || value->type == JSON_NULL) {
    return;
  }
  const struct text words = value->type == JSON_STRING ? value->text : value->raw;
  buffer_printf(out, "%s: %.*s%s%.*s\n", label, TEXT_ARGS(words), unit.length > 0 ? " " : "", TEXT_ARGS(unit));
}

static void add_place(struct buffer *out, const struct json *alert)
{
  const struct json *longitude = json_member(alert, TEXT("lon"));
  const struct json *latitude = json_member(alert, TEXT("lat"));
  if (longitude != NULL && latitude != NULL && longitude->type == JSON_NUMBER && latitude->type == JSON_NUMBER) {
    buffer_printf(out, "Place: %.*s, %.*s\n", TEXT_ARGS(latitude->text), TEXT_ARGS(longitude->text));
  }
}

static void add_alert(struct buffer *out, const struct json *alert)
{
  const struct json *unit = json_member(alert, TEXT("unit"));
  const struct json *kind = json_member(alert, TEXT("kind"));
  const struct text of_value = unit != NULL && unit->type == JSON_STRING ? unit->text : TEXT("");
  const bool is_warming = kind != NULL && kind->type == JSON_STRING && text_equal(kind->text, TEXT("warming"));
  add_line(out, "Vehicle", alert, TEXT("vehicle"), TEXT(""));
  add_line(out, "Kind", alert, TEXT("kind"), TEXT(""));
  add_line(out, "Severity", alert, TEXT("severity"), TEXT(""));
  add_line(out, "State", alert, TEXT("state"), TEXT(""));
  add_line(out, "About", alert, TEXT("subject"), TEXT(""));
  add_line(out, "Worst", alert, TEXT("value"), of_value);
  add_line(out, "Limit", alert, TEXT("limit_value"), is_warming ? TEXT("°C") : of_value);
  add_line(out, "Began (UTC)", alert, TEXT("began_at"), TEXT(""));
  add_line(out, "Ended (UTC)", alert, TEXT("ended_at"), TEXT(""));
  add_line(out, "Acknowledged by", alert, TEXT("acknowledged_by"), TEXT(""));
  add_line(out, "Assigned to", alert, TEXT("assigned_to"), TEXT(""));
  add_place(out, alert);
}

struct text courier_message_text(struct arena *arena, const struct courier_message *message, struct text public_url)
{
  struct buffer out = {0};
  const struct json *alert = NULL;
  buffer_printf(&out, "%.*s\n\n", TEXT_ARGS(message->title));
  const struct error error = json_parse(arena, message->document, JSON_LIMITS_DEFAULT, &alert);
  if (error.code == ERROR_NONE && alert->type == JSON_OBJECT) {
    add_alert(&out, alert);
  }
  if (message->by.length > 0) {
    buffer_printf(&out, "By: %.*s\n", TEXT_ARGS(message->by));
  }
  if (message->note.length > 0) {
    buffer_printf(&out, "Note: %.*s\n", TEXT_ARGS(message->note));
  }
  if (message->alert_id != 0) {
    buffer_printf(&out, "\nAlert %lld, message %lld\n", (long long)message->alert_id, (long long)message->sequence);
  }
  if (public_url.length > 0) {
    buffer_printf(&out, "%.*s\n", TEXT_ARGS(public_url));
  }
  return take(arena, &out);
}

struct text courier_message_sns(struct arena *arena, const struct courier_message *message, struct text public_url)
{
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  json_begin_object(&json);
  json_key(&json, "default");
  json_string(&json, courier_message_json(arena, message));
  json_key(&json, "email");
  json_string(&json, courier_message_text(arena, message, public_url));
  json_key(&json, "sms");
  json_string(&json, text_cut(message->title, 140));
  json_end_object(&json);
  return take(arena, &out);
}
