/* Sums as the figures of a report: rates with their exact 95 % intervals, shares, the change against the period before, the
 * rank. NaN where there is nothing to divide by. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_FIGURES_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_FIGURES_H

#include "api/csv.h"
#include "api/speeding/report_sums.h"
#include "server/json/writer.h"

struct report_figures {
  struct report_sums sums;
  bool has_previous;
  int64_t previous_episodes;
  double previous_distance_km;
  double per_100_km;
  double per_100_km_low;
  double per_100_km_high;
  double per_100_h;
  double per_100_h_low;
  double per_100_h_high;
  double previous_per_100_km;
};

/* Intervals of small counts, computed once each. All NaN at first: interval_cache_init. */
enum { INTERVAL_CACHE_COUNTS = 512 };
struct interval_cache {
  double low[INTERVAL_CACHE_COUNTS];
  double high[INTERVAL_CACHE_COUNTS];
};
void interval_cache_init(struct interval_cache *cache);

/* `previous` NULL: there is none to compare with. */
struct report_figures report_figures_of(const struct report_sums *now, const struct report_sums *previous,
                                        struct interval_cache *cache);
/* Episodes for each 100 km; NaN without any. */
double report_rate(const struct report_sums *sums);

void report_figures_write_members(struct json_writer *json, const struct report_figures *figures);
/* Without the end of the line. */
#define REPORT_FIGURES_CSV_HEADER                                                                                         \
  "distance_km,observed_h,moving_h,known_limit_km,known_limit_share,episodes,minor,moderate,severe,extreme,per_100_km,"   \
  "per_100_km_low,per_100_km_high,per_100_h,per_100_h_low,per_100_h_high,over_limit_km,over_limit_h,over_limit_distance_" \
  "share,"                                                                                                                \
  "over_limit_time_share,worst_excess_kmh,worst_episode_id,previous_episodes,previous_distance_km,previous_per_100_km,"   \
  "change_per_100_km"
void report_figures_write_cells(struct csv_row *cells, const struct report_figures *figures);

#endif
