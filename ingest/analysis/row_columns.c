#include "ingest/analysis/row_columns.h"

#include <string.h>

#include "ingest/analysis/condition.h"
#include "ingest/analysis/day_machine.h"
#include "ingest/analysis/road_runs.h"
#include "ingest/analysis/speeding_machine.h"
#include "ingest/analysis/temperature_machine.h"
#include "ingest/analysis/trip_machine.h"
#include "ingest/analysis/zone_machine.h"

#define KEY(row, member, of_type)                 \
  {                                               \
    offsetof(struct row, member), (of_type), true \
  }
#define COLUMN(row, member, of_type)               \
  {                                                \
    offsetof(struct row, member), (of_type), false \
  }
#define COLUMNS(items)                          \
  {                                             \
    (items), sizeof(items) / sizeof((items)[0]) \
  }

static const struct column TRIP[] = {
    KEY(trip_row, started_at_us, COLUMN_TIME),
    COLUMN(trip_row, ended_at_us, COLUMN_TIME),
    COLUMN(trip_row, driver_id, COLUMN_ID),
    COLUMN(trip_row, distance_m, COLUMN_DOUBLE),
    COLUMN(trip_row, moving_s, COLUMN_DOUBLE),
    COLUMN(trip_row, max_speed_kmh, COLUMN_FLOAT),
    COLUMN(trip_row, samples, COLUMN_INT32),
    COLUMN(trip_row, started_longitude_deg, COLUMN_DOUBLE),
    COLUMN(trip_row, started_latitude_deg, COLUMN_DOUBLE),
    COLUMN(trip_row, ended_longitude_deg, COLUMN_DOUBLE),
    COLUMN(trip_row, ended_latitude_deg, COLUMN_DOUBLE),
    COLUMN(trip_row, end_reason, COLUMN_SMALL),
    COLUMN(trip_row, is_open, COLUMN_BOOL),
};

static const struct column STOP[] = {
    KEY(stop_row, started_at_us, COLUMN_TIME),      COLUMN(stop_row, ended_at_us, COLUMN_TIME),
    COLUMN(stop_row, idling_s, COLUMN_DOUBLE),      COLUMN(stop_row, samples, COLUMN_INT32),
    COLUMN(stop_row, longitude_deg, COLUMN_DOUBLE), COLUMN(stop_row, latitude_deg, COLUMN_DOUBLE),
    COLUMN(stop_row, is_open, COLUMN_BOOL),
};

static const struct column EPISODE[] = {
    KEY(speeding_row, started_at_us, COLUMN_TIME),
    COLUMN(speeding_row, ended_at_us, COLUMN_TIME),
    COLUMN(speeding_row, driver_id, COLUMN_ID),
    COLUMN(speeding_row, before_s, COLUMN_FLOAT),
    COLUMN(speeding_row, after_s, COLUMN_FLOAT),
    COLUMN(speeding_row, distance_m, COLUMN_DOUBLE),
    COLUMN(speeding_row, samples, COLUMN_INT32),
    COLUMN(speeding_row, largest_gap_s, COLUMN_FLOAT),
    COLUMN(speeding_row, max_speed_kmh, COLUMN_FLOAT),
    COLUMN(speeding_row, mean_speed_kmh, COLUMN_FLOAT),
    COLUMN(speeding_row, p95_speed_kmh, COLUMN_FLOAT),
    COLUMN(speeding_row, limit_kmh, COLUMN_FLOAT),
    COLUMN(speeding_row, limit_source, COLUMN_SMALL),
    COLUMN(speeding_row, max_excess_kmh, COLUMN_FLOAT),
    COLUMN(speeding_row, mean_excess_kmh, COLUMN_FLOAT),
    COLUMN(speeding_row, excess_integral_kmh_s, COLUMN_DOUBLE),
    COLUMN(speeding_row, quality, COLUMN_SMALL),
    COLUMN(speeding_row, end_reason, COLUMN_SMALL),
    COLUMN(speeding_row, road_id, COLUMN_OPTIONAL_ID),
    COLUMN(speeding_row, geofence_id, COLUMN_OPTIONAL_ID),
    COLUMN(speeding_row, started_longitude_deg, COLUMN_DOUBLE),
    COLUMN(speeding_row, started_latitude_deg, COLUMN_DOUBLE),
    COLUMN(speeding_row, peak_at_us, COLUMN_TIME),
    COLUMN(speeding_row, peak_longitude_deg, COLUMN_DOUBLE),
    COLUMN(speeding_row, peak_latitude_deg, COLUMN_DOUBLE),
    COLUMN(speeding_row, ended_longitude_deg, COLUMN_DOUBLE),
    COLUMN(speeding_row, ended_latitude_deg, COLUMN_DOUBLE),
    COLUMN(speeding_row, is_open, COLUMN_BOOL),
};

