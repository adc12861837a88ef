/* What lies between two consecutive breadcrumbs, as trips, speeding and daily sums alike count it (deploy/definitions.md,
 * "Breadcrumbs that count"). Pure; thread: any. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_STEP_H
#define CRUMBTRAIL_INGEST_ANALYSIS_STEP_H

#include "ingest/analysis/fix.h"

/* Over this nothing is known of what lies between. */
#define STEP_UNOBSERVED_US INT64_C(3600000000)

/* Length in whole millimetres; a step under 10 m with speed 0 at both ends has none. */
int64_t step_mm(const struct fix *from, const struct fix *to);
/* Under 5 km/h; without a speed the mean speed of the step to it decides, and without that step it stands. */
bool step_stands(const struct fix *from, const struct fix *to, int64_t length_mm);
/* Speed less limit in thousandths of a km/h (in which both are rounded, so that the same limit in two units is the same limit);
 * false where one of them is unknown. */
bool step_excess(const struct fix *fix, const struct place *place, int64_t *excess_milli_kmh);
int64_t step_milli_kmh(float speed_kmh);
/* The part of `amount` that goes with [begin, at) of [begin, end], where begin <= at <= end: rounded so that parts which lie
 * side by side add up to the whole. */
int64_t step_share(int64_t amount, int64_t begin_us, int64_t at_us, int64_t end_us);

#endif
