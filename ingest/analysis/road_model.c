#include "ingest/analysis/road_model.h"

#include <math.h>

const double ROAD_REACH_M = 35;
const double ROAD_LED_M = 50;
const double ROAD_SKIP_COST = 12;
const double ROAD_BREAK_COST = 19;
const double ROAD_BEAM_COST = 25;
const double ROAD_TURN_COST = 5;
const double ROAD_BACK_COST = 0.5;
static const double DISTANCE_SPREAD_M = 15;
static const double ANGLE_SPREAD_DEG = 17;
static const double ANGLE_MAX_DEG = 60;
static const double DETOUR_SPREAD_M = 10;
static const double SERVICE_COST = 2.6; /* of roads that few drive on */
static const double TRACK_COST = 3;
/* A slow vehicle's heading is half chance, of a standing one the last it had, or junk: it counts little and excludes nothing.
 */
static const float SLOW_KMH = 8;
static const double SLOW_ANGLE_SPREAD_DEG = 45;
static const double SLOW_ANGLE_COST_MAX = 2;

double road_detour_max_m(void)
{
  return ROAD_BREAK_COST * DETOUR_SPREAD_M;
}

/* Half the square of how many spreads it is: a normal distribution. */
static double normal_cost(double value, double spread)
{
  return value * value / (2 * spread * spread);
}

static double angle_cost(double angle_deg, const struct fix *fix)
{
  if (isnan(angle_deg)) {
    return 0;
  }
  if (!isnan(fix->speed_kmh) && fix->speed_kmh < SLOW_KMH) {
    return fmin(normal_cost(angle_deg, SLOW_ANGLE_SPREAD_DEG), SLOW_ANGLE_COST_MAX);
  }
  return angle_deg <= ANGLE_MAX_DEG ? normal_cost(angle_deg, ANGLE_SPREAD_DEG) : (double)INFINITY;
}

static double class_cost(uint8_t road_class)
{
  switch (road_class) {
  case ROAD_SERVICE:
    return SERVICE_COST;
  case ROAD_TRACK:
    return TRACK_COST;
  default:
    return 0;
  }
}

double road_emission_cost(const struct map_road *road, const struct road_candidate *candidate, bool is_forward,
                          const struct fix *fix)
{
  if (road->oneway == (is_forward ? -1 : 1)) {
    return INFINITY;
  }
  const double bearing_deg = (double)candidate->bearing_deg + (is_forward ? 0 : 180);
  const double angle_deg = fabs(remainder((double)fix->heading_deg - bearing_deg, 360));
  return normal_cost((double)candidate->distance_m, DISTANCE_SPREAD_M) + angle_cost(angle_deg, fix) +
         class_cost(road->road_class);
}

double road_transition_cost(double driven_m, double straight_m)
{
  return fmin(fabs(driven_m - straight_m) / DETOUR_SPREAD_M, ROAD_BREAK_COST);
}
