/* Distance between two positions on the WGS 84 ellipsoid, as PostGIS measures it on geography.
 *
 * Within 0.01 % of the geodesic for steps up to 100 km, within 0.1 % for any but nearly
 * antipodal ones (0.3 %). Pure; thread: any. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_GEODESIC_H
#define CRUMBTRAIL_INGEST_ANALYSIS_GEODESIC_H

#include <stdint.h>

double geodesic_m(double from_longitude_deg, double from_latitude_deg, double to_longitude_deg, double to_latitude_deg);
/* The same in whole millimetres: sums of them do not depend on the order of adding. */
int64_t geodesic_mm(double from_longitude_deg, double from_latitude_deg, double to_longitude_deg, double to_latitude_deg);

#endif
