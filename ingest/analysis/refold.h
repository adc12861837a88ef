/* Vehicles that are folded anew from a checkpoint on, out of the database: because breadcrumbs came late, because rules have
 * changed, because their state is not in memory.
 *
 * Goes forward in pieces, so that new breadcrumbs of other vehicles need not wait; sees those numbered up to one number. What
 * comes for its vehicles meanwhile is told to it: what goes on behind the end is read when it finishes, what came before the
 * end makes the vehicle stale, to be folded once more. Owns memory. Thread: the analyser's, with its connection. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_REFOLD_H
#define CRUMBTRAIL_INGEST_ANALYSIS_REFOLD_H

#include "ingest/analysis/row_writer.h"
#include "ingest/analysis/rule_book.h"
#include "ingest/analysis/window.h"
#include "server/db/connection.h"

struct refold;

struct refold_wish {
  int64_t vehicle_id;
  int64_t from_us;          /* the first breadcrumb that is folded anew; INT64_MIN: all there are */
  int64_t touched_until_us; /* as in struct window_settings */
};

struct refold_settings {
  struct rule_book *book;
  struct road_source *roads;
  int64_t until_seq;
  int64_t parts_from_us;
};

enum refold_state {
  REFOLD_READING,
  REFOLD_MET,   /* it came to a stored checkpoint */
  REFOLD_ENDED, /* all breadcrumbs are in it */
  REFOLD_STALE,
};

struct refold_item {
  struct refold_wish wish;
  struct window window;
  struct vehicle_rules rules;
  enum refold_state state;
  int64_t new_from_us; /* the oldest breadcrumb that came meanwhile; INT64_MAX: none did */
};

/* Reads rules and checkpoints; nothing is written. Vehicles are different ones. */
struct error refold_new(struct db_connection *connection, struct refold_settings settings, const struct refold_wish *wishes,
                        size_t count, struct refold **refold) ERROR_MUST_CHECK;
void refold_free(struct refold *refold); /* accepts NULL */

/* Reads and folds about so many breadcrumbs; *is_done: there are no more. */
struct error refold_advance(struct refold *refold, struct db_connection *connection, size_t breadcrumbs_max,
                            bool *is_done) ERROR_MUST_CHECK;
size_t refold_breadcrumbs(const struct refold *refold); /* folded so far */

/* Breadcrumbs of a vehicle came that it does not see; those of others are ignored. */
void refold_tell(struct refold *refold, int64_t vehicle_id, int64_t first_recorded_at_us);
/* Brings its vehicles up to the number, and adds what they show. Items that did not get to REFOLD_MET or REFOLD_ENDED are
 * REFOLD_STALE after it. */
struct error refold_finish(struct refold *refold, struct db_connection *connection, int64_t until_seq) ERROR_MUST_CHECK;

struct refold_item *refold_items(struct refold *refold, size_t *count);

#endif
