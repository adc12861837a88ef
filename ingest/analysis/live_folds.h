/* The state of vehicles whose breadcrumbs come in order, kept in memory, so that these go on where they were.
 *
 * Bounded: beyond FOLDS_MAX vehicles those that were not seen for longest go; their checkpoints bring them back. Thread: the
 * analyser's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_LIVE_FOLDS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_LIVE_FOLDS_H

#include "ingest/analysis/fold.h"
#include "ingest/analysis/rule_book.h"
#include "ingest/analysis/window.h"

enum { FOLDS_MAX = 30000 };

struct live_fold {
  int64_t vehicle_id;
  struct fold fold;
  struct vehicle_rules rules;
  int64_t checkpoint_at_us; /* the newest that is stored; WINDOW_BEGINNING: none */
  int32_t since_checkpoint; /* breadcrumbs */
  uint64_t *shown;          /* row_key_hash of the rows that were stored as open, ascending */
  size_t shown_count;
  int64_t seq;      /* how far the feed is in it */
  uint64_t used_at; /* the pass that used it last */
};

struct live_folds;

struct live_folds *live_folds_new(void);
void live_folds_free(struct live_folds *folds); /* accepts NULL */
void live_folds_clear(struct live_folds *folds);
size_t live_folds_count(const struct live_folds *folds);

/* NULL: not in memory. Valid until one is added or dropped. */
struct live_fold *live_folds_find(struct live_folds *folds, int64_t vehicle_id);
/* Finds or makes it, in its initial state. */
struct live_fold *live_folds_add(struct live_folds *folds, int64_t vehicle_id);
void live_folds_drop(struct live_folds *folds, int64_t vehicle_id);
/* After a pass: `used_at` of the vehicles of the pass is this. Drops the oldest when there are too many. */
void live_folds_trim(struct live_folds *folds);

/* Takes over the state at the end of a window; the rows it shows are those that are stored as open. */
void live_fold_take(struct live_fold *live, struct window *window);
/* Whether rows that were stored as open may be missing among those of the window. */
bool live_fold_lacks_shown(const struct live_fold *live, const struct window *window);

#endif
