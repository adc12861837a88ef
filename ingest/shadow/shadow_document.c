#include "ingest/shadow/shadow_document.h"

#include "ingest/events/event_shape.h"
#include "server/base/clock.h"

static const int64_t RESTART_AFTER_US = 2 * US_PER_DAY;

/* AWS IoT takes 6 to 8 levels within a section. Merging and the metadata add some, which the JSON writer must hold. */
static const struct json_limits LIMITS = {.depth_max = 24, .members_max = 1000, .values_max = 50000};

bool shadow_is_name(struct text name)
{
  for (size_t i = 0; i < name.length; i++) {
    char byte = name.data[i];
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (!is_letter && (byte < '0' || byte > '9') && (byte == '\0' || strchr("$:_-", byte) == NULL)) {
      return false;
    }
  }
  return name.length >= 1 && name.length <= SHADOW_NAME_MAX;
}

static const struct json *object_at(const struct json *parent, struct text key)
{
  const struct json *member = json_member(parent, key);
  return member != NULL && member->type == JSON_OBJECT ? member : NULL;
}

static bool is_null_at(const struct json *parent, struct text key)
{
  const struct json *member = json_member(parent, key);
  return member != NULL && member->type == JSON_NULL;
}

static bool read_version(const struct json *parent, int64_t *version)
{
  const struct json *member = json_member(parent, TEXT("version"));
  return member != NULL && json_lenient_int64(member, version) && *version >= 0;
}

/* $aws/things/THING/shadow/name/NAME/what, or $aws/things/THING/shadow/what. False: the name is none. */
static bool read_topic(const struct json *event, struct text *name, struct text *what)
{
  struct text part = TEXT("");
  const struct json *topic = json_member(event, TEXT("thetopic"));
  *what = TEXT("");
  if (topic == NULL || topic->type != JSON_STRING) {
    return true;
  }
  struct text rest = topic->text;
  for (int segment = 0; segment < 4; segment++) {
    if (!text_split(&rest, '/', &part)) {
      return true;
    }
  }
  *what = rest;
  if (!text_starts_with(rest, TEXT("name/"))) {
    return true;
  }
  (void)text_split(&rest, '/', &part);
  if (!text_split(&rest, '/', name) || !shadow_is_name(*name)) {
    return false;
  }
  *what = rest;
  return true;
}

/* The newest of its members' times; of a part, whose members may all be deletions, the message's own. That of an answer to a
 * get is when it was asked. */
static void read_time(const struct json *message, struct shadow_update *update)
{
  int64_t reported_us = 0;
  int64_t desired_us = 0;
  const struct json *timestamp = json_member(message, TEXT("timestamp"));
  bool is_timed = timestamp != NULL && event_timestamp(timestamp, &update->updated_at_us);
  if (is_timed && update->extent != SHADOW_EXTENT_WHOLE) {
    return;
  }
  bool has_times = event_metadata_time(update->reported_metadata, &reported_us);
  has_times = event_metadata_time(update->desired_metadata, &desired_us) || has_times;
  if (has_times) {
    update->updated_at_us = reported_us > desired_us ? reported_us : desired_us;
  }
}

static void read_sections(const struct json *document, struct shadow_update *update)
{
  const struct json *state = object_at(document, TEXT("state"));
  const struct json *metadata = object_at(document, TEXT("metadata"));
  update->reported = object_at(state, TEXT("reported"));
  update->desired = object_at(state, TEXT("desired"));
  update->reported_metadata = object_at(metadata, TEXT("reported"));
  update->desired_metadata = object_at(metadata, TEXT("desired"));
  update->clears_reported = is_null_at(state, TEXT("reported"));
  update->clears_desired = is_null_at(state, TEXT("desired"));
}

/* A delta has no level of desired and reported. */
static void read_delta(const struct json *event, struct shadow_update *update)
{
  update->extent = SHADOW_EXTENT_DELTA;
  update->desired = object_at(event, TEXT("state"));
  update->desired_metadata = object_at(event, TEXT("metadata"));
}

static bool read_event(const struct json *event, struct shadow_update *update)
{
  struct text what = TEXT("");
  const struct json *current = object_at(event, TEXT("current"));
  if (!read_topic(event, &update->name, &what)) {
    return false;
  }
  if (current != NULL) {
    read_sections(current, update);
    return read_version(current, &update->version) || read_version(event, &update->version);
  }
  const struct json *state = object_at(event, TEXT("state"));
  if (state == NULL || !read_version(event, &update->version)) {
    return false;
  }
  bool has_sections = json_member(state, TEXT("reported")) != NULL || json_member(state, TEXT("desired")) != NULL;
  if (text_equal(what, TEXT("update/delta")) || (what.length == 0 && !has_sections && state->count != 0)) {
    read_delta(event, update);
    return true;
  }
  read_sections(event, update);
  bool is_whole = text_equal(what, TEXT("get/accepted")) || json_member(state, TEXT("delta")) != NULL;
  update->extent = is_whole ? SHADOW_EXTENT_WHOLE : SHADOW_EXTENT_PART;
  return is_whole || has_sections;
}

bool shadow_update_read(struct arena *arena, struct text text, enum shadow_form form, struct shadow_update *update)
{
  const struct json *root = NULL;
  *update = (struct shadow_update){.name = TEXT(""), .extent = SHADOW_EXTENT_WHOLE};
  struct error error = json_parse(arena, text, LIMITS, &root);
  if (error.code != ERROR_NONE || root->type != JSON_OBJECT) {
    return false;
  }
  if (form == SHADOW_EVENT) {
    if (!read_event(root, update)) {
      return false;
    }
  } else {
    read_sections(root, update);
    if (object_at(root, TEXT("state")) == NULL || !read_version(root, &update->version)) {
      return false;
    }
  }
  read_time(root, update);
  return true;
}

bool shadow_is_after(struct shadow_mark next, struct shadow_mark kept)
{
  int64_t apart_us = next.updated_at_us - kept.updated_at_us;
  if (apart_us > RESTART_AFTER_US || apart_us < -RESTART_AFTER_US) {
    return apart_us > 0;
  }
  return next.version > kept.version;
}
