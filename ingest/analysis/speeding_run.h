/* Breadcrumbs over the limit that belong together for sure: an episode, or one of the parts that make one if the day's median
 * says so. Seen by the speeding machine alone; thread: one at a time. Speeds in thousandths of a km/h. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_RUN_H
#define CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_RUN_H

#include "ingest/analysis/speeding_machine.h"
#include "ingest/analysis/value_counts.h"

enum { SPEEDING_UNKNOWN_US = -1 };

/* A breadcrumb over its limit. */
struct speeding_member {
  int64_t at_us;
  double longitude_deg;
  double latitude_deg;
  float speed_kmh;
  int64_t excess_milli_kmh;
  float limit_kmh;
  enum limit_source limit_source;
  int64_t road_id;
  int64_t geofence_id;
};

/* What lies between two members. */
struct speeding_span {
  int64_t distance_mm;
  int64_t excess_milli_us; /* twice the integral: the sum of both ends' excess, times the time between them */
  int64_t largest_gap_us;
};

struct speeding_run {
  struct speeding_member first;
  struct speeding_member peak;
  struct speeding_member last;
  int64_t driver_id;
  int64_t before_us; /* or SPEEDING_UNKNOWN_US, as after_us */
  int64_t after_us;
  struct speeding_span span;
  int32_t samples;
  float max_speed_kmh;
  int64_t speed_sum_milli_kmh;
  int64_t excess_sum_milli_kmh;
  struct value_counts speeds; /* tenths of a km/h; owned */
  int quality;
  bool is_over;
  enum speeding_end end_reason; /* when it is over, and not because of a gap */
  /* It goes on the run before it, if before_us is no gap. */
  bool may_join;
  struct speeding_span join;
};

void speeding_span_add(struct speeding_span *span, const struct speeding_span *more);

struct speeding_run speeding_run_begin(const struct speeding_member *member, int64_t driver_id, int64_t before_us);
void speeding_run_free(struct speeding_run *run);
/* Over a run that is zeroed or initialised. */
void speeding_run_copy(struct speeding_run *run, const struct speeding_run *from);
/* `span`: since the last member. */
void speeding_run_add(struct speeding_run *run, const struct speeding_member *member, const struct speeding_span *span);
/* `next` goes on `run`, and is freed. */
void speeding_run_join(struct speeding_run *run, struct speeding_run *next);
struct speeding_row speeding_run_row(const struct speeding_run *run, enum speeding_end end_reason);

void speeding_member_save(const struct speeding_member *member, struct buffer *out);
void speeding_member_load(struct speeding_member *member, struct state_reader *in);
void speeding_span_save(const struct speeding_span *span, struct buffer *out);
void speeding_span_load(struct speeding_span *span, struct state_reader *in);
void speeding_run_save(const struct speeding_run *run, struct buffer *out);
/* Into a zeroed run. */
void speeding_run_load(struct speeding_run *run, struct state_reader *in);

#endif
