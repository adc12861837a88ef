#include "ingest/events/event_extra.h"

#include "server/json/writer.h"

enum member_place { PLACE_NOWHERE, PLACE_PLAIN, PLACE_RESERVED, PLACE_STALE };

static bool is_any_of(struct text key, const struct text *names, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (text_equal(key, names[i])) {
      return true;
    }
  }
  return false;
}

bool event_is_stale(const struct event_kept *kept, const struct json *member)
{
  int64_t time_us = 0;
  const struct json *metadata = event_metadata_of(kept->view, member);
  return metadata != NULL && event_metadata_time(metadata, &time_us) && time_us < kept->stale_before_us;
}

static bool is_consumed(const struct event_kept *kept, const struct json *member)
{
  for (int i = 0; i < kept->consumed_count; i++) {
    if (kept->consumed[i] == member) {
      return true;
    }
  }
  return false;
}

/* Members of the event itself that a column took, or that mean nothing beyond this message. */
static bool is_envelope(const struct event_view *view, const struct json *member)
{
  static const struct text names[] = {{"thingnm", 7}, {"thetopic", 8}, {"timestamp", 9}, {"clientToken", 11}, {"version", 7},
                                      {"current", 7}, {"previous", 8}, {"state", 5},     {"metadata", 8}};
  return member == view->reported || is_any_of(member->key, names, sizeof(names) / sizeof(names[0]));
}

/* Whether something of a location object remains beside the pair that gave the position. */
static bool location_has_rest(const struct event_kept *kept, const struct json *location)
{
  JSON_EACH (child, location) {
    if (child->type != JSON_NULL && !is_consumed(kept, child)) {
      return true;
    }
  }
  return false;
}

static enum member_place place_of(const struct event_kept *kept, const struct json *member)
{
  static const struct text reserved[] = {{"reported", 8}, {"event", 5},        {"stale", 5},
                                         {"thetopic", 8}, {"clientToken", 11}, {"filenm", 6}};
  const struct event_view *view = kept->view;
  if (member->type == JSON_NULL || is_consumed(kept, member) || (view->is_flat && is_envelope(view, member))) {
    return PLACE_NOWHERE;
  }
  if (member == view->members[MEMBER_LOCATION]) {
    bool is_address = member->type == JSON_STRING && view->members[MEMBER_ADDRESS] == NULL;
    if (is_address || (member->type == JSON_OBJECT && !location_has_rest(kept, member))) {
      return is_address && event_is_stale(kept, member) ? PLACE_STALE : PLACE_NOWHERE;
    }
  }
  if (event_is_stale(kept, member)) {
    return PLACE_STALE;
  }
  return is_any_of(member->key, reserved, sizeof(reserved) / sizeof(reserved[0])) ? PLACE_RESERVED : PLACE_PLAIN;
}

/* jsonb keeps numbers as numeric, which has an end: at most 64 characters and an exponent of three digits are passed on. */
static bool is_storable_number(struct text number)
{
  const char *exponent = memchr(number.data, 'e', number.length);
  if (exponent == NULL) {
    exponent = memchr(number.data, 'E', number.length);
  }
  size_t exponent_length = exponent != NULL ? number.length - (size_t)(exponent - number.data) : 0;
  return number.length <= 64 && exponent_length <= 5;
}

static bool is_storable(const struct json *value)
{
  if (value->type == JSON_NUMBER) {
    return is_storable_number(value->text);
  }
  if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
    JSON_EACH (child, value) {
      if (!is_storable(child)) {
        return false;
      }
    }
  }
  return true;
}

static void write_value(struct json_writer *writer, const struct json *value)
{
  if (is_storable(value)) {
    json_raw(writer, value->raw);
  } else {
    json_string(writer, value->raw);
  }
}

static void write_member(struct json_writer *writer, const struct event_kept *kept, const struct json *member)
{
  json_key_text(writer, member->key);
  if (member->type != JSON_OBJECT || member != kept->view->members[MEMBER_LOCATION]) {
    write_value(writer, member);
    return;
  }
  json_begin_object(writer);
  JSON_EACH (child, member) {
    if (child->type != JSON_NULL && !is_consumed(kept, child)) {
      json_key_text(writer, child->key);
      write_value(writer, child);
    }
  }
  json_end_object(writer);
}

static void write_group(struct json_writer *writer, const struct event_kept *kept, enum member_place place, const char *name)
{
  json_key(writer, name);
  json_begin_object(writer);
  JSON_EACH (member, kept->view->reported) {
    if (place_of(kept, member) == place) {
      write_member(writer, kept, member);
    }
  }
  json_end_object(writer);
}

static bool is_unknown_beside_state(const struct event_view *view, const struct json *member)
{
  return !view->is_flat && member->type != JSON_NULL && !is_envelope(view, member);
}

static void write_event_members(struct json_writer *writer, const struct event_view *view)
{
  bool begun = false;
  JSON_EACH (member, view->event) {
    if (!is_unknown_beside_state(view, member)) {
      continue;
    }
    if (!begun) {
      json_key(writer, "event");
      json_begin_object(writer);
      begun = true;
    }
    json_key_text(writer, member->key);
    write_value(writer, member);
  }
  if (begun) {
    json_end_object(writer);
  }
}

/* `location` was the address in the founding article's Hive view. */
static const struct json *address_in_location(const struct event_kept *kept)
{
  const struct json *location = kept->view->members[MEMBER_LOCATION];
  bool is_address = location != NULL && location->type == JSON_STRING && kept->view->members[MEMBER_ADDRESS] == NULL;
  return is_address && !event_is_stale(kept, location) ? location : NULL;
}

static void write_text_member(struct json_writer *writer, const char *name, const struct json *value)
{
  if (value != NULL) {
    json_key(writer, name);
    write_value(writer, value);
  }
}

struct text event_extra(struct arena *arena, struct buffer *scratch, const struct event_kept *kept)
{
  unsigned places = 0;
  buffer_clear(scratch);
  struct json_writer writer = json_writer_to(scratch);
  json_begin_object(&writer);
  JSON_EACH (member, kept->view->reported) {
    enum member_place place = place_of(kept, member);
    places |= 1U << place;
    if (place == PLACE_PLAIN) {
      write_member(&writer, kept, member);
    }
  }
  if ((places & (1U << PLACE_RESERVED)) != 0) {
    write_group(&writer, kept, PLACE_RESERVED, "reported");
  }
  write_event_members(&writer, kept->view);
  if ((places & (1U << PLACE_STALE)) != 0) {
    write_group(&writer, kept, PLACE_STALE, "stale");
  }
  write_text_member(&writer, "address", address_in_location(kept));
  write_text_member(&writer, "thetopic", kept->view->thetopic);
  write_text_member(&writer, "clientToken", kept->view->client_token);
  if (kept->file.length != 0) {
    json_key(&writer, "filenm");
    json_string(&writer, kept->file);
  }
  json_end_object(&writer);
  return scratch->length > 2 ? text_copy(arena, buffer_text(scratch)) : (struct text){NULL, 0};
}
