/* Writes events exactly as the founding article's rule emits them from the topic .../shadow/update/documents:
 *
 *   SELECT topic(3) as thingnm, topic() as thetopic, * FROM '$aws/things/+/shadow/update/documents'
 *
 * A `struct shadow` is the state of one thing as AWS IoT would keep it: its version, and the document that will be the next
 * event's `previous`. Owns its bytes. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_EVENT_WRITER_H
#define CRUMBTRAIL_INGEST_GENERATOR_EVENT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

struct shadow {
  int64_t version; /* of the last event; 0: none yet */
  struct buffer document;
};
void shadow_free(struct shadow *shadow);

/* What is wrong with the report; a parser's exercise. */
enum report_defect { DEFECT_NONE, DEFECT_POSITION_MISSING, DEFECT_POSITION_TEXT, DEFECT_POSITION_RANGE, DEFECT_SPEED_TEXT };

/* What a thing reports. Texts are strings in the event, also where they hold numbers, as in the article. */
struct report {
  const char *thing;
  int64_t time_us; /* becomes the metadata's seconds */
  double latitude_deg;
  double longitude_deg;
  struct text address;  /* empty: left out */
  double speed_mph;     /* NaN: left out */
  int speed_decimals;   /* how many digits after the point are kept */
  double heading_deg;   /* becomes a compass point; NaN: left out */
  double temperature_c; /* NaN: left out */
  int8_t ignition;      /* -1: left out */
  enum report_defect defect;
};

/* Appends one event (no line end) and moves the shadow on. */
void event_write(struct buffer *out, struct shadow *shadow, const struct report *report);

/* "N", "NNE" ... of a direction. */
const char *compass_point(double heading_deg);

#endif
