#include "ingest/analysis/geodesic.h"

#include <math.h>

static const double RADIANS_PER_DEGREE = 0.017453292519943295;
static const double EQUATOR_RADIUS_M = 6378137.0;
static const double FLATTENING = 1 / 298.257223563;
static const double ECCENTRICITY_SQUARED = 0.0066943799901413165; /* f (2 - f) */
/* Up to here the ellipsoid is as good as flat, seen from the middle of the step. */
static const double NEAR_DEG = 1.0;
static const double NEAR_LATITUDE_MAX_DEG = 85.0;

/* By the radii of curvature at the mean latitude. */
static double near_m(double longitude_delta_deg, double latitude_delta_deg, double mean_latitude_deg)
{
  const double cosine = cos(mean_latitude_deg * RADIANS_PER_DEGREE);
  const double w_squared = 1 - ECCENTRICITY_SQUARED * (1 - cosine * cosine);
  const double across_radius_m = EQUATOR_RADIUS_M / sqrt(w_squared);
  const double along_radius_m = across_radius_m * (1 - ECCENTRICITY_SQUARED) / w_squared;
  const double north_m = latitude_delta_deg * RADIANS_PER_DEGREE * along_radius_m;
  const double east_m = longitude_delta_deg * RADIANS_PER_DEGREE * across_radius_m * cosine;
  return sqrt(north_m * north_m + east_m * east_m);
}

/* Great circle over the parametric latitudes, corrected to first order in the flattening (Lambert). */
static double far_m(double longitude_delta_deg, double from_latitude_deg, double to_latitude_deg)
{
  const double from = atan((1 - FLATTENING) * tan(from_latitude_deg * RADIANS_PER_DEGREE));
  const double to = atan((1 - FLATTENING) * tan(to_latitude_deg * RADIANS_PER_DEGREE));
  const double half_longitude_sine = sin(longitude_delta_deg * RADIANS_PER_DEGREE / 2);
  const double half_latitude_sine = sin((to - from) / 2);
  const double square =
      half_latitude_sine * half_latitude_sine + cos(from) * cos(to) * half_longitude_sine * half_longitude_sine;
  const double angle = 2 * asin(sqrt(fmin(square, 1.0)));
  const double half_sine = sin(angle / 2);
  const double half_cosine = cos(angle / 2);
  if (half_sine == 0.0 || half_cosine < 1e-9) { /* the same place, or the other end of the earth: nothing to correct by */
    return EQUATOR_RADIUS_M * angle;
  }
  const double mean = (from + to) / 2;
  const double half_difference = (to - from) / 2;
  const double p = sin(mean) * cos(half_difference) / half_cosine;
  const double q = cos(mean) * sin(half_difference) / half_sine;
  const double x = (angle - sin(angle)) * p * p;
  const double y = (angle + sin(angle)) * q * q;
  return EQUATOR_RADIUS_M * (angle - FLATTENING / 2 * (x + y));
}

double geodesic_m(double from_longitude_deg, double from_latitude_deg, double to_longitude_deg, double to_latitude_deg)
{
  double longitude_delta_deg = to_longitude_deg - from_longitude_deg;
  if (longitude_delta_deg > 180) {
    longitude_delta_deg -= 360;
  } else if (longitude_delta_deg < -180) {
    longitude_delta_deg += 360;
  }
  const double latitude_delta_deg = to_latitude_deg - from_latitude_deg;
  const double mean_latitude_deg = (from_latitude_deg + to_latitude_deg) / 2;
  if (fabs(longitude_delta_deg) < NEAR_DEG && fabs(latitude_delta_deg) < NEAR_DEG &&
      fabs(mean_latitude_deg) < NEAR_LATITUDE_MAX_DEG) {
    return near_m(longitude_delta_deg, latitude_delta_deg, mean_latitude_deg);
  }
  return far_m(longitude_delta_deg, from_latitude_deg, to_latitude_deg);
}

int64_t geodesic_mm(double from_longitude_deg, double from_latitude_deg, double to_longitude_deg, double to_latitude_deg)
{
  return llround(geodesic_m(from_longitude_deg, from_latitude_deg, to_longitude_deg, to_latitude_deg) * 1000);
}
