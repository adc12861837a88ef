#include "ingest/events/event_reader.h"

#include <math.h>
#include <stdio.h>

#include "ingest/events/error_action.h"
#include "ingest/events/event_extra.h"
#include "ingest/events/event_items.h"
#include "ingest/events/event_shape.h"
#include "ingest/events/event_values.h"
#include "ingest/events/flags.h"
#include "server/base/clock.h"

/* One call of event_read. */
struct reading {
  struct arena *arena;
  struct buffer *scratch;
  const struct event_settings *settings;
  const struct event_input *input;
  struct events *events;
  size_t breadcrumb_capacity;
  uint32_t index;     /* of the event at hand */
  bool is_numbered;   /* paths start with [index] */
  struct text within; /* path of the payload that wraps the event at hand; empty: nothing does */
};

static const int64_t RECORDED_AT_MIN_US = INT64_C(946684800) * US_PER_SECOND; /* 2000-01-01 */
static const int64_t RECORDED_AHEAD_MAX_US = 366 * US_PER_DAY;

struct error event_settings_make(const char *speed_unit, const char *temperature_unit, const char *temperature_field,
                                 int64_t stale_field_s, struct event_settings *settings)
{
  struct text speed = text_from(speed_unit);
  struct text temperature = text_from(temperature_unit);
  if (text_equal(speed, TEXT("mph"))) {
    settings->kmh_per_speed_unit = 1.609344;
  } else if (text_equal(speed, TEXT("kmh"))) {
    settings->kmh_per_speed_unit = 1.0;
  } else if (text_equal(speed, TEXT("ms"))) {
    settings->kmh_per_speed_unit = 3.6;
  } else {
    return error_at(ERROR_SETUP, "speed-unit", "expected mph, kmh or ms");
  }
  if (!text_equal(temperature, TEXT("c")) && !text_equal(temperature, TEXT("f"))) {
    return error_at(ERROR_SETUP, "temperature-unit", "expected c or f");
  }
  settings->temperature_is_fahrenheit = text_equal(temperature, TEXT("f"));
  settings->temperature_field = text_from(temperature_field);
  settings->stale_after_us = stale_field_s * US_PER_SECOND;
  return error_none();
}

static void reserve_reject(struct arena *arena, struct events *events)
{
  if (events->reject_count < events->reject_capacity) {
    return;
  }
  size_t capacity = events->reject_capacity == 0 ? 1 : events->reject_capacity * 2;
  struct rejected *larger = arena_alloc_array(arena, capacity, sizeof(struct rejected));
  if (events->reject_count != 0) {
    memcpy(larger, events->rejects, events->reject_count * sizeof(struct rejected));
  }
  events->rejects = larger;
  events->reject_capacity = capacity;
}

/* The path as it stands in the input; elements are read one by one, and values back to back are numbered like them. */
static struct text path_of(const struct reading *reading, const struct json *value)
{
  char path[ERROR_FIELD_MAX];
  const char *rest = "";
  if (value != NULL) {
    json_path(value, path, sizeof(path));
    rest = strcmp(path, "$") == 0 ? "" : path;
  }
  char *whole = NULL;
  if (reading->within.length != 0) {
    whole = arena_printf(reading->arena, "%.*s%s%s", TEXT_ARGS(reading->within), rest[0] != '\0' && rest[0] != '[' ? "." : "",
                         rest);
  } else if (!reading->is_numbered) {
    whole = arena_printf(reading->arena, "%s", rest[0] != '\0' ? rest : "$");
  } else {
    whole = arena_printf(reading->arena, "[%u]%s%s", reading->index, rest[0] != '\0' && rest[0] != '[' ? "." : "", rest);
  }
  return rejected_storable(text_from(whole));
}

static void add_reject(struct reading *reading, const struct json *at, struct text vehicle, struct text reason,
                       struct text body)
{
  struct events *events = reading->events;
  reserve_reject(reading->arena, events);
  events->rejects[events->reject_count++] = (struct rejected){.index = reading->index,
                                                              .vehicle = vehicle,
                                                              .field = path_of(reading, at),
                                                              .reason = rejected_storable(reason),
                                                              .body = body};
}

