/* Inside of the analysis, for analysis*.c: what its parts share. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ANALYSIS_STATE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ANALYSIS_STATE_H

#include "ingest/analysis/analysis.h"
#include "ingest/analysis/backlog.h"
#include "ingest/analysis/live_folds.h"
#include "ingest/analysis/recompute_queue.h"
#include "ingest/analysis/refold.h"
#include "ingest/analysis/road_source.h"
#include "ingest/analysis/rule_book.h"

struct analysis {
  struct analysis_settings settings;
  struct db_connection *connection; /* borrowed */
  struct arena *arena;              /* of the present pass */
  struct rule_book *book;
  struct road_source *roads;
  struct live_folds *folds;
  struct backlog backlog;
  int64_t seq;  /* analysed */
  int64_t head; /* numbered, as last seen */
  int64_t oldest_us;
  uint64_t pass;
  struct refold *refold;    /* under way in the background; NULL: none */
  struct recompute_job job; /* that it belongs to; is_open false: it works off the backlog */
  struct analysis_counts counts;
};

/* What conditions and checkpoints within a day reach back to. */
int64_t analysis_recent_us(void);
/* Rows of windows, in a transaction that is open. */
struct error analysis_write(struct analysis *analysis, const struct written_window *windows, size_t count) ERROR_MUST_CHECK;
/* After a window without an end has been committed: goes on from it in memory. */
void analysis_keep(struct analysis *analysis, struct refold_item *item);

#endif
