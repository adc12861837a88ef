/* Made-up streets around the depot for when no roads are imported: a grid like Portland's, bent a little, with residential
 * streets, arterials and a few fast roads, traffic lights and rounded corners. Owns nothing: it is a formula. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_STREET_GRID_H
#define CRUMBTRAIL_INGEST_GENERATOR_STREET_GRID_H

#include "ingest/generator/street_map.h"

struct street_map street_grid(void);

#endif
