/* What is known of the place where a breadcrumb was recorded: road, limit, zones, driver, local day (struct place).
 *
 * Pure: all that it goes by is handed in. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_PLACES_H
#define CRUMBTRAIL_INGEST_ANALYSIS_PLACES_H

#include "ingest/analysis/effective_limit.h"
#include "ingest/analysis/fix.h"
#include "ingest/analysis/local_days.h"
#include "ingest/analysis/road_matcher.h"
#include "ingest/analysis/zone_set.h"
#include "server/base/arena.h"

/* Who drove a vehicle in [from, until). Those of one vehicle do not overlap. */
struct assignment {
  int64_t from_us;
  int64_t until_us;
  int64_t driver_id;
};

struct zone_limit {
  int64_t geofence_id;
  float limit_kmh;
};

/* Borrowed. */
struct place_context {
  const struct local_days *days;
  float vehicle_kmh; /* limits; NaN: none */
  float fleet_kmh;
  bool uses_estimates;
  /* Limits of a segment; NULL: nothing is known of it. The function may be NULL. */
  const struct road_limits *(*road_limits)(const void *roads, int64_t road_id);
  const void *roads;
  const struct zone_set *zones;         /* NULL: there are none */
  const struct zone_limit *zone_limits; /* of those that have one, ascending by id */
  size_t zone_limit_count;
  const struct assignment *assignments; /* ascending */
  size_t assignment_count;
};

/* The zones' ids are in the arena. */
struct place place_at(const struct place_context *context, const struct fix *fix, struct road_match match, struct arena *arena);

#endif