/* Why an event is no breadcrumb: the value at fault and the reason. */
struct fault {
  const struct json *at;
  struct text reason;
};

static bool blame(struct fault *fault, const struct json *at, struct text reason)
{
  fault->at = at;
  fault->reason = reason;
  return false;
}

/* Segment 3 of $aws/things/NAME/shadow/... */
static bool name_in_topic(const struct json *topic, struct text *name)
{
  if (topic == NULL || topic->type != JSON_STRING) {
    return false;
  }
  struct text rest = topic->text;
  for (int segment = 0; segment < 3; segment++) {
    if (!text_split(&rest, '/', name)) {
      return false;
    }
  }
  return name->length != 0;
}

static bool read_name(const struct reading *reading, const struct event_view *view, struct text *name, struct fault *fault)
{
  const struct json *thing_name = view->members[MEMBER_THING_NAME];
  const struct json *source = view->thingnm;
  if (view->thingnm == NULL && name_in_topic(view->thetopic, name)) {
    source = view->thetopic;
  } else if (view->thingnm == NULL && thing_name != NULL) {
    source = thing_name;
  } else if (view->thingnm == NULL) {
    *name = reading->input->vehicle_hint;
    if (name->length == 0) {
      return blame(fault, view->event, TEXT("no vehicle name"));
    }
  }
  if (source != NULL && source != view->thetopic) {
    *name = source->type == JSON_STRING ? source->text : TEXT("");
  }
  if (!event_is_vehicle_name(*name)) {
    *name = (struct text){NULL, 0};
    return blame(fault, source != NULL ? source : view->event,
                 TEXT("not a vehicle name: expected 1 to 128 of A-Z, a-z, 0-9, ':', '_', '-'"));
  }
  return true;
}

static bool read_degrees(const struct json *value, double limit, struct text reason, double *degrees, struct fault *fault)
{
  if (!json_lenient_double(value, degrees) || fabs(*degrees) > limit) {
    return blame(fault, value, reason);
  }
  *degrees += 0.0; /* no negative zero */
  return true;
}

static bool read_time(const struct reading *reading, const struct event_view *view, int64_t *recorded_at_us,
                      struct fault *fault)
{
  int64_t latitude_us = INT64_MIN;
  int64_t longitude_us = INT64_MIN;
  const struct json *location = view->latitude->parent;
  const struct json *metadata = view->metadata;
  if (location != view->reported && metadata != NULL) {
    const struct json *within = json_member(metadata, TEXT("location"));
    metadata = within;
  }
  const struct json *blamed = view->latitude;
  bool has_latitude = metadata != NULL && event_metadata_time(json_member(metadata, view->latitude->key), &latitude_us);
  bool has_longitude = metadata != NULL && event_metadata_time(json_member(metadata, view->longitude->key), &longitude_us);
  if (has_latitude || has_longitude) {
    *recorded_at_us = latitude_us > longitude_us ? latitude_us : longitude_us;
  } else if (location != view->reported && event_metadata_time(metadata, recorded_at_us)) {
    blamed = location;
  } else if (event_metadata_time(view->metadata, recorded_at_us)) {
    blamed = view->metadata;
  } else if (view->timestamp != NULL) {
    blamed = view->timestamp;
    if (!event_timestamp(view->timestamp, recorded_at_us)) {
      return blame(fault, blamed, TEXT("not a time: expected seconds (10 digits) or milliseconds (13 digits) since 1970"));
    }
  } else {
    *recorded_at_us = reading->input->now_us;
  }
  if (*recorded_at_us < RECORDED_AT_MIN_US || *recorded_at_us > reading->input->now_us + RECORDED_AHEAD_MAX_US) {
    return blame(fault, blamed, TEXT("time outside 2000-01-01 to a year from now"));
  }
  return true;
}

