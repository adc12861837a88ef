/* Time: now, and RFC 3339 text. Unit: microseconds since 1970-01-01T00:00:00Z without leap seconds (POSIX). Thread: any. */
#ifndef CRUMBTRAIL_SERVER_BASE_CLOCK_H
#define CRUMBTRAIL_SERVER_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_SECOND)

int64_t clock_now_us(void);        /* wall clock, UTC */
int64_t clock_monotonic_us(void);  /* for deadlines and durations */
int64_t clock_thread_cpu_us(void); /* CPU time of the calling thread */

/* "2026-11-22T20:51:07Z", or with ".123456" when there is a fraction (trailing zeros cut). At most 32 bytes with the NUL. */
enum { CLOCK_TEXT_MAX = 32 };
int clock_format(int64_t time_us, char out[CLOCK_TEXT_MAX]); /* returns the length */
void buffer_append_time(struct buffer *buffer, int64_t time_us);
/* RFC 3339 section 5.6: date-time with 'Z' or an offset; a leap second (:60) is read as the next second; a space that stands
 * for the '+' of an unescaped offset in a query is accepted. */
bool clock_parse(struct text slice, int64_t *time_us);

/* The civil day that holds the time: days since 1970-01-01, floor. */
int32_t clock_day(int64_t time_us);
/* "2026-11-22" of a day number; at least 11 bytes. */
void clock_format_day(int32_t day, char out[16]);

#endif
