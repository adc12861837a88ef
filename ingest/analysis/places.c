#include "ingest/analysis/places.h"

#include <math.h>
#include <string.h>

enum { ZONES_AT_ONCE = 16 };

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
  const bool has_next = context->assignments != NULL && next < context->assignment_count;
  place->driver_until_us = has_next ? context->assignments[next].from_us : INT64_MAX;
}

static void add_zones(const struct place_context *context, const struct fix *fix, struct arena *arena, struct place *place)
{
  int64_t found[ZONES_AT_ONCE];
  if (context->zones == NULL) {
    return;
  }
  const size_t count =
      zone_set_find(context->zones, fix->longitude_deg, fix->latitude_deg, found, sizeof found / sizeof found[0]);
  if (count == 0) {
    return;
  }
  int64_t *geofence_ids = arena_alloc_array(arena, count, sizeof *geofence_ids);
  if (count <= ZONES_AT_ONCE) {
    memcpy(geofence_ids, found, count * sizeof *geofence_ids);
  } else {
    (void)zone_set_find(context->zones, fix->longitude_deg, fix->latitude_deg, geofence_ids, count);
  }
  place->geofence_ids = geofence_ids;
  place->geofence_count = count;
}

/* The lowest of all that hold; both lists ascend. */
static struct zone_limit lowest_zone_limit(const struct place_context *context, const struct place *place)
{
  struct zone_limit lowest = {.limit_kmh = NAN};
  size_t at = 0;
  for (size_t i = 0; i < place->geofence_count; i++) {
    while (at < context->zone_limit_count && context->zone_limits[at].geofence_id < place->geofence_ids[i]) {
      at++;
    }
    const bool is_it = at < context->zone_limit_count && context->zone_limits[at].geofence_id == place->geofence_ids[i];
    if (is_it && !(context->zone_limits[at].limit_kmh >= lowest.limit_kmh)) {
      lowest = context->zone_limits[at];
    }
  }
  return lowest;
}

static void add_limit(const struct place_context *context, struct place *place)
{
  const struct zone_limit zone = lowest_zone_limit(context, place);
  const struct known_limits known = {
      .road = place->road_id != 0 && context->road_limits != NULL ? context->road_limits(context->roads, place->road_id) : NULL,
      .is_forward = place->is_forward,
      .uses_estimates = context->uses_estimates,
      .zone_kmh = zone.limit_kmh,
      .zone_geofence_id = zone.geofence_id,
      .vehicle_kmh = context->vehicle_kmh,
      .fleet_kmh = context->fleet_kmh,
  };
  const struct effective_limit limit = effective_limit(&known);
  place->limit_kmh = limit.limit_kmh;
  place->limit_source = limit.source;
  place->limit_geofence_id = limit.geofence_id;
}

struct place place_at(const struct place_context *context, const struct fix *fix, struct road_match match, struct arena *arena)
{
  struct place place = {.road_id = match.road_id, .is_forward = match.is_forward};
  add_zones(context, fix, arena, &place);
  add_limit(context, &place);
  add_driver(context, fix->recorded_at_us, &place);
  place.day = local_days_at(context->days, fix->recorded_at_us);
  place.day_began_at_us = local_days_begin_us(context->days, place.day);
  return place;
}
