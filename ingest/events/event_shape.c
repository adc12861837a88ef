#include "ingest/events/event_shape.h"

#include <math.h>

#include "server/base/clock.h"

static const struct text MEMBER_NAMES[MEMBER_COUNT] = {
    [MEMBER_LOCATION] = {"location", 8},
    [MEMBER_LATITUDE] = {"latitude", 8},
    [MEMBER_LONGITUDE] = {"longitude", 9},
    [MEMBER_LAT] = {"lat", 3},
    [MEMBER_LON] = {"lon", 3},
    [MEMBER_LNG] = {"lng", 3},
    [MEMBER_THING_NAME] = {"thingName", 9},
    [MEMBER_SPEED] = {"speed", 5},
    [MEMBER_HEADING] = {"heading", 7},
    [MEMBER_IGNITION] = {"ignition", 8},
    [MEMBER_ADDRESS] = {"address", 7},
    [MEMBER_TEMPERATURE] = {NULL, 0},
};

enum event_member {
  EVENT_THINGNM,
  EVENT_THETOPIC,
  EVENT_TIMESTAMP,
  EVENT_CLIENT_TOKEN,
  EVENT_VERSION,
  EVENT_CURRENT,
  EVENT_PREVIOUS,
  EVENT_STATE,
  EVENT_REPORTED,
  EVENT_METADATA,
  EVENT_MEMBER_COUNT
};

static const struct text EVENT_NAMES[EVENT_MEMBER_COUNT] = {
    [EVENT_THINGNM] = {"thingnm", 7},           [EVENT_THETOPIC] = {"thetopic", 8}, [EVENT_TIMESTAMP] = {"timestamp", 9},
    [EVENT_CLIENT_TOKEN] = {"clientToken", 11}, [EVENT_VERSION] = {"version", 7},   [EVENT_CURRENT] = {"current", 7},
    [EVENT_PREVIOUS] = {"previous", 8},         [EVENT_STATE] = {"state", 5},       [EVENT_REPORTED] = {"reported", 8},
    [EVENT_METADATA] = {"metadata", 8},
};

/* One pass over the object for all names; null counts as absent, as a shadow deletes a field by null. */
static void find_members(const struct json *object, const struct text *names, size_t count, const struct json **found)
{
  JSON_EACH (child, object) {
    if (child->type == JSON_NULL) {
      continue;
    }
    for (size_t i = 0; i < count; i++) {
      if (names[i].length == child->key.length && memcmp(names[i].data, child->key.data, names[i].length) == 0) {
        found[i] = child;
        break;
      }
    }
  }
}

static const struct json *object_or_null(const struct json *value)
{
  return value != NULL && value->type == JSON_OBJECT ? value : NULL;
}

static const struct json *object_member(const struct json *object, struct text key)
{
  return object_or_null(json_member(object, key));
}

/* update/documents has `current`; update/accepted and GetThingShadow have `state`; the console shows `reported` alone. A delta
 * has `state` without `reported`: what is wished for and not yet so, which is no fix. */
static void find_reported(const struct json *const *found, struct event_view *view)
{
  const struct json *metadata = object_or_null(found[EVENT_METADATA]);
  if (found[EVENT_CURRENT] != NULL || found[EVENT_PREVIOUS] != NULL) {
    const struct json *current = object_or_null(found[EVENT_CURRENT]);
    const struct json *version = json_member(current, TEXT("version"));
    view->reported = object_member(object_member(current, TEXT("state")), TEXT("reported"));
    view->metadata = object_member(object_member(current, TEXT("metadata")), TEXT("reported"));
    view->version = version != NULL && version->type != JSON_NULL ? version : found[EVENT_VERSION];
  } else if (found[EVENT_STATE] != NULL) {
    view->reported = object_member(object_or_null(found[EVENT_STATE]), TEXT("reported"));
    view->metadata = object_member(metadata, TEXT("reported"));
  } else if (object_or_null(found[EVENT_REPORTED]) != NULL) {
    view->reported = found[EVENT_REPORTED];
    view->metadata = object_member(metadata, TEXT("reported"));
  } else {
    const struct json *within = object_member(metadata, TEXT("reported"));
    view->reported = view->event;
    view->metadata = within != NULL ? within : metadata;
    view->is_flat = true;
  }
}

/* A whole classic shadow is known without looking into it; parts and named ones (topic $aws/things/THING/shadow/name/..) are
 * not.
 */
