/* The chart of a temperature record as inline SVG: the line of the readings, broken at gaps, the limits, the excursions behind
 * it.
 *
 * Without script or style of its own: classes for the page's style sheet (line, limit, urgent, out, grid, tick). Pure. Thread:
 * any. */
#ifndef CRUMBTRAIL_API_TEMPERATURE_RECORD_CHART_H
#define CRUMBTRAIL_API_TEMPERATURE_RECORD_CHART_H

#include "api/temperature/line.h"

enum { RECORD_TICKS = 7 }; /* both ends of the period among them */

struct record_span {
  int64_t from_us;
  int64_t until_us;
};

struct record_chart {
  struct record_span period;
  const struct temperature_line *line;
  const struct vehicle_rule *rule;
  int64_t gap_us; /* readings further apart are not joined */
  const struct record_span *excursions;
  size_t excursion_count;
  const struct text *ticks; /* RECORD_TICKS labels of times spread evenly over the period */
};

int64_t record_chart_tick_us(struct record_span period, int tick);
void record_chart_write(struct buffer *out, const struct record_chart *chart);

#endif
