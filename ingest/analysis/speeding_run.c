#include "ingest/analysis/speeding_run.h"

#include <math.h>

#include "ingest/analysis/step.h"

static const int64_t STRICT_GAP_US = INT64_C(60000000);

void speeding_span_add(struct speeding_span *span, const struct speeding_span *more)
{
  span->distance_mm += more->distance_mm;
  span->excess_milli_us += more->excess_milli_us;
  span->largest_gap_us = span->largest_gap_us > more->largest_gap_us ? span->largest_gap_us : more->largest_gap_us;
}

struct speeding_run speeding_run_begin(const struct speeding_member *member, int64_t driver_id, int64_t before_us)
{
  struct speeding_run run = {
      .first = *member,
      .peak = *member,
      .driver_id = driver_id,
      .before_us = before_us,
      .after_us = SPEEDING_UNKNOWN_US,
      .max_speed_kmh = member->speed_kmh,
  };
  const struct speeding_span none = {0};
  speeding_run_add(&run, member, &none);
  return run;
}

void speeding_run_free(struct speeding_run *run)
{
  value_counts_free(&run->speeds);
}

void speeding_run_copy(struct speeding_run *run, const struct speeding_run *from)
{
  const struct value_counts speeds = run->speeds;
  *run = *from;
  run->speeds = speeds;
  value_counts_copy(&run->speeds, &from->speeds);
}

void speeding_run_add(struct speeding_run *run, const struct speeding_member *member, const struct speeding_span *span)
{
  speeding_span_add(&run->span, span);
  run->last = *member;
  run->after_us = SPEEDING_UNKNOWN_US;
  if (member->excess_milli_kmh > run->peak.excess_milli_kmh) {
    run->peak = *member;
  }
  run->samples++;
  run->max_speed_kmh = fmaxf(run->max_speed_kmh, member->speed_kmh);
  const int64_t speed_milli_kmh = step_milli_kmh(member->speed_kmh);
  run->speed_sum_milli_kmh += speed_milli_kmh;
  run->excess_sum_milli_kmh += member->excess_milli_kmh;
  value_counts_add(&run->speeds, (speed_milli_kmh + 50) / 100, 1);
  run->quality |= member->limit_source == LIMIT_ESTIMATED ? SPEEDING_ESTIMATED : 0;
}

void speeding_run_join(struct speeding_run *run, struct speeding_run *next)
{
  speeding_span_add(&run->span, &next->join);
  speeding_span_add(&run->span, &next->span);
  run->last = next->last;
  if (next->peak.excess_milli_kmh > run->peak.excess_milli_kmh) {
    run->peak = next->peak;
  }
  run->samples += next->samples;
  run->max_speed_kmh = fmaxf(run->max_speed_kmh, next->max_speed_kmh);
  run->speed_sum_milli_kmh += next->speed_sum_milli_kmh;
  run->excess_sum_milli_kmh += next->excess_sum_milli_kmh;
  value_counts_merge(&run->speeds, &next->speeds);
  run->quality |= next->quality;
  run->after_us = next->after_us;
  run->is_over = next->is_over;
  run->end_reason = next->end_reason;
  speeding_run_free(next);
}

static float seconds_or_nan(int64_t us)
{
  return us == SPEEDING_UNKNOWN_US ? NAN : (float)((double)us / 1e6);
}

struct speeding_row speeding_run_row(const struct speeding_run *run, enum speeding_end end_reason)
{
  const int64_t p95_rank = (run->speeds.total * 95 + 99) / 100 - 1;
  return (struct speeding_row){
      .started_at_us = run->first.at_us,
      .ended_at_us = run->last.at_us,
      .driver_id = run->driver_id,
      .before_s = seconds_or_nan(run->before_us),
      .after_s = seconds_or_nan(run->after_us),
      .distance_m = (double)run->span.distance_mm / 1e3,
      .samples = run->samples,
      .largest_gap_s = (float)((double)run->span.largest_gap_us / 1e6),
      .max_speed_kmh = run->max_speed_kmh,
      .mean_speed_kmh = (float)((double)run->speed_sum_milli_kmh / 1e3 / run->samples),
      .p95_speed_kmh = (float)((double)value_counts_at(&run->speeds, p95_rank) / 10),
      .limit_kmh = run->peak.limit_kmh,
      .limit_source = run->peak.limit_source,
      .max_excess_kmh = (float)((double)run->peak.excess_milli_kmh / 1e3),
      .mean_excess_kmh = (float)((double)run->excess_sum_milli_kmh / 1e3 / run->samples),
      .excess_integral_kmh_s = (double)run->span.excess_milli_us / 2e9,
      .quality = run->quality | (run->span.largest_gap_us > STRICT_GAP_US ? SPEEDING_GAP_60_S : 0),
      .end_reason = end_reason,
      .road_id = run->peak.road_id,
      .geofence_id = run->peak.geofence_id,
      .started_longitude_deg = run->first.longitude_deg,
      .started_latitude_deg = run->first.latitude_deg,
      .peak_at_us = run->peak.at_us,
      .peak_longitude_deg = run->peak.longitude_deg,
      .peak_latitude_deg = run->peak.latitude_deg,
      .ended_longitude_deg = run->last.longitude_deg,
      .ended_latitude_deg = run->last.latitude_deg,
      .is_open = end_reason == SPEEDING_OPEN,
  };
}

