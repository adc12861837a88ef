/* Rows of the analysis as text, to compare and to show them in tests. */
#ifndef CRUMBTRAIL_TESTS_UNIT_INGEST_ANALYSIS_FOLD_TEXT_H
#define CRUMBTRAIL_TESTS_UNIT_INGEST_ANALYSIS_FOLD_TEXT_H

#include <stdio.h>

#include "ingest/analysis/condition.h"
#include "ingest/analysis/fold_rows.h"
#include "ingest/analysis/day_machine.h"
#include "ingest/analysis/road_runs.h"
#include "ingest/analysis/speeding_machine.h"
#include "ingest/analysis/temperature_machine.h"
#include "ingest/analysis/trip_machine.h"
#include "ingest/analysis/zone_machine.h"

static inline void fold_text(const struct fold_rows *rows, int kind, size_t index, char *out, size_t capacity)
{
  const void *row = (const char *)rows->sets[kind].items + index * rows->sets[kind].row_bytes;
  const struct trip_row *trip = row;
  const struct stop_row *stop = row;
  const struct speeding_row *episode = row;
  const struct drive_day_row *day = row;
  const struct zone_visit *visit = row;
  const struct excursion *excursion = row;
  const struct condition *condition = row;
  const struct road_run *run = row;
  switch ((enum fold_kind)kind) {
  case FOLD_TRIPS:
    snprintf(out, capacity, "%lld-%lld driver %lld %.17g m %.17g s max %g samples %d end %d open %d",
             (long long)trip->started_at_us, (long long)trip->ended_at_us, (long long)trip->driver_id, trip->distance_m,
             trip->moving_s, trip->max_speed_kmh, trip->samples, trip->end_reason, trip->is_open);
    break;
  case FOLD_STOPS:
    snprintf(out, capacity, "%lld-%lld idling %.17g samples %d %.9f open %d", (long long)stop->started_at_us,
             (long long)stop->ended_at_us, stop->idling_s, stop->samples, stop->latitude_deg, stop->is_open);
    break;
  case FOLD_EPISODES:
    snprintf(out, capacity,
             "%lld-%lld driver %lld %.17g m samples %d max %g p95 %g mean %g limit %g integral %.17g end %d open %d",
             (long long)episode->started_at_us, (long long)episode->ended_at_us, (long long)episode->driver_id,
             episode->distance_m, episode->samples, episode->max_speed_kmh, episode->p95_speed_kmh, episode->mean_speed_kmh,
             episode->limit_kmh, episode->excess_integral_kmh_s, episode->end_reason, episode->is_open);
    break;
  case FOLD_DAYS:
    snprintf(out, capacity, "%d driver %lld %.17g m known %.17g over %.17g %.17g s moving %.17g samples %d", day->day,
             (long long)day->driver_id, day->distance_m, day->known_limit_m, day->over_limit_m, day->observed_s, day->moving_s,
             day->samples);
    break;
  case FOLD_VISITS:
    snprintf(out, capacity, "zone %lld %lld-%lld samples %d open %d", (long long)visit->geofence_id,
             (long long)visit->entered_at_us, (long long)visit->exited_at_us, visit->samples, visit->is_open);
    break;
  case FOLD_EXCURSIONS:
    snprintf(out, capacity, "%d %lld-%lld extreme %g at %lld %.17g degree minutes fired %lld samples %d open %d",
             excursion->tier, (long long)excursion->started_at_us, (long long)excursion->ended_at_us, excursion->extreme_c,
             (long long)excursion->extreme_at_us, excursion->degree_minutes, (long long)excursion->fired_at_us,
             excursion->samples, excursion->is_open);
    break;
  case FOLD_CONDITIONS:
    snprintf(out, capacity, "%d of %lld %lld fires %lld ended %lld seen %lld value %g limit %g", condition->kind,
             (long long)condition->subject_id, (long long)condition->began_at_us, (long long)condition->fires_at_us,
             (long long)condition->ended_at_us, (long long)condition->seen_at_us, condition->value, condition->limit_value);
    break;
  case FOLD_ROAD_RUNS:
    snprintf(out, capacity, "%lld-%lld road %lld forward %d samples %d", (long long)run->started_at_us,
             (long long)run->ended_at_us, (long long)run->road_id, run->is_forward, run->samples);
    break;
  case FOLD_KIND_COUNT:
    break;
  }
}

#endif
