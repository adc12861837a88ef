#include "api/speeding/report_sums.h"

const char *const REPORT_GROUPS[GROUP_BY_COUNT] = {"vehicle", "driver", "day"};

static bool is_worse(const struct report_sums *sums, const struct report_sums *than)
{
  if (than->episodes == 0 || sums->episodes == 0) {
    return sums->episodes > 0;
  }
  if (sums->worst_excess_kmh < than->worst_excess_kmh || than->worst_excess_kmh < sums->worst_excess_kmh) {
    return sums->worst_excess_kmh > than->worst_excess_kmh;
  }
  return sums->worst_episode_id < than->worst_episode_id;
}

void report_sums_add(struct report_sums *sums, const struct report_sums *more)
{
  if (is_worse(more, sums)) {
    sums->worst_excess_kmh = more->worst_excess_kmh;
    sums->worst_episode_id = more->worst_episode_id;
  }
  sums->distance_mm += more->distance_mm;
  sums->known_limit_mm += more->known_limit_mm;
  sums->over_limit_mm += more->over_limit_mm;
  sums->observed_us += more->observed_us;
  sums->moving_us += more->moving_us;
  sums->over_limit_us += more->over_limit_us;
  sums->episodes += more->episodes;
  for (int band = 0; band < BAND_COUNT; band++) {
    sums->bands[band] += more->bands[band];
  }
}
