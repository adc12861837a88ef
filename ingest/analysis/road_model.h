/* How well a road explains a breadcrumb, and one road another: the costs (negative logarithms of probabilities, up to a
 * constant) of the hidden Markov model in road_matcher.h. Pure.
 *
 * The figures were found on drives in Portland with 5, 10 and 15 m of noise (tests/bench/roads.sh), on other seeds than those
 * that the test holds them to. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MODEL_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MODEL_H

#include "ingest/analysis/fix.h"
#include "ingest/analysis/road_map.h"

extern const double ROAD_REACH_M;    /* farther roads are no candidates ... */
extern const double ROAD_LED_M;      /* ... but up to here, where the road before leads to them */
extern const double ROAD_SKIP_COST;  /* of taking a breadcrumb for one without a road, between others that have one */
extern const double ROAD_BREAK_COST; /* of going on at a road that the last one does not lead to; no transition costs more */
extern const double ROAD_BEAM_COST;  /* what costs so much more than the best is given up */
extern const double ROAD_TURN_COST;  /* of turning round on a road */
extern const double ROAD_BACK_COST;  /* of seeming to drive backwards, as noise has it */

/* Farther than this past the straight line between two breadcrumbs is no better than a break. */
double road_detour_max_m(void);

/* A candidate driven in one direction. Infinity: against a one-way, or more than 60 degrees off the heading. */
double road_emission_cost(const struct map_road *road, const struct road_candidate *candidate, bool is_forward,
                          const struct fix *fix);

/* From one place on a road to another, driven_m along the roads (infinity: no way within the bound), straight_m between the two
 * breadcrumbs. */
double road_transition_cost(double driven_m, double straight_m);

#endif
