/* The part of an import that the road matching needs: roads cut into segments at junctions, with limits in km/h; what they
 * change for drives that are analysed already; and what was found, in words.
 *
 * Inside of import_osm.c: within its transaction, after table road was filled. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_ROAD_IMPORT_H
#define CRUMBTRAIL_INGEST_ROAD_IMPORT_H

#include "server/db/connection.h"

/* Replaces what has changed of table road_segment; a change leaves a rule_change and asks for drives to be computed anew. */
struct error road_import_replace(struct db_connection *connection, struct arena *arena, struct text source) ERROR_MUST_CHECK;
/* What is there now, to standard output. */
struct error road_import_report(struct db_connection *connection, struct arena *arena) ERROR_MUST_CHECK;

#endif
