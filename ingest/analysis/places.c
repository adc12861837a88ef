#include "ingest/analysis/places.h"

#include <math.h>

/* The newest assignment that has begun, or -1. */
static int64_t last_begun(const struct place_context *context, int64_t time_us)
{
  size_t low = 0;
  size_t high = context->assignment_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (context->assignments[middle].from_us <= time_us) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return (int64_t)low - 1;
}

static void add_driver(const struct place_context *context, int64_t time_us, struct place *place)
{
  const int64_t begun = last_begun(context, time_us);
  const struct assignment *assignment = begun >= 0 ? &context->assignments[begun] : NULL;
  if (assignment != NULL && time_us < assignment->until_us) {
    place->driver_id = assignment->driver_id;
    place->driver_from_us = assignment->from_us;
    place->driver_until_us = assignment->until_us;
    return;
  }
  const size_t next = (size_t)(begun + 1);
  place->driver_from_us = assignment != NULL ? assignment->until_us : INT64_MIN;
  place->driver_until_us = next < context->assignment_count ? context->assignments[next].from_us : INT64_MAX;
}

static void add_limit(const struct place_context *context, struct place *place)
{
  const struct known_limits known = {
      .road = place->road_id != 0 && context->road_limits != NULL ? context->road_limits(context->roads, place->road_id) : NULL,
      .is_forward = place->is_forward,
      .uses_estimates = context->uses_estimates,
      .zone_kmh = NAN,
      .vehicle_kmh = context->vehicle_kmh,
      .fleet_kmh = context->fleet_kmh,
  };
  const struct effective_limit limit = effective_limit(&known);
  place->limit_kmh = limit.limit_kmh;
  place->limit_source = limit.source;
  place->limit_geofence_id = limit.geofence_id;
}

struct place place_at(const struct place_context *context, const struct fix *fix, struct road_match match)
{
  struct place place = {.road_id = match.road_id, .is_forward = match.is_forward};
  add_limit(context, &place);
  add_driver(context, fix->recorded_at_us, &place);
  place.day = local_days_at(context->days, fix->recorded_at_us);
  place.day_began_at_us = local_days_begin_us(context->days, place.day);
  return place;
}
