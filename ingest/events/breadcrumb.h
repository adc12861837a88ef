/* One breadcrumb: where a vehicle was, as its event said it, normalised (definitions.md, "A breadcrumb from an event").
 *
 * A small plain value; texts borrow from the arena of the delivery that brought it. Absent numbers are NaN. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_BREADCRUMB_H
#define CRUMBTRAIL_INGEST_EVENTS_BREADCRUMB_H

#include <stdint.h>

#include "server/base/text.h"

/* Bits of breadcrumb.flags; the same numbers stand in the database, in api/position.h and on the wire of the stream. */
enum breadcrumb_flag {
  FLAG_NULL_ISLAND = 1,       /* |lat| and |lon| < 0.01 */
  FLAG_FUTURE = 2,            /* over 5 min ahead of our clock */
  FLAG_SPEED_IMPLAUSIBLE = 4, /* over 250 km/h */
  FLAG_JUMP = 8,              /* implied speed from the previous breadcrumb over 250 km/h */
};

enum breadcrumb_source { SOURCE_IOT_HTTP = 1, SOURCE_SNS = 2, SOURCE_S3 = 3, SOURCE_FIREHOSE = 4, SOURCE_REPLAY = 5 };

/* What an event says of the shadow of its thing. */
enum shadow_form {
  SHADOW_NONE,
  SHADOW_WHOLE, /* the whole of the classic shadow: {"state":..,"metadata":..,"version":..} */
  SHADOW_EVENT, /* an event to be looked into: a part of a shadow, or a named one */
};

struct breadcrumb {
  struct text vehicle; /* 1-128 of [A-Za-z0-9:_-] */
  int64_t recorded_at_us;
  int64_t version;
  double longitude_deg;
  double latitude_deg;
  float speed_kmh;
  float heading_deg;
  float temperature_c;
  int8_t ignition; /* -1 unknown, 0 off, 1 on */
  uint8_t flags;
  uint8_t source;
  uint8_t shadow_form; /* enum shadow_form */
  struct text extra;   /* JSON object text, or data == NULL */
  struct text shadow;  /* borrows from the body; data == NULL with SHADOW_NONE */
};

#endif
