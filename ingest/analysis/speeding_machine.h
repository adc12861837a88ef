/* Speeding episodes of one vehicle, and the condition "is speeding" for alerts: a fold over its sorted breadcrumbs, one an
 * instant.
 *
 * The rules are in deploy/definitions.md, "Speeding", word for word. The median of the local day's intervals, by which a gap
 * ends an episode, is known when the day is over. Until then the machine keeps apart what an interval over 120 s may part or
 * join, shows it by the median so far, and decides at the first breadcrumb of a later day: who calls has nothing to do for it.
 * A row that depends on it is therefore appended only then, though its episode is long over.
 *
 * The condition is told only once it fires; value and limit_value are those at its peak.
 *
 * Owns memory: the day's long intervals, speeds of what is not decided. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_MACHINE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_MACHINE_H

#include "ingest/analysis/condition.h"
#include "ingest/analysis/fix.h"
#include "ingest/analysis/row_set.h"
#include "server/base/text.h"

/* The numbers stand in the database (speeding_episode.end_reason). */
enum speeding_end {
  SPEEDING_OPEN = 0,
  SPEEDING_END_UNDER = 1,
  SPEEDING_END_GAP = 2,
  SPEEDING_END_LIMIT = 3,
  SPEEDING_END_IGNITION = 4,
  SPEEDING_END_INVALID = 5,
};

/* Bits of speeding_episode.quality. */
enum speeding_quality {
  SPEEDING_JUMP = 1,      /* the breadcrumb directly before or after is flagged `jump` */
  SPEEDING_GAP_60_S = 2,  /* the largest gap exceeds 60 s */
  SPEEDING_ESTIMATED = 4, /* the limit of a member is estimated from the road's class */
};

struct speeding_row {
  int64_t started_at_us;
  int64_t ended_at_us;
  int64_t driver_id; /* 0: unknown */
  float before_s;    /* NaN: none */
  float after_s;     /* NaN: none yet */
  double distance_m;
  int32_t samples;
  float largest_gap_s;
  float max_speed_kmh;
  float mean_speed_kmh;
  float p95_speed_kmh;
  float limit_kmh;
  enum limit_source limit_source;
  float max_excess_kmh;
  float mean_excess_kmh;
  double excess_integral_kmh_s;
  int quality; /* enum speeding_quality, ored */
  enum speeding_end end_reason;
  int64_t road_id;     /* 0: none */
  int64_t geofence_id; /* 0: none */
  double started_longitude_deg;
  double started_latitude_deg;
  int64_t peak_at_us;
  double peak_longitude_deg;
  double peak_latitude_deg;
  double ended_longitude_deg;
  double ended_latitude_deg;
  bool is_open;
};

/* When the condition for alerts fires; episodes are stored whatever these are. */
struct speeding_rules {
  float tolerance_kmh;
  int32_t samples_min;
  int64_t duration_min_us;
};

static inline struct speeding_rules speeding_rules_default(void)
{
  return (struct speeding_rules){.tolerance_kmh = 5.0F, .samples_min = 2, .duration_min_us = INT64_C(10000000)};
}

struct speeding_machine {
  struct speeding_state *state; /* NULL before the first breadcrumb */
};

void speeding_machine_init(struct speeding_machine *machine);
void speeding_machine_free(struct speeding_machine *machine); /* leaves it as after init */
/* Makes `machine` (initialised) the same as `from`. */
void speeding_machine_copy(struct speeding_machine *machine, const struct speeding_machine *from);

/* `episodes`, `conditions`: row sets of struct speeding_row and struct condition. */
void speeding_machine_step(struct speeding_machine *machine, const struct speeding_rules *rules, const struct fix *fix,
                           const struct place *place, struct row_set *episodes, struct row_set *conditions);
/* What is open, and what is over but waits for the day's median. */
void speeding_machine_show(const struct speeding_machine *machine, struct row_set *episodes, struct row_set *conditions);
void speeding_machine_save(const struct speeding_machine *machine, struct buffer *out);
/* Takes its part from the front of `in`; false when that is damaged, and the machine is then as after init. */
bool speeding_machine_load(struct speeding_machine *machine, struct text *in);

#endif
