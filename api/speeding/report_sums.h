/* What a speeding report counts, by vehicle, driver or local day: made by report_memory.h or, where that does not hold the
 * range, by PostgreSQL (report_query.h). Plain values. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_SUMS_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_SUMS_H

#include "api/speeding/filter.h"

enum report_group_by { GROUP_BY_VEHICLE, GROUP_BY_DRIVER, GROUP_BY_DAY, GROUP_BY_COUNT };

extern const char *const REPORT_GROUPS[GROUP_BY_COUNT];

/* In mm and us, whole numbers where whole days are summed: the order of adding does not matter then. */
struct report_sums {
  double distance_mm;
  double known_limit_mm;
  double over_limit_mm;
  double observed_us;
  double moving_us;
  double over_limit_us;
  int64_t episodes;
  int64_t bands[BAND_COUNT];
  double worst_excess_kmh; /* of `episodes`, when there are any */
  int64_t worst_episode_id;
};

struct report_group {
  int64_t key; /* vehicle_id, driver_id, or days since 1970-01-01 */
  struct report_sums now;
  struct report_sums previous; /* of the period before; nothing when grouped by day */
};

struct report_groups {
  struct report_group *items; /* in no order */
  size_t count;
};

void report_sums_add(struct report_sums *sums, const struct report_sums *more);

#endif
