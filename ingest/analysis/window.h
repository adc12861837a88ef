/* A stretch of one vehicle's breadcrumbs that is folded, from a known state on: what changed of its rows and checkpoints.
 *
 * In the common case the stretch is what came since the last time. When late breadcrumbs have come, or rules have changed, it
 * begins at the newest checkpoint before them and ends where the state is again that of a stored checkpoint: what is stored
 * behind it is right as it is. Rows that are settled within [from, until) are to be replaced by those of the window; a window
 * that did not meet itself again has no end, and its rows are all that there are from its beginning on, open ones too.
 *
 * Pure: no clock, no database. Owns its fold; all else lives in the arena. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_WINDOW_H
#define CRUMBTRAIL_INGEST_ANALYSIS_WINDOW_H

#include "ingest/analysis/fold.h"

/* The numbers stand in the database (analysis_checkpoint.kind). */
enum checkpoint_kind { CHECKPOINT_NEWEST = 1, CHECKPOINT_PART = 2, CHECKPOINT_DAY = 3 };

/* The state before the first breadcrumb recorded at or after `at_us`. */
struct checkpoint {
  int64_t at_us;
  enum checkpoint_kind kind;
  int64_t digest;    /* of the state */
  struct text state; /* in the arena; without data where only the digest is known */
};

#define WINDOW_BEGINNING INT64_MIN
#define WINDOW_NO_END INT64_MAX

struct window_settings {
  int64_t vehicle_id;
  struct fold_context context;
  /* Stored checkpoints after the beginning, ascending; borrowed. */
  const struct checkpoint *stored;
  size_t stored_count;
  /* No checkpoint before the breadcrumb that follows this time can say that all is as it was: the newest breadcrumb that is
   * new, or until when other rules hold. WINDOW_NO_END: none at all. */
  int64_t touched_until_us;
  /* From when on checkpoints are made within a day, too. */
  int64_t parts_from_us;
};

struct window {
  struct window_settings settings;
  struct arena *arena;
  struct fold fold;
  int64_t from_us;
  int64_t until_us;
  int64_t runs_from_us; /* the same for runs on roads, by when they begin */
  int64_t runs_until_us;
  struct fold_rows rows;
  struct row_set checkpoints; /* struct checkpoint: made on the way, ascending */
  size_t next_stored;
  bool is_past_touched;     /* a breadcrumb that is judged by its predecessor has followed what is new */
  int64_t checkpoint_at_us; /* the newest that exists */
  int32_t since_checkpoint; /* breadcrumbs */
};

/* From a state on: `fold` is taken over and left as after init. from_us: its checkpoint, WINDOW_BEGINNING, or for what goes on
 * in memory the time after the newest breadcrumb. checkpoint_at_us: the newest checkpoint at or before it, or WINDOW_BEGINNING.
 */
void window_begin(struct window *window, struct window_settings settings, struct fold *fold, int64_t from_us,
                  int64_t checkpoint_at_us, struct arena *arena);
/* The next breadcrumb. False when the window has ended before it: what is stored from window->until_us on holds. */
bool window_take(struct window *window, const struct fix *fix);
/* After the newest breadcrumb there is: adds the rows that are open, and the newest checkpoint. */
void window_finish(struct window *window, bool wants_checkpoint);
void window_free(struct window *window);

/* Whether enough has been folded since the newest checkpoint to make one. */
bool window_is_checkpoint_due(const struct window *window);

/* The first 8 bytes of the SHA-256. */
int64_t checkpoint_digest(struct text state);

#endif
