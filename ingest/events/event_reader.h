/* Events to breadcrumbs: bytes of a delivery in, breadcrumbs and rejects out (definitions.md, "A breadcrumb from an event").
 *
 * Pure: the clock and the settings are handed in. Every event ends as a breadcrumb, as a reject or as a confirmation request.
 * What comes out lives in the arena and borrows from the body. Thread: any, one at a time per arena and scratch buffer. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_READER_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/events/breadcrumb.h"
#include "ingest/events/rejected.h"
#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct event_settings {
  double kmh_per_speed_unit;
  bool temperature_is_fahrenheit;
  struct text temperature_field;
  int64_t stale_after_us;
};

/* From the settings' words: mph | kmh | ms, c | f. ERROR_SETUP names the wrong one. The texts are borrowed. */
struct error event_settings_make(const char *speed_unit, const char *temperature_unit, const char *temperature_field,
                                 int64_t stale_field_s, struct event_settings *settings) ERROR_MUST_CHECK;

struct event_input {
  struct text body;
  struct text vehicle_hint; /* the vehicle's name as the delivery's envelope knows it (an S3 key); may be empty */
  struct text file;         /* what they came in, "s3://bucket/key": kept as extra.filenm; may be empty */
  int64_t now_us;
  uint8_t source; /* enum breadcrumb_source */
};

struct events {
  struct breadcrumb *breadcrumbs;
  size_t breadcrumb_count;
  struct rejected *rejects;
  size_t reject_count;
  size_t reject_capacity;
  uint32_t confirmation_count;  /* requests of AWS IoT to confirm this address as a rule's destination */
  struct text confirmation_url; /* enableUrl of the last of them */
};

/* One event, an array of events, or several of both back to back; commas and white space separate them. What the JSON reader
 * refuses is rejected alone, and reading goes on behind it; the rest of the body is one reject when its end cannot be found.
 * An array without an end is one more reject, its events are read. `scratch` is cleared and reused; it keeps its memory for the
 * next call. */
void event_read(struct arena *arena, struct buffer *scratch, const struct event_settings *settings,
                const struct event_input *input, struct events *events);

#endif
