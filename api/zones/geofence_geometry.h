/* Polygons of GeoJSON (RFC 7946): that they are well formed, within range and not too many. Pure. Thread: any. */
#ifndef CRUMBTRAIL_API_ZONES_GEOFENCE_GEOMETRY_H
#define CRUMBTRAIL_API_ZONES_GEOFENCE_GEOMETRY_H

#include "server/base/error.h"
#include "server/base/grid.h"
#include "server/json/reader.h"

/* A Polygon or MultiPolygon; the error names the place. *box: around it. */
struct error geofence_geometry_check(const struct json *geometry, struct grid_box *box) ERROR_MUST_CHECK;

#endif
