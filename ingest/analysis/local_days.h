/* Where the local days of a time zone begin: for daily sums in the depot's time (definitions.md, "Trip and stop").
 *
 * The beginnings come from PostgreSQL's time zones, which know every change to summer time and back; a day may be 23 or 25
 * hours long, or not exist at all. Beyond the days that are known each has 24 hours. Pure; borrows the array. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_LOCAL_DAYS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_LOCAL_DAYS_H

#include <stddef.h>
#include <stdint.h>

struct local_days {
  const int64_t *begins_us; /* of first_day and each after it, ascending; a day that does not exist begins with the next */
  size_t count;             /* 0: days of UTC */
  int32_t first_day;        /* days since 1970-01-01 */
};

/* The local day that holds the time: days since 1970-01-01. */
int32_t local_days_at(const struct local_days *days, int64_t time_us);
int64_t local_days_begin_us(const struct local_days *days, int32_t day);

#endif
