/* Imported roads as a network to drive on: junctions, the stretches between them, and the quickest way from one to another.
 *
 * Filled road by road, then finished; after that read-only but for the planner's scratch space. Owns everything, copies names.
 * Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_ROAD_NETWORK_H
#define CRUMBTRAIL_INGEST_GENERATOR_ROAD_NETWORK_H

#include "ingest/generator/street_map.h"
#include "server/config.h"

struct road_network;

struct road_network *road_network_new(double origin_latitude_deg, double origin_longitude_deg);
void road_network_free(struct road_network *network); /* accepts NULL */

struct road {
  struct text name;
  struct text kind; /* OpenStreetMap's highway class: "residential" */
  double limit_kmh; /* as posted; 0 or NaN: unknown */
  int oneway;       /* -1, 0, 1 */
};
/* Longitude and latitude in degrees in turn. Roads meet where they share a point exactly. */
void road_network_add(struct road_network *network, const struct road *road, const double *longitudes_latitudes, size_t count);
/* False: there is not enough to drive on. */
bool road_network_finish(struct road_network *network);
struct street_map road_network_map(struct road_network *network);

/* In m/s; the usual speed of the class where no limit is known. */
double road_limit_mps(double limit_kmh, struct text kind);

/* From the database of the settings, or of a server that runs on the data folder now: the roads within 12 km of the depot, or
 * of the middle of what was imported. *network is NULL when there are none. ERROR_SETUP when --database was given and is away.
 */
struct error road_network_load(struct arena *arena, const struct config *config,
                               struct road_network **network) ERROR_MUST_CHECK;

#endif
