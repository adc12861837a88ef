/* The roads that folding breadcrumbs needs, read before it: for many vehicles at once.
 *
 * Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_FOLD_ROADS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_FOLD_ROADS_H

#include "ingest/analysis/fold.h"
#include "ingest/analysis/road_source.h"

/* Breadcrumbs that are about to go through a fold, in its order. */
struct fold_track {
  const struct fold *fold;
  const struct fix *fixes;
  size_t count;
};

/* Until the next call, `roads` has what all of these need. */
struct error fold_roads_prepare(struct road_source *roads, struct db_connection *connection, struct arena *arena,
                                const struct fold_track *tracks, size_t count) ERROR_MUST_CHECK;

#endif
