/* Temperature readings of a period as a line for a chart: all of them when they are few, else the lowest and the highest of
 * each of many equal parts, so that no peak is lost. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_TEMPERATURE_LINE_H
#define CRUMBTRAIL_API_TEMPERATURE_LINE_H

#include "api/temperature/readings.h"

struct temperature_line {
  struct temperature_reading *points; /* oldest first, in the arena */
  size_t count;
  int64_t readings; /* that they stand for */
};

struct error temperature_line_read(struct db_connection *connection, struct arena *arena, int64_t vehicle_id, int64_t from_us,
                                   int64_t until_us, int64_t points_max, struct temperature_line *line) ERROR_MUST_CHECK;

#endif
