/* The intervals between a vehicle's breadcrumbs in one local day, as far as their median says when a gap ends an episode of
 * speeding (deploy/definitions.md, "Speeding"): short ones are only counted, since a median of them changes nothing.
 *
 * Owns its memory until day_intervals_free. Zeroed is empty. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_DAY_INTERVALS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_DAY_INTERVALS_H

#include "ingest/analysis/value_counts.h"

/* No interval up to this is a gap, whatever the median. */
#define DAY_GAP_MIN_US INT64_C(120000000)

struct day_intervals {
  int64_t short_count; /* up to a third of DAY_GAP_MIN_US */
  int64_t short_max_us;
  struct value_counts longer; /* microseconds */
};

void day_intervals_free(struct day_intervals *intervals);
void day_intervals_clear(struct day_intervals *intervals);
void day_intervals_copy(struct day_intervals *intervals, const struct day_intervals *from);
void day_intervals_add(struct day_intervals *intervals, int64_t interval_us);
/* A longer interval than this is a gap: DAY_GAP_MIN_US, or three times the median where that is longer. */
int64_t day_intervals_longest_us(const struct day_intervals *intervals);

void day_intervals_save(const struct day_intervals *intervals, struct buffer *out);
void day_intervals_load(struct day_intervals *intervals, struct state_reader *in);

#endif