/* --- checkpoints --- */

void speeding_member_save(const struct speeding_member *member, struct buffer *out)
{
  state_put_int64(out, member->at_us);
  state_put_double(out, member->longitude_deg);
  state_put_double(out, member->latitude_deg);
  state_put_float(out, member->speed_kmh);
  state_put_int64(out, member->excess_milli_kmh);
  state_put_float(out, member->limit_kmh);
  state_put_int8(out, (int8_t)member->limit_source);
  state_put_int64(out, member->road_id);
  state_put_int64(out, member->geofence_id);
}

void speeding_member_load(struct speeding_member *member, struct state_reader *in)
{
  member->at_us = state_take_int64(in);
  member->longitude_deg = state_take_double(in);
  member->latitude_deg = state_take_double(in);
  member->speed_kmh = state_take_float(in);
  member->excess_milli_kmh = state_take_int64(in);
  member->limit_kmh = state_take_float(in);
  member->limit_source = (enum limit_source)(state_take_int8(in) & 7);
  member->road_id = state_take_int64(in);
  member->geofence_id = state_take_int64(in);
}

void speeding_span_save(const struct speeding_span *span, struct buffer *out)
{
  state_put_int64(out, span->distance_mm);
  state_put_int64(out, span->excess_milli_us);
  state_put_int64(out, span->largest_gap_us);
}

void speeding_span_load(struct speeding_span *span, struct state_reader *in)
{
  span->distance_mm = state_take_int64(in);
  span->excess_milli_us = state_take_int64(in);
  span->largest_gap_us = state_take_int64(in);
}

void speeding_run_save(const struct speeding_run *run, struct buffer *out)
{
  speeding_member_save(&run->first, out);
  speeding_member_save(&run->peak, out);
  speeding_member_save(&run->last, out);
  state_put_int64(out, run->driver_id);
  state_put_int64(out, run->before_us);
  state_put_int64(out, run->after_us);
  speeding_span_save(&run->span, out);
  state_put_int32(out, run->samples);
  state_put_float(out, run->max_speed_kmh);
  state_put_int64(out, run->speed_sum_milli_kmh);
  state_put_int64(out, run->excess_sum_milli_kmh);
  value_counts_save(&run->speeds, out);
  state_put_int8(out, (int8_t)run->quality);
  state_put_int8(out, run->is_over);
  state_put_int8(out, (int8_t)run->end_reason);
  state_put_int8(out, run->may_join);
  speeding_span_save(&run->join, out);
}

void speeding_run_load(struct speeding_run *run, struct state_reader *in)
{
  speeding_member_load(&run->first, in);
  speeding_member_load(&run->peak, in);
  speeding_member_load(&run->last, in);
  run->driver_id = state_take_int64(in);
  run->before_us = state_take_int64(in);
  run->after_us = state_take_int64(in);
  speeding_span_load(&run->span, in);
  run->samples = state_take_int32(in);
  run->max_speed_kmh = state_take_float(in);
  run->speed_sum_milli_kmh = state_take_int64(in);
  run->excess_sum_milli_kmh = state_take_int64(in);
  value_counts_load(&run->speeds, in);
  run->quality = state_take_int8(in) & 7;
  run->is_over = state_take_int8(in) != 0;
  run->end_reason = (enum speeding_end)(state_take_int8(in) & 7);
  run->may_join = state_take_int8(in) != 0;
  speeding_span_load(&run->join, in);
  in->broken = in->broken || run->samples < 1 || run->speeds.total != run->samples;
}
