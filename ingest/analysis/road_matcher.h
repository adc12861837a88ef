/* Which road a vehicle is on: the sequence of roads that explains its drive best (definitions.md, "matched road").
 *
 * A hidden Markov model over the breadcrumbs of one vehicle, solved by Viterbi as they come. What comes later can change what
 * is believed of a breadcrumb, so matches come out with a delay: as soon as all sequences that are still possible agree
 * (mostly after one or two breadcrumbs), at a gap, at a stop, and after ROAD_MATCHER_PENDING_MAX breadcrumbs at the latest.
 * The n-th match that comes out is of the n-th breadcrumb that went in: those settled so far, then those shown.
 * Same breadcrumbs and roads, same matches, however they are split between step, save and load.
 *
 * Owns its pending breadcrumbs; no database, no clock. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MATCHER_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MATCHER_H

#include "ingest/analysis/fix.h"
#include "ingest/analysis/row_set.h"
#include "server/base/text.h"

struct road_map;

enum { ROAD_MATCHER_PENDING_MAX = 60 };

struct road_match {
  int64_t road_id; /* 0: none */
  bool is_forward; /* along the segment as drawn */
};

struct road_matcher {
  struct matcher_state *state; /* NULL: nothing pending, nothing known */
};

void road_matcher_init(struct road_matcher *matcher);
void road_matcher_free(struct road_matcher *matcher);
/* `copy` is uninitialised before. */
void road_matcher_clone(const struct road_matcher *matcher, struct road_matcher *copy);

/* The next breadcrumb in the vehicle's order, flagged ones too. `settled`: rows of struct road_match. The map holds the roads
 * around it (road_source_prepare); NULL: there are no roads. */
void road_matcher_step(struct road_matcher *matcher, struct road_map *map, const struct fix *fix, struct row_set *settled);
/* Breadcrumbs that went in and have not come out. */
size_t road_matcher_pending(const struct road_matcher *matcher);
/* What is believed of them now, oldest first. */
void road_matcher_show(const struct road_matcher *matcher, struct row_set *provisional);
/* Settles all that is pending as believed now, and ends the chain. */
void road_matcher_settle(struct road_matcher *matcher, struct row_set *settled);

/* For whoever loads the map: how far around a breadcrumb roads matter, step_m after the last one that was not flagged
 * (infinity: there is none); and where that was, within what the reach allows for. False: nothing is known of it. */
double road_matcher_reach_m(double step_m);
bool road_matcher_position(const struct road_matcher *matcher, double *longitude_deg, double *latitude_deg);

/* Exact: the same bytes for the same state. Load: `matcher` is initialised; false (and nothing pending) when `in` holds no
 * state; the bytes that were read are cut off from `in`. */
void road_matcher_save(const struct road_matcher *matcher, struct buffer *out);
bool road_matcher_load(struct road_matcher *matcher, struct text *in);

#endif
