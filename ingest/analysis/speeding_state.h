/* What a speeding machine remembers from one breadcrumb to the next, and how that goes into a checkpoint. Seen by
 * speeding_machine.c and speeding_state.c alone; thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_STATE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_STATE_H

#include "ingest/analysis/day_intervals.h"
#include "ingest/analysis/speeding_run.h"
#include "ingest/analysis/speeding_watch.h"

struct speeding_state {
  /* The breadcrumb before, of whatever kind. */
  int64_t before_at_us;
  bool before_was_jump;
  /* The last one that is not flagged. */
  bool has_last;
  struct fix last;
  int64_t last_excess_milli_kmh; /* 0 where it is not over */
  int8_t ignition;               /* the last that was known, as in struct fix */
  int32_t day;                   /* of the breadcrumb before */
  struct day_intervals intervals;
  /* Runs that wait for the day's median, and at the end the one that goes on, if one does. */
  struct speeding_run *runs;
  size_t run_count;
  size_t run_capacity;
  /* Since the last member of the run that goes on. */
  bool has_others;
  bool others_changed_limit; /* the first of them */
  struct speeding_span since;
  struct speeding_watch watch;
};

struct speeding_state *speeding_state_new(void);
/* The run that goes on, or NULL. */
struct speeding_run *speeding_state_run(struct speeding_state *state);
void speeding_state_push(struct speeding_state *state, const struct speeding_run *run);

#endif
