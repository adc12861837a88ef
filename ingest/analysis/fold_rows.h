/* What folding breadcrumbs has made: rows of every kind, each with the breadcrumb since which it is settled.
 *
 * A row is settled by the breadcrumb whose arrival closed it: whatever comes after that one leaves the row as it is. Rows of
 * what still goes on are settled by none (FOLD_OPEN). Lives in an arena. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_FOLD_ROWS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_FOLD_ROWS_H

#include <stdint.h>

#include "ingest/analysis/row_set.h"

enum fold_kind {
  FOLD_TRIPS,      /* struct trip_row */
  FOLD_STOPS,      /* struct stop_row */
  FOLD_EPISODES,   /* struct speeding_row */
  FOLD_DAYS,       /* struct drive_day_row */
  FOLD_VISITS,     /* struct zone_visit */
  FOLD_EXCURSIONS, /* struct excursion */
  FOLD_CONDITIONS, /* struct condition */
  FOLD_ROAD_RUNS,  /* struct road_run */
  FOLD_KIND_COUNT
};

#define FOLD_OPEN INT64_MAX

struct fold_rows {
  struct row_set sets[FOLD_KIND_COUNT];
  struct row_set settled[FOLD_KIND_COUNT]; /* int64_t, us: one for each row */
};

struct fold_rows fold_rows_make(struct arena *arena);
/* Rows that were added since the last call are settled by the breadcrumb of this time. */
void fold_rows_settle(struct fold_rows *rows, int64_t settled_at_us);

#endif