static void find_shadow(const struct json *const *found, struct event_view *view)
{
  static const struct text named = {"/shadow/name/", 13};
  const struct json *current = object_or_null(found[EVENT_CURRENT]);
  const struct json *topic = found[EVENT_THETOPIC];
  if (view->version == NULL || (current == NULL && object_or_null(found[EVENT_STATE]) == NULL)) {
    return;
  }
  bool is_named = topic != NULL && topic->type == JSON_STRING &&
                  memmem(topic->text.data, topic->text.length, named.data, named.length) != NULL;
  bool is_whole = current != NULL && !is_named && json_member(current, TEXT("version")) == view->version;
  view->shadow = is_whole ? current : view->event;
  view->shadow_form = is_whole ? SHADOW_WHOLE : SHADOW_EVENT;
}

static bool set_pair(struct event_view *view, const struct json *latitude, const struct json *longitude)
{
  if (latitude == NULL || longitude == NULL) {
    return false;
  }
  view->latitude = latitude;
  view->longitude = longitude;
  return true;
}

static void find_position(struct event_view *view)
{
  static const struct text names[] = {{"lat", 3}, {"lon", 3}};
  const struct json *const *members = view->members;
  const struct json *within[2] = {NULL, NULL};
  if (object_or_null(members[MEMBER_LOCATION]) != NULL) {
    find_members(members[MEMBER_LOCATION], names, 2, within);
  }
  if (set_pair(view, within[0], within[1]) || set_pair(view, members[MEMBER_LATITUDE], members[MEMBER_LONGITUDE])) {
    return;
  }
  (void)set_pair(view, members[MEMBER_LAT], members[MEMBER_LON] != NULL ? members[MEMBER_LON] : members[MEMBER_LNG]);
}

void event_view_make(const struct json *event, struct text temperature_field, struct event_view *view)
{
  const struct json *found[EVENT_MEMBER_COUNT] = {NULL};
  struct text names[MEMBER_COUNT];
  *view = (struct event_view){.event = event};
  find_members(event, EVENT_NAMES, EVENT_MEMBER_COUNT, found);
  view->thingnm = found[EVENT_THINGNM];
  view->thetopic = found[EVENT_THETOPIC];
  view->timestamp = found[EVENT_TIMESTAMP];
  view->client_token = found[EVENT_CLIENT_TOKEN];
  view->version = found[EVENT_VERSION];
  find_reported(found, view);
  find_shadow(found, view);
  if (view->reported == NULL) {
    return;
  }
  memcpy(names, MEMBER_NAMES, sizeof(names));
  names[MEMBER_TEMPERATURE] = temperature_field;
  find_members(view->reported, names, MEMBER_COUNT, view->members);
  find_position(view);
}

static bool timestamp_from_double(double value, int64_t *time_us)
{
  double magnitude = fabs(value);
  if (magnitude < 1e11) {
    *time_us = (int64_t)llround(value * 1e6);
    return true;
  }
  if (magnitude < 1e14) {
    *time_us = (int64_t)llround(value * 1e3);
    return true;
  }
  return false;
}

bool event_timestamp(const struct json *value, int64_t *time_us)
{
  int64_t whole = 0;
  double fractional = 0;
  if (json_lenient_int64(value, &whole)) {
    if (whole > -100000000000 && whole < 100000000000) {
      *time_us = whole * US_PER_SECOND;
      return true;
    }
    if (whole > 0 && whole < 100000000000000) {
      *time_us = whole * US_PER_MS;
      return true;
    }
    return false;
  }
  if (json_lenient_double(value, &fractional)) {
    return timestamp_from_double(fractional, time_us);
  }
  return value->type == JSON_STRING && clock_parse(value->text, time_us);
}

bool event_metadata_time(const struct json *metadata, int64_t *time_us)
{
  bool found = false;
  if (metadata == NULL || (metadata->type != JSON_OBJECT && metadata->type != JSON_ARRAY)) {
    return false;
  }
  JSON_EACH (child, metadata) {
    int64_t own_us = 0;
    bool is_leaf = metadata->type == JSON_OBJECT && child->type != JSON_OBJECT && text_equal(child->key, TEXT("timestamp"));
    bool known = is_leaf ? event_timestamp(child, &own_us) : event_metadata_time(child, &own_us);
    if (known && (!found || own_us > *time_us)) {
      *time_us = own_us;
      found = true;
    }
  }
  return found;
}

const struct json *event_metadata_of(const struct event_view *view, const struct json *member)
{
  return view->metadata != NULL ? json_member(view->metadata, member->key) : NULL;
}
