/* Breadcrumbs from the database as the analysis wants them: those that are new, by their numbers, and those of one vehicle.
 *
 * Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_BREADCRUMB_READER_H
#define CRUMBTRAIL_INGEST_ANALYSIS_BREADCRUMB_READER_H

#include "ingest/analysis/fix.h"
#include "server/db/connection.h"

/* Of one vehicle among others. */
struct vehicle_fix {
  int64_t vehicle_id;
  struct fix fix;
};

struct new_breadcrumbs {
  struct vehicle_fix *items; /* in the arena; by vehicle, each in its order; none from the future */
  size_t count;
  int64_t oldest_received_at_us; /* of all, INT64_MAX: there are none */
};

/* All that is numbered in (after_seq, until_seq]. `pause_field`: of extra (no data: none). */
struct error breadcrumbs_read_new(struct db_connection *connection, struct arena *arena, int64_t after_seq, int64_t until_seq,
                                  struct text pause_field, struct new_breadcrumbs *found) ERROR_MUST_CHECK;

/* Where the reading of one vehicle goes on. */
struct breadcrumb_cursor {
  int64_t vehicle_id;
  int64_t recorded_at_us; /* after this one; INT64_MIN: from the beginning */
  int64_t version;
  int64_t after_seq; /* only those numbered in (after_seq, until_seq] */
  int64_t until_seq;
  struct text pause_field;
};

void breadcrumbs_add_page(struct db_pipeline *pipeline, struct arena *arena, const struct breadcrumb_cursor *cursor,
                          int64_t limit);
/* A row of either. */
struct fix breadcrumbs_read_fix(const struct db_rows *rows, int row);

#endif
