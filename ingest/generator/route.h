/* A line to drive, in metres around an origin, with the speed that every part of it allows.
 *
 * Made by a street map (street_map.h), driven by a vehicle (fleet.h). Owns its points. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_ROUTE_H
#define CRUMBTRAIL_INGEST_GENERATOR_ROUTE_H

#include <stdint.h>

struct route_point {
  float x_m; /* east of the origin */
  float y_m; /* north of the origin */
  float along_m;
  float limit_mps; /* of the segment that starts here */
  float pass_mps;  /* how fast this point may be passed so that all that comes is still within braking distance */
  uint16_t wait_s; /* red light; 0: none */
  uint32_t street; /* of the segment that starts here, see street_map.h */
};

struct route {
  struct route_point *points;
  uint32_t count;
  uint32_t capacity;
};

void route_free(struct route *route); /* leaves an empty route */
void route_clear(struct route *route);

/* Appends; a point closer than half a metre to the last one only changes what starts there. */
void route_add(struct route *route, double x_m, double y_m, double limit_mps, uint32_t street);
/* A red light of that length at the last point. */
void route_add_wait(struct route *route, int wait_s);
/* Rounds a corner: replaces nothing, appends a curve from the last point's direction over (x, y) towards (next_x, next_y). */
void route_add_corner(struct route *route, double x_m, double y_m, double next_x_m, double next_y_m, double limit_mps,
                      uint32_t street);
/* After the last point: distances, speeds through bends, braking. The route ends at standstill. */
void route_finish(struct route *route);

double route_length_m(const struct route *route);

/* Where the distance lies. `segment` is a hint and is updated. At least two points. */
struct route_place {
  double x_m;
  double y_m;
  double heading_deg; /* from north */
  double limit_mps;
  double allowed_mps; /* the limit, or less when something slower comes */
  uint32_t street;
};
struct route_place route_at(const struct route *route, double along_m, uint32_t *segment);

#endif