static const struct column DAY[] = {
    KEY(drive_day_row, day, COLUMN_INT32),
    KEY(drive_day_row, driver_id, COLUMN_ID),
    COLUMN(drive_day_row, distance_m, COLUMN_DOUBLE),
    COLUMN(drive_day_row, known_limit_m, COLUMN_DOUBLE),
    COLUMN(drive_day_row, over_limit_m, COLUMN_DOUBLE),
    COLUMN(drive_day_row, observed_s, COLUMN_DOUBLE),
    COLUMN(drive_day_row, moving_s, COLUMN_DOUBLE),
    COLUMN(drive_day_row, known_limit_s, COLUMN_DOUBLE),
    COLUMN(drive_day_row, over_limit_s, COLUMN_DOUBLE),
    COLUMN(drive_day_row, samples, COLUMN_INT32),
    COLUMN(drive_day_row, max_speed_kmh, COLUMN_FLOAT),
};

static const struct column VISIT[] = {
    KEY(zone_visit, geofence_id, COLUMN_ID),       KEY(zone_visit, entered_at_us, COLUMN_TIME),
    COLUMN(zone_visit, exited_at_us, COLUMN_TIME), COLUMN(zone_visit, samples, COLUMN_INT32),
    COLUMN(zone_visit, is_open, COLUMN_BOOL),
};

static const struct column EXCURSION[] = {
    KEY(excursion, rule_id, COLUMN_ID),
    KEY(excursion, tier, COLUMN_SMALL),
    COLUMN(excursion, side, COLUMN_SMALL),
    KEY(excursion, started_at_us, COLUMN_TIME),
    COLUMN(excursion, ended_at_us, COLUMN_TIME),
    COLUMN(excursion, limit_c, COLUMN_FLOAT),
    COLUMN(excursion, extreme_c, COLUMN_FLOAT),
    COLUMN(excursion, extreme_at_us, COLUMN_TIME),
    COLUMN(excursion, degree_minutes, COLUMN_DOUBLE),
    COLUMN(excursion, over_s, COLUMN_DOUBLE),
    COLUMN(excursion, paused_s, COLUMN_DOUBLE),
    COLUMN(excursion, samples, COLUMN_INT32),
    COLUMN(excursion, fired_at_us, COLUMN_OPTIONAL_TIME),
    COLUMN(excursion, is_open, COLUMN_BOOL),
};

static const struct column CONDITION[] = {
    KEY(condition, kind, COLUMN_SMALL),
    KEY(condition, subject_id, COLUMN_ID),
    KEY(condition, began_at_us, COLUMN_TIME),
    COLUMN(condition, fires_at_us, COLUMN_OPTIONAL_TIME),
    COLUMN(condition, ended_at_us, COLUMN_OPTIONAL_TIME),
    COLUMN(condition, seen_at_us, COLUMN_TIME),
    COLUMN(condition, value, COLUMN_FLOAT),
    COLUMN(condition, limit_value, COLUMN_FLOAT),
    COLUMN(condition, longitude_deg, COLUMN_DOUBLE),
    COLUMN(condition, latitude_deg, COLUMN_DOUBLE),
};

static const struct column ROAD_RUN[] = {
    KEY(road_run, started_at_us, COLUMN_TIME), COLUMN(road_run, ended_at_us, COLUMN_TIME), COLUMN(road_run, road_id, COLUMN_ID),
    COLUMN(road_run, is_forward, COLUMN_BOOL), COLUMN(road_run, samples, COLUMN_INT32),
};

struct columns row_columns(enum fold_kind kind)
{
  static const struct columns ALL[FOLD_KIND_COUNT] = {
      [FOLD_TRIPS] = COLUMNS(TRIP),           [FOLD_STOPS] = COLUMNS(STOP),
      [FOLD_EPISODES] = COLUMNS(EPISODE),     [FOLD_DAYS] = COLUMNS(DAY),
      [FOLD_VISITS] = COLUMNS(VISIT),         [FOLD_EXCURSIONS] = COLUMNS(EXCURSION),
      [FOLD_CONDITIONS] = COLUMNS(CONDITION), [FOLD_ROAD_RUNS] = COLUMNS(ROAD_RUN),
  };
  return ALL[kind];
}

int64_t row_column_int(const void *row, const struct column *column)
{
  const char *member = (const char *)row + column->offset;
  int64_t wide = 0;
  int32_t narrow = 0;
  switch (column->type) {
  case COLUMN_TIME:
  case COLUMN_OPTIONAL_TIME:
  case COLUMN_ID:
  case COLUMN_OPTIONAL_ID:
    memcpy(&wide, member, sizeof wide);
    return wide;
  case COLUMN_BOOL:
    return *(const bool *)member ? 1 : 0;
  default:
    memcpy(&narrow, member, sizeof narrow);
    return narrow;
  }
}

/* The finalizer of SplitMix64. */
static uint64_t mix(uint64_t value)
{
  value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
  return value ^ (value >> 31);
}

uint64_t row_key_hash(enum fold_kind kind, const void *row)
{
  const struct columns columns = row_columns(kind);
  uint64_t hash = mix((uint64_t)kind + 1);
  for (size_t i = 0; i < columns.count; i++) {
    if (columns.items[i].is_key) {
      hash = mix(hash + (uint64_t)row_column_int(row, &columns.items[i]));
    }
  }
  return hash;
}
