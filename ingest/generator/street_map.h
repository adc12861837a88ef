/* Where simulated vehicles can drive: the made-up street grid (street_grid.h) or imported roads (road_network.h).
 *
 * A small table of functions over what one of the two owns; lives as long as that. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_STREET_MAP_H
#define CRUMBTRAIL_INGEST_GENERATOR_STREET_MAP_H

#include "ingest/generator/random.h"
#include "ingest/generator/route.h"
#include "server/base/text.h"

/* The depot of the demonstration: Portland, Oregon. */
static const double DEPOT_LATITUDE_DEG = 45.52;
static const double DEPOT_LONGITUDE_DEG = -122.68;

struct street_map {
  void *context;
  double origin_latitude_deg; /* x = y = 0 */
  double origin_longitude_deg;
  uint64_t depot; /* a place */
  /* Any place where a delivery can be made. */
  uint64_t (*some_place)(void *context, struct random *random);
  /* Next delivery near `from`. */
  uint64_t (*next_place)(void *context, struct random *random, uint64_t from);
  /* Fills an empty route with at least two points, finished; false: there is no way. */
  bool (*plan)(void *context, struct random *random, uint64_t from, uint64_t to, struct route *route);
  /* Whether the limit of the street is one that is posted there, not only what is usual. */
  bool (*has_posted_limit)(void *context, uint32_t street);
  /* Appends an address as a geocoder writes it; nothing when the street has no name. */
  void (*append_address)(void *context, uint32_t street, double x_m, double y_m, struct buffer *out);
};

#endif
