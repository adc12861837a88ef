#include "ingest/analysis/effective_limit.h"

#include <math.h>

static float posted(const struct known_limits *known)
{
  return known->is_forward ? known->road->posted_forward_kmh : known->road->posted_backward_kmh;
}

struct effective_limit effective_limit(const struct known_limits *known)
{
  if (known->road != NULL && !isnan(known->road->override_kmh)) {
    return (struct effective_limit){known->road->override_kmh, LIMIT_OVERRIDE, 0};
  }
  if (known->road != NULL && !isnan(posted(known))) {
    return (struct effective_limit){posted(known), LIMIT_POSTED, 0};
  }
  if (!isnan(known->zone_kmh)) {
    return (struct effective_limit){known->zone_kmh, LIMIT_ZONE, known->zone_geofence_id};
  }
  if (!isnan(known->vehicle_kmh)) {
    return (struct effective_limit){known->vehicle_kmh, LIMIT_VEHICLE, 0};
  }
  if (!isnan(known->fleet_kmh)) {
    return (struct effective_limit){known->fleet_kmh, LIMIT_FLEET, 0};
  }
  if (known->road != NULL && known->uses_estimates && !isnan(known->road->estimated_kmh)) {
    return (struct effective_limit){known->road->estimated_kmh, LIMIT_ESTIMATED, 0};
  }
  return (struct effective_limit){NAN, LIMIT_UNKNOWN, 0};
}
