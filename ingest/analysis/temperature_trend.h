/* Where a temperature is heading: the Theil-Sen line through a few readings, which a third of them cannot bend.
 *
 * The slope is the median of the slopes between every two readings, the level the median of what the readings have over a line
 * of that slope through the newest one's time. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_TEMPERATURE_TREND_H
#define CRUMBTRAIL_INGEST_ANALYSIS_TEMPERATURE_TREND_H

#include <stdbool.h>
#include <stdint.h>

enum { TREND_READINGS_MIN = 5, TREND_READINGS_MAX = 21 };

struct temperature_reading {
  int64_t recorded_at_us;
  float temperature_c;
};

struct temperature_trend {
  bool is_known; /* there are enough readings */
  double c_per_minute;
  double level_c; /* of the line at the newest reading */
};

/* `readings`: oldest first, no two at the same time, at most TREND_READINGS_MAX. */
struct temperature_trend temperature_trend_of(const struct temperature_reading *readings, int32_t count);

#endif
