/* All zones in memory: which of them hold a point, without a question to the database for every breadcrumb.
 *
 * Planar in degrees, as PostGIS's geometry is: agrees with ST_Covers but on the very border. A point is looked up in a grid of
 * bounding boxes, then counted against the edges of one strip of the zone, so that a zone of 10,000 corners costs well under a
 * microsecond. Owns its copy of the zones. Add all, index once, then find from any thread. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ZONE_SET_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ZONE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"

struct zone_set;

struct zone_set *zone_set_new(void);
void zone_set_free(struct zone_set *set); /* accepts NULL */

/* In the order of ids, ascending. `wkb`: a MultiPolygon as st_asbinary(geom, 'NDR') gives it; false, and nothing is added, when
 * it is none. */
bool zone_set_add(struct zone_set *set, int64_t geofence_id, struct text wkb);
/* After the last one was added, before the first is looked for. */
void zone_set_index(struct zone_set *set);
size_t zone_set_count(const struct zone_set *set);

/* The zones that hold the point, ascending: writes at most `capacity` ids, returns how many there are. */
size_t zone_set_find(const struct zone_set *set, double longitude_deg, double latitude_deg, int64_t *geofence_ids,
                     size_t capacity);

#endif
