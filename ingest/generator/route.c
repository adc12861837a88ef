#include "ingest/generator/route.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double BRAKING_MPS2 = 1.8;
static const double SIDEWAYS_MPS2 = 2.5;
static const double BEND_SPEED_MIN_MPS = 2.5;
static const double BEND_LEG_MAX_M = 40;
static const double CORNER_CUT_M = 11;
static const double CREEP_MPS = 0.8;
static const double PI = 3.14159265358979323846;

void route_free(struct route *route)
{
  free(route->points);
  *route = (struct route){0};
}

void route_clear(struct route *route)
{
  route->count = 0;
}

static double distance_m(const struct route_point *from, double x_m, double y_m)
{
  return hypot(x_m - (double)from->x_m, y_m - (double)from->y_m);
}

void route_add(struct route *route, double x_m, double y_m, double limit_mps, uint32_t street)
{
  if (route->count > 0 && distance_m(&route->points[route->count - 1], x_m, y_m) < 0.5) {
    route->points[route->count - 1].limit_mps = (float)limit_mps;
    route->points[route->count - 1].street = street;
    return;
  }
  if (route->count == route->capacity) {
    route->capacity = route->capacity == 0 ? 32 : route->capacity * 2;
    route->points = realloc(route->points, route->capacity * sizeof *route->points);
    if (route->points == NULL) {
      abort();
    }
  }
  route->points[route->count++] = (struct route_point){
      .x_m = (float)x_m, .y_m = (float)y_m, .limit_mps = (float)limit_mps, .pass_mps = INFINITY, .street = street};
}

void route_add_wait(struct route *route, int wait_s)
{
  assert(route->count > 0);
  route->points[route->count - 1].wait_s = (uint16_t)wait_s;
}

void route_add_corner(struct route *route, double x_m, double y_m, double next_x_m, double next_y_m, double limit_mps,
                      uint32_t street)
{
  assert(route->count > 0);
  const struct route_point *last = &route->points[route->count - 1];
  double before_m = distance_m(last, x_m, y_m);
  double after_m = hypot(next_x_m - x_m, next_y_m - y_m);
  double cut_m = fmin(CORNER_CUT_M, fmin(before_m, after_m) / 2);
  if (cut_m < 1) {
    route_add(route, x_m, y_m, limit_mps, street);
    return;
  }
  double from_x_m = x_m - (x_m - (double)last->x_m) / before_m * cut_m;
  double from_y_m = y_m - (y_m - (double)last->y_m) / before_m * cut_m;
  double to_x_m = x_m + (next_x_m - x_m) / after_m * cut_m;
  double to_y_m = y_m + (next_y_m - y_m) / after_m * cut_m;
  enum { PIECES = 4 };
  for (int piece = 0; piece <= PIECES; piece++) {
    double part = (double)piece / PIECES;
    double a = (1 - part) * (1 - part);
    double b = 2 * part * (1 - part);
    double c = part * part;
    route_add(route, a * from_x_m + b * x_m + c * to_x_m, a * from_y_m + b * y_m + c * to_y_m, limit_mps, street);
  }
}

/* The bend's radius from the turn between two legs, the speed from the sideways force that a load stands. */
static double bend_speed_mps(const struct route_point *before, const struct route_point *at, const struct route_point *after)
{
  double in_x_m = (double)at->x_m - (double)before->x_m;
  double in_y_m = (double)at->y_m - (double)before->y_m;
  double out_x_m = (double)after->x_m - (double)at->x_m;
  double out_y_m = (double)after->y_m - (double)at->y_m;
  double turn = fabs(atan2(in_x_m * out_y_m - in_y_m * out_x_m, in_x_m * out_x_m + in_y_m * out_y_m));
  if (turn < 0.01) {
    return INFINITY;
  }
  double leg_m = fmin(BEND_LEG_MAX_M, fmin(hypot(in_x_m, in_y_m), hypot(out_x_m, out_y_m)));
  double radius_m = leg_m / 2 / tan(fmin(turn, 3.0) / 2);
  return fmax(BEND_SPEED_MIN_MPS, sqrt(SIDEWAYS_MPS2 * radius_m));
}

void route_finish(struct route *route)
{
  assert(route->count >= 2);
  struct route_point *points = route->points;
  uint32_t last = route->count - 1;
  double along_m = 0;
  for (uint32_t i = 1; i <= last; i++) {
    along_m += distance_m(&points[i - 1], (double)points[i].x_m, (double)points[i].y_m);
    points[i].along_m = (float)along_m;
  }
  points[0].along_m = 0;
  points[last].pass_mps = 0;
  for (uint32_t i = last; i-- > 0;) {
    double step_m = (double)points[i + 1].along_m - (double)points[i].along_m;
    double next_mps = (double)points[i + 1].pass_mps;
    double pass_mps = fmin((double)points[i].limit_mps, sqrt(next_mps * next_mps + 2 * BRAKING_MPS2 * step_m));
    if (i > 0) {
      pass_mps = fmin(pass_mps, bend_speed_mps(&points[i - 1], &points[i], &points[i + 1]));
    }
    points[i].pass_mps = points[i].wait_s > 0 ? 0 : (float)pass_mps;
  }
}

double route_length_m(const struct route *route)
{
  return route->count == 0 ? 0 : (double)route->points[route->count - 1].along_m;
}

struct route_place route_at(const struct route *route, double along_m, uint32_t *segment)
{
  assert(route->count >= 2);
  uint32_t at = *segment > route->count - 2 ? 0 : *segment;
  while (at > 0 && (double)route->points[at].along_m > along_m) {
    at--;
  }
  while (at < route->count - 2 && (double)route->points[at + 1].along_m <= along_m) {
    at++;
  }
  *segment = at;
  const struct route_point *from = &route->points[at];
  const struct route_point *to = &route->points[at + 1];
  double length_m = (double)to->along_m - (double)from->along_m;
  double part = length_m > 0 ? fmin(1, fmax(0, (along_m - (double)from->along_m) / length_m)) : 0;
  double step_x_m = (double)to->x_m - (double)from->x_m;
  double step_y_m = (double)to->y_m - (double)from->y_m;
  double left_m = fmax(0, (double)to->along_m - along_m);
  double to_mps = (double)to->pass_mps;
  double heading_deg = atan2(step_x_m, step_y_m) * 180 / PI;
  return (struct route_place){
      .x_m = (double)from->x_m + step_x_m * part,
      .y_m = (double)from->y_m + step_y_m * part,
      .heading_deg = heading_deg < 0 ? heading_deg + 360 : heading_deg,
      .limit_mps = (double)from->limit_mps,
      .allowed_mps = fmax(CREEP_MPS, fmin((double)from->limit_mps, sqrt(to_mps * to_mps + 2 * BRAKING_MPS2 * left_m))),
      .street = from->street,
  };
}
