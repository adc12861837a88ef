/* One breadcrumb as the analysis sees it, and what is known of the place where it was recorded.
 *
 * Plain values. The machines of this folder (trips, stops, speeding, zones, temperature, days) are folds over them: sorted by
 * (recorded_at, version), each breadcrumb once; no clock, no database. Numbers that are absent are NaN. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_FIX_H
#define CRUMBTRAIL_INGEST_ANALYSIS_FIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fix {
  int64_t recorded_at_us;
  int64_t version;
  double longitude_deg;
  double latitude_deg;
  float speed_kmh;
  float heading_deg;
  float temperature_c;
  int8_t ignition;  /* -1 unknown, 0 off, 1 on */
  int8_t is_paused; /* the rule's defrost or door-open field: -1 unknown, 0 no, 1 yes */
  uint8_t flags;    /* ingest/events/breadcrumb.h, enum breadcrumb_flag; flagged ones count in no figure */
};

/* Where a limit comes from (definitions.md, "Speeding": the first that is known). The numbers stand in the database. */
enum limit_source {
  LIMIT_UNKNOWN = 0,
  LIMIT_OVERRIDE = 1,  /* a dispatcher's, on the road segment */
  LIMIT_POSTED = 2,    /* of the matched road */
  LIMIT_ESTIMATED = 3, /* of the matched road's class, where that is switched on */
  LIMIT_ZONE = 4,
  LIMIT_VEHICLE = 5,
  LIMIT_FLEET = 6,
};

struct place {
  int64_t road_id; /* of the matched segment; 0: none */
  bool is_forward; /* along the segment as drawn */
  float limit_kmh; /* what holds here; NaN: unknown */
  enum limit_source limit_source;
  int64_t limit_geofence_id;   /* with LIMIT_ZONE */
  const int64_t *geofence_ids; /* zones that hold the point, ascending; borrowed */
  size_t geofence_count;
  int64_t driver_id; /* who drove at that time; 0: unknown */
  /* Of that assignment, [from, until); of the time between two assignments, where nobody is assigned. */
  int64_t driver_from_us;
  int64_t driver_until_us;
  int32_t day;             /* local day of the depot's time zone, days since 1970-01-01 */
  int64_t day_began_at_us; /* its first instant */
};

#endif