static bool read_version(const struct event_view *view, int64_t *version, struct fault *fault)
{
  if (view->version != NULL && (!json_lenient_int64(view->version, version) || *version < 0)) {
    return blame(fault, view->version, TEXT("expected a whole number of at least 0"));
  }
  return true;
}

static void consume(struct event_kept *kept, const struct json *member)
{
  kept->consumed[kept->consumed_count++] = member;
}

/* A value that is stale or unreadable stays absent and is kept in `extra` because nothing consumed it. */
static void read_values(const struct reading *reading, const struct event_view *view, struct event_kept *kept,
                        struct breadcrumb *breadcrumb)
{
  const struct event_settings *settings = reading->settings;
  const struct json *speed = view->members[MEMBER_SPEED];
  const struct json *heading = view->members[MEMBER_HEADING];
  const struct json *ignition = view->members[MEMBER_IGNITION];
  const struct json *temperature = view->members[MEMBER_TEMPERATURE];
  if (speed != NULL && !event_is_stale(kept, speed) &&
      event_speed_kmh(speed, settings->kmh_per_speed_unit, &breadcrumb->speed_kmh)) {
    consume(kept, speed);
  }
  if (heading != NULL && !event_is_stale(kept, heading) && event_heading_deg(heading, &breadcrumb->heading_deg)) {
    consume(kept, heading);
  }
  if (ignition != NULL && !event_is_stale(kept, ignition) && event_ignition(ignition, &breadcrumb->ignition)) {
    consume(kept, ignition);
  }
  if (temperature != NULL && !event_is_stale(kept, temperature) &&
      event_temperature_c(temperature, settings->temperature_is_fahrenheit, &breadcrumb->temperature_c)) {
    consume(kept, temperature);
  }
}

static bool read_breadcrumb(const struct reading *reading, const struct event_view *view, struct breadcrumb *breadcrumb,
                            struct fault *fault)
{
  struct event_kept kept = {.view = view, .file = reading->input->file};
  *breadcrumb = (struct breadcrumb){
      .speed_kmh = NAN, .heading_deg = NAN, .temperature_c = NAN, .ignition = -1, .source = reading->input->source};
  if (view->latitude == NULL) {
    (void)blame(fault, view->reported != NULL ? view->reported : view->event, TEXT("no position"));
    struct fault ignored;
    (void)read_name(reading, view, &breadcrumb->vehicle, &ignored);
    return false;
  }
  if (!read_name(reading, view, &breadcrumb->vehicle, fault) ||
      !read_degrees(view->latitude, 90.0, TEXT("expected -90..90"), &breadcrumb->latitude_deg, fault) ||
      !read_degrees(view->longitude, 180.0, TEXT("expected -180..180"), &breadcrumb->longitude_deg, fault) ||
      !read_time(reading, view, &breadcrumb->recorded_at_us, fault) || !read_version(view, &breadcrumb->version, fault)) {
    return false;
  }
  kept.stale_before_us = breadcrumb->recorded_at_us - reading->settings->stale_after_us;
  consume(&kept, view->latitude);
  consume(&kept, view->longitude);
  read_values(reading, view, &kept, breadcrumb);
  const struct json *thing_name = view->members[MEMBER_THING_NAME];
  if (thing_name != NULL && thing_name->type == JSON_STRING && text_equal(thing_name->text, breadcrumb->vehicle)) {
    consume(&kept, thing_name);
  }
  breadcrumb->flags = flags_intrinsic(breadcrumb, reading->input->now_us);
  breadcrumb->shadow_form = (uint8_t)view->shadow_form;
  breadcrumb->shadow = view->shadow != NULL ? view->shadow->raw : (struct text){NULL, 0};
  breadcrumb->extra = event_extra(reading->arena, reading->scratch, &kept);
  return true;
}

