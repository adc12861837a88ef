/* Flags on a breadcrumb: what is stored and shown but never moves the live marker (definitions.md, "A breadcrumb from an
 * event").
 *
 * Pure functions. Thread: any. Units: degrees, microseconds. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_FLAGS_H
#define CRUMBTRAIL_INGEST_EVENTS_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/events/breadcrumb.h"

/* A breadcrumb with one of these is not "the previous breadcrumb" of any other. */
enum { FLAGS_NO_PREDECESSOR = FLAG_NULL_ISLAND | FLAG_FUTURE };

/* No two points of the globe are further apart than this time at 250 km/h: an older breadcrumb never makes a jump. */
#define FLAGS_JUMP_WINDOW_US (INT64_C(81) * 3600 * INT64_C(1000000))

struct fix {
  int64_t recorded_at_us;
  double longitude_deg;
  double latitude_deg;
};

/* Those that need nothing but the breadcrumb and the clock. */
uint8_t flags_intrinsic(const struct breadcrumb *breadcrumb, int64_t now_us);

/* Whether the way from one fix to the next implies over 250 km/h; less than a second between them counts as one. */
bool flags_is_jump(struct fix previous, struct fix next);

/* Great-circle distance on a sphere of 6,371,008.8 m. */
double flags_distance_m(struct fix a, struct fix b);

#endif
