/* `crumbtrail import-osm FILE.osm.pbf`: roads and base map from an OpenStreetMap extract, by osm2pgsql.
 *
 * osm2pgsql fills a staging schema; then one transaction replaces what the tables of migrations/0003_roads.sql hold, so that a
 * failed import leaves the old roads and readers never see half of one. Works on --database, on the private cluster of a server
 * that runs on --data, or starts that cluster for the time of the import. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_IMPORT_OSM_H
#define CRUMBTRAIL_INGEST_IMPORT_OSM_H

#include "server/config.h"

void import_osm_print_help(struct buffer *out);

/* Exit code: 0, 1 when the import failed (with a sentence on standard error). Progress goes to standard output. */
int import_osm_run(struct arena *arena, const struct config *config, const char *file);

#endif