/* AWS IoT asks once whether this address wants a rule's events; anywhere else there is nobody to ask. */
static bool is_confirmation(const struct reading *reading, const struct json *event)
{
  if (reading->input->source != SOURCE_IOT_HTTP) {
    return false;
  }
  const struct json *type = json_member(event, TEXT("messageType"));
  return type != NULL && type->type == JSON_STRING && text_equal(type->text, TEXT("DestinationConfirmation"));
}

static struct breadcrumb *next_breadcrumb(struct reading *reading)
{
  struct events *events = reading->events;
  if (events->breadcrumb_count == reading->breadcrumb_capacity) {
    size_t capacity = reading->breadcrumb_capacity * 2;
    struct breadcrumb *larger = arena_alloc_array(reading->arena, capacity, sizeof *larger);
    memcpy(larger, events->breadcrumbs, events->breadcrumb_count * sizeof *larger);
    events->breadcrumbs = larger;
    reading->breadcrumb_capacity = capacity;
  }
  return &events->breadcrumbs[events->breadcrumb_count];
}

static void read_wrapped(struct reading *reading, const struct json *event);

static void read_object(struct reading *reading, const struct json *event, struct text body)
{
  struct event_view view;
  struct fault fault;
  struct error_action_message message;
  struct breadcrumb *breadcrumb = next_breadcrumb(reading);
  event_view_make(event, reading->settings->temperature_field, &view);
  if (read_breadcrumb(reading, &view, breadcrumb, &fault)) {
    reading->events->breadcrumb_count++;
  } else if (reading->within.length == 0 && error_action_message(event, 0, &message)) { /* has no position of its own */
    read_wrapped(reading, event);
  } else {
    add_reject(reading, fault.at, breadcrumb->vehicle, fault.reason, body);
  }
}

/* What an error action wraps; what is wrong with one message is said with the least that can be read again. */
static void read_wrapped(struct reading *reading, const struct json *event)
{
  struct error_action_message message;
  for (size_t i = 0; error_action_message(event, i, &message); i++) {
    const struct json *at = message.payload != NULL ? message.payload : message.carrier;
    const struct json *original = NULL;
    struct text body = message.is_alone ? message.carrier->raw : event->raw;
    struct text reason;
    if (!error_action_read(reading->arena, &message, &original, &reason)) {
      add_reject(reading, at, (struct text){NULL, 0}, reason, body);
      continue;
    }
    reading->within = path_of(reading, at);
    if (original->type == JSON_OBJECT) {
      read_object(reading, original, body);
    } else {
      add_reject(reading, original, (struct text){NULL, 0}, TEXT("expected an object"), body);
    }
    reading->within = TEXT("");
  }
}

static void read_event(struct reading *reading, const struct json *event)
{
  struct events *events = reading->events;
  if (event->type != JSON_OBJECT) {
    add_reject(reading, event, (struct text){NULL, 0}, TEXT("expected an object"), event->raw);
  } else if (is_confirmation(reading, event)) {
    const struct json *url = json_member(event, TEXT("enableUrl"));
    events->confirmation_count++;
    events->confirmation_url = url != NULL && url->type == JSON_STRING ? url->text : TEXT("");
  } else {
    read_object(reading, event, event->raw);
  }
}

void event_read(struct arena *arena, struct buffer *scratch, const struct event_settings *settings,
                const struct event_input *input, struct events *events)
{
  struct reading reading = {.arena = arena, .scratch = scratch, .settings = settings, .input = input, .events = events};
  struct event_items items = event_items_find(arena, input->body);
  *events = (struct events){0};
  reading.is_numbered = items.has_array || items.count > 1;
  reading.breadcrumb_capacity = items.count;
  events->breadcrumbs = arena_alloc_array(arena, items.count, sizeof(struct breadcrumb));
  for (const struct event_item *item = items.first; item != NULL; item = item->next) {
    if (item->value != NULL) {
      read_event(&reading, item->value);
    } else {
      add_reject(&reading, NULL, (struct text){NULL, 0}, item->reason, item->broken);
    }
    reading.index++;
  }
}
