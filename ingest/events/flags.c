#include "ingest/events/flags.h"

#include <math.h>

static const double SPEED_LIMIT_KMH = 250.0;
static const double NULL_ISLAND_DEG = 0.01;
static const int64_t FUTURE_AFTER_US = INT64_C(300) * 1000000;
static const double EARTH_RADIUS_M = 6371008.8;
static const double RADIANS_PER_DEGREE = 0.017453292519943295;
static const double METRES_PER_DEGREE_MAX = 111700.0;

uint8_t flags_intrinsic(const struct breadcrumb *breadcrumb, int64_t now_us)
{
  unsigned flags = 0;
  if (fabs(breadcrumb->latitude_deg) < NULL_ISLAND_DEG && fabs(breadcrumb->longitude_deg) < NULL_ISLAND_DEG) {
    flags |= FLAG_NULL_ISLAND;
  }
  if (breadcrumb->recorded_at_us > now_us + FUTURE_AFTER_US) {
    flags |= FLAG_FUTURE;
  }
  if ((double)breadcrumb->speed_kmh > SPEED_LIMIT_KMH) {
    flags |= FLAG_SPEED_IMPLAUSIBLE;
  }
  return (uint8_t)flags;
}

double flags_distance_m(struct fix a, struct fix b)
{
  double half_latitude = (b.latitude_deg - a.latitude_deg) * RADIANS_PER_DEGREE / 2;
  double half_longitude = (b.longitude_deg - a.longitude_deg) * RADIANS_PER_DEGREE / 2;
  double along = sin(half_latitude);
  double across = sin(half_longitude);
  double square =
      along * along + cos(a.latitude_deg * RADIANS_PER_DEGREE) * cos(b.latitude_deg * RADIANS_PER_DEGREE) * across * across;
  return 2 * EARTH_RADIUS_M * asin(sqrt(fmin(square, 1.0)));
}

bool flags_is_jump(struct fix previous, struct fix next)
{
  double elapsed_s = (double)(next.recorded_at_us - previous.recorded_at_us) / 1e6;
  double allowed_m = fmax(elapsed_s, 1.0) * SPEED_LIMIT_KMH / 3.6;
  /* Nearly every pair is settled by this upper bound of the distance, without a sine. */
  double bound_deg = fabs(next.latitude_deg - previous.latitude_deg) + fabs(next.longitude_deg - previous.longitude_deg);
  if (bound_deg * METRES_PER_DEGREE_MAX <= allowed_m) {
    return false;
  }
  return flags_distance_m(previous, next) > allowed_m;
}
