/* What a road matcher carries from breadcrumb to breadcrumb: the states that its last one can be in, and for those that are
 * pending, where each state came from. Inside of road_matcher.c. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MATCHER_STATE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MATCHER_STATE_H

#include "ingest/analysis/road_matcher.h"

enum { MATCHER_STATES_MAX = 24 };

/* On a road, in a direction, at the last breadcrumb that was used; or (skips > 0) at one before it, and without a road since.
 */
struct live_state {
  int64_t road_id;
  double longitude_deg; /* of the breadcrumb that was taken for one on this road */
  double latitude_deg;
  double cost; /* of the best sequence that ends here; the least of all states is 0 */
  float along_m;
  bool is_forward;
  uint8_t skips;
};

/* The same of a pending breadcrumb: what will come out, and the state of the column before from which it was reached. */
struct trail_state {
  int64_t road_id; /* 0: none */
  bool is_forward;
  uint8_t back;
};

enum column_kind {
  COLUMN_STATES, /* has states in the trail */
  COLUMN_NONE,   /* no road, whatever comes */
  COLUMN_SAME,   /* what the last one with states is found to be */
};

struct matcher_column {
  enum column_kind kind;
  uint8_t count; /* of its states */
};

struct matcher_state {
  struct live_state live[MATCHER_STATES_MAX]; /* as the last column with states has them, the best first */
  size_t live_count;
  double longitude_deg; /* of the last breadcrumb that was used */
  double latitude_deg;
  int64_t moved_at_us;    /* when it was recorded */
  int64_t seen_at_us;     /* the last one that was not flagged */
  bool rests;             /* the chain ended by standing long, and the vehicle has not moved since */
  struct road_match last; /* what came out last */
  struct matcher_column columns[ROAD_MATCHER_PENDING_MAX + 1];
  size_t column_count;
  struct trail_state *trail; /* of all columns, oldest first */
  size_t trail_count;
  size_t trail_capacity;
};

struct matcher_state *matcher_state_new(void);
void matcher_state_free(struct matcher_state *state); /* accepts NULL */
struct matcher_state *matcher_state_clone(const struct matcher_state *state);
void matcher_state_reserve(struct matcher_state *state, size_t trail_capacity);

/* A pending breadcrumb. One with states makes them the live ones; `back` is the place of each in those live before. */
void matcher_state_add(struct matcher_state *state, const struct live_state *live, const uint8_t *back, size_t count);
void matcher_state_add_empty(struct matcher_state *state, enum column_kind kind);

/* Takes out what all states agree on, and the oldest when more than ROAD_MATCHER_PENDING_MAX are pending. */
void matcher_state_settle(struct matcher_state *state, struct row_set *settled);
/* Takes out all, as the best state has it, and ends the chain. */
void matcher_state_settle_all(struct matcher_state *state, struct row_set *settled);
/* The same without taking it out. */
void matcher_state_show(const struct matcher_state *state, struct row_set *provisional);

#endif
