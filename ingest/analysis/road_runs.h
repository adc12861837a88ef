/* Runs of breadcrumbs on one road segment in one direction: how matches are kept, so that a change of rules needs no matching.
 *
 * A fold over instants and their matches. What is on no road makes no run. The run under way is in the state alone and becomes
 * a row when it ends. Plain value. Thread: one at a time; pure. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_RUNS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/analysis/row_set.h"
#include "ingest/analysis/state.h"

struct road_run {
  int64_t started_at_us; /* its first and last breadcrumb */
  int64_t ended_at_us;
  int64_t road_id; /* 0: no run is under way */
  bool is_forward; /* along the segment as drawn */
  int32_t samples;
};

/* `run`: the state, all zero at first. The next instant; `ended`: rows of struct road_run. */
void road_runs_step(struct road_run *run, int64_t recorded_at_us, int64_t road_id, bool is_forward, struct row_set *ended);
void road_runs_save(const struct road_run *run, struct buffer *out);
void road_runs_load(struct road_run *run, struct state_reader *in);

#endif
