/* One vehicle's breadcrumbs, one after the other, through everything that is derived from them: roads are matched, and trips,
 * stops, speeding, daily sums, temperatures and what alerts rest on are kept up.
 *
 * A pure fold: the same breadcrumbs give the same rows, however they are split between step, save, load and copy. Breadcrumbs
 * go in sorted by (recorded_at, version), each once, those from the future (FLAG_FUTURE) left out: their clock is wrong, and
 * what comes after them would be late. Of several of one instant the newest version that is not flagged counts. Matching looks
 * ahead, so what went in last may not have reached the machines; fold_show goes on from there on a copy.
 *
 * Owns memory. Thread: one at a time; no clock, no database. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_FOLD_H
#define CRUMBTRAIL_INGEST_ANALYSIS_FOLD_H

#include "ingest/analysis/fold_rows.h"
#include "ingest/analysis/machine_set.h"
#include "ingest/analysis/places.h"
#include "ingest/analysis/road_matcher.h"
#include "ingest/analysis/road_runs.h"

/* Written into checkpoints: those of another format are not read. */
enum { FOLD_FORMAT = 2 };

/* What the breadcrumbs of one vehicle are judged by. Borrowed. */
struct fold_context {
  struct place_context places;
  struct machine_rules rules;
  struct road_map *roads; /* around the breadcrumbs */
};

struct fold_entry {
  struct fix fix;
  struct road_match match;
};

struct fold {
  int64_t last_recorded_at_us; /* of the newest that went in; INT64_MIN: none yet */
  int64_t last_version;
  struct machine_set machines;
  struct road_matcher matcher;
  struct fix *waiting; /* went in, and their match has not come out */
  size_t waiting_count;
  size_t waiting_capacity;
  bool has_held;
  struct fold_entry held; /* the newest instant that is matched: another version of it may come */
  struct road_run run;
};

void fold_init(struct fold *fold);
void fold_free(struct fold *fold); /* leaves it as after init */
/* Makes `copy` (initialised) the same as `from`. */
void fold_copy(struct fold *copy, const struct fold *from);

/* Whether the breadcrumb comes after all that went in. */
bool fold_is_next(const struct fold *fold, int64_t recorded_at_us, int64_t version);
/* The next breadcrumb; rows that it settles are added. */
void fold_step(struct fold *fold, const struct fold_context *context, const struct fix *fix, struct fold_rows *rows);
/* Adds what goes on at the newest breadcrumb, and what is not settled yet as it looks now. */
void fold_show(const struct fold *fold, const struct fold_context *context, struct fold_rows *rows);

/* Runs on roads that begin at or after it are still to come; INT64_MAX: nothing has come in yet. */
int64_t fold_runs_since_us(const struct fold *fold);

/* Exact: the same bytes for the same state. */
void fold_save(const struct fold *fold, struct buffer *out);
/* `fold` is initialised. False, and the fold as after init, when these are not the bytes of a state. */
bool fold_load(struct fold *fold, struct text state);

#endif
