#include "ingest/analysis/road_runs.h"

#include "ingest/analysis/state.h"

void road_runs_step(struct road_run *run, int64_t recorded_at_us, int64_t road_id, bool is_forward, struct row_set *ended)
{
  const bool goes_on = run->road_id == road_id && run->is_forward == is_forward;
  if (run->road_id != 0 && !goes_on) {
    row_set_add(ended, run);
  }
  if (!goes_on || road_id == 0) {
    *run = (struct road_run){.started_at_us = recorded_at_us, .road_id = road_id, .is_forward = is_forward};
  }
  run->ended_at_us = recorded_at_us;
  run->samples++;
}

void road_runs_save(const struct road_run *run, struct buffer *out)
{
  state_put_int64(out, run->road_id);
  if (run->road_id != 0) {
    state_put_int64(out, run->started_at_us);
    state_put_int64(out, run->ended_at_us);
    state_put_int8(out, run->is_forward);
    state_put_int32(out, run->samples);
  }
}

void road_runs_load(struct road_run *run, struct state_reader *in)
{
  *run = (struct road_run){.road_id = state_take_int64(in)};
  if (run->road_id != 0) {
    run->started_at_us = state_take_int64(in);
    run->ended_at_us = state_take_int64(in);
    run->is_forward = state_take_int8(in) != 0;
    run->samples = state_take_int32(in);
  }
}
