/* Where things stand in one event: the shapes that AWS IoT and its rules give a shadow (definitions.md, "Accepted shapes").
 *
 * Pure; a view borrows from the JSON tree. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_SHAPE_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/events/breadcrumb.h"
#include "server/json/reader.h"

/* Members of the reported state that a breadcrumb is made of. */
enum reported_member {
  MEMBER_LOCATION,
  MEMBER_LATITUDE,
  MEMBER_LONGITUDE,
  MEMBER_LAT,
  MEMBER_LON,
  MEMBER_LNG,
  MEMBER_THING_NAME,
  MEMBER_SPEED,
  MEMBER_HEADING,
  MEMBER_IGNITION,
  MEMBER_ADDRESS,
  MEMBER_TEMPERATURE, /* its name is a setting */
  MEMBER_COUNT
};

struct event_view {
  const struct json *event;
  const struct json *reported; /* NULL: the message reports nothing */
  const struct json *metadata; /* mirrors `reported` with timestamps; NULL when there is none */
  bool is_flat;                /* `reported` is the event itself */
  /* What it says of the thing's shadow; NULL and SHADOW_NONE when it is none, or has no version to order it by. */
  const struct json *shadow;
  enum shadow_form shadow_form;
  /* Members of the event itself; NULL when absent or null. */
  const struct json *thingnm;
  const struct json *thetopic;
  const struct json *timestamp;
  const struct json *client_token;
  const struct json *version; /* of the shadow: current.version, else version */
  const struct json *members[MEMBER_COUNT];
  /* The pair that gives the position, and its metadata; NULL when the event has none. */
  const struct json *latitude;
  const struct json *longitude;
};

/* `event` must be an object. */
void event_view_make(const struct json *event, struct text temperature_field, struct event_view *view);

/* Microseconds since 1970 of a timestamp of 10 digits (seconds, also with a fraction) or 13 (milliseconds), a number or text,
 * or of an RFC 3339 text. False when it is none of these. */
bool event_timestamp(const struct json *value, int64_t *time_us);

/* The newest timestamp within a part of the metadata; false when it has none. */
bool event_metadata_time(const struct json *metadata, int64_t *time_us);

/* The part of the metadata that belongs to a member of the reported state; NULL when there is none. */
const struct json *event_metadata_of(const struct event_view *view, const struct json *member);

#endif
