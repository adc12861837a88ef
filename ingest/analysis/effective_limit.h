/* Which speed limit holds, of all that are known for a place (definitions.md, "limit").
 *
 * Pure. Limits in km/h; NaN: none. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_EFFECTIVE_LIMIT_H
#define CRUMBTRAIL_INGEST_ANALYSIS_EFFECTIVE_LIMIT_H

#include "ingest/analysis/fix.h"

/* Of one road segment. */
struct road_limits {
  int64_t road_id;
  float override_kmh; /* a dispatcher's, for both directions */
  float posted_forward_kmh;
  float posted_backward_kmh;
  float estimated_kmh; /* usual for roads of its class; asked for only where the setting estimated-limits is on */
};

struct known_limits {
  const struct road_limits *road; /* NULL: no road matched, or nothing known of it */
  bool is_forward;                /* driven as the road is drawn */
  bool uses_estimates;            /* the setting estimated-limits */
  float zone_kmh;                 /* the lowest, of limit_geofence_id */
  int64_t zone_geofence_id;
  float vehicle_kmh;
  float fleet_kmh;
};

struct effective_limit {
  float limit_kmh; /* NaN: unknown */
  enum limit_source source;
  int64_t geofence_id; /* with LIMIT_ZONE; 0 otherwise */
};

/* The first that is known of: override, posted, zone, vehicle, fleet, estimated. The estimate comes last, because a guess must
 * never hide a limit that somebody has set. */
struct effective_limit effective_limit(const struct known_limits *known);

#endif
