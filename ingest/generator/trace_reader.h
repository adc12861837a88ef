/* Reads a recorded trace: CSV with a header (RFC 4180), one fix a row.
 *
 * Columns by name, in any order: vehicle_id, timestamp (ISO 8601 with offset), latitude, longitude, and optionally speed (m/s)
 * and heading (degrees); others are passed over. Owns the file and the current row. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_TRACE_READER_H
#define CRUMBTRAIL_INGEST_GENERATOR_TRACE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct trace_reader;

struct trace_fix {
  struct text vehicle_id; /* lives until the next row */
  int64_t time_us;
  double latitude_deg;
  double longitude_deg;
  double speed_mps;   /* NaN: none */
  double heading_deg; /* NaN: none */
};

enum trace_result { TRACE_FIX, TRACE_BAD_ROW, TRACE_END };

/* Opens and reads the header. ERROR_SETUP names a missing column. */
struct error trace_open(const char *path, struct trace_reader **reader) ERROR_MUST_CHECK;
void trace_close(struct trace_reader *reader); /* accepts NULL */

/* The next row. TRACE_BAD_ROW: *reason says why; the row is skipped. */
enum trace_result trace_next(struct trace_reader *reader, struct trace_fix *fix, const char **reason);
int64_t trace_line(const struct trace_reader *reader); /* where the last row began, from 1 */

#endif
