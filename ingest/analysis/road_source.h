/* The roads of the database as the matcher needs them, read in sets and kept in memory: those around breadcrumbs, cell by cell,
 * and the limits of single segments.
 *
 * Owns what it keeps, within a bound. Thread: the analyser's, with its connection. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_SOURCE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_SOURCE_H

#include "ingest/analysis/effective_limit.h"
#include "ingest/analysis/road_matcher.h"
#include "server/db/connection.h"

struct road_source;

struct road_source *road_source_new(void);
void road_source_free(struct road_source *source); /* accepts NULL */

/* Forgets what it keeps: to be called when a rule_change of kind road has come (an import, an override). */
void road_source_forget(struct road_source *source);

/* New breadcrumbs of one vehicle, in its order, about to go through its matcher. */
struct road_track {
  const struct road_matcher *matcher; /* as it stands before the first of them */
  const struct fix *fixes;
  size_t count;
};

/* Reads the roads around all tracks where they are not kept yet, few statements for many breadcrumbs and mostly none. The map
 * holds what these tracks need, and their limits, until the next call. */
struct error road_source_prepare(struct road_source *source, struct db_connection *connection, struct arena *arena,
                                 const struct road_track *tracks, size_t count) ERROR_MUST_CHECK;
/* Not NULL; it belongs to the source. */
struct road_map *road_source_map(struct road_source *source);

/* For matches read back from road_run: asks once for those that are not kept. Of a road that no longer exists nothing is known
 * (all NaN); 0 is passed over. */
struct error road_source_load_limits(struct road_source *source, struct db_connection *connection, struct arena *arena,
                                     const int64_t *road_ids, size_t count) ERROR_MUST_CHECK;
/* NULL: neither around the tracks nor loaded, or 0. Valid until the next call that is given a connection, or
 * road_source_forget. */
const struct road_limits *road_source_limits(const struct road_source *source, int64_t road_id);

#endif
