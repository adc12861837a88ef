#include "ingest/analysis/local_days.h"

#include "server/base/clock.h"

int64_t local_days_begin_us(const struct local_days *days, int32_t day)
{
  const int64_t index = (int64_t)day - days->first_day;
  const int64_t last = (int64_t)days->count - 1;
  if (days->count == 0) {
    return day * US_PER_DAY;
  }
  if (index < 0) {
    return days->begins_us[0] + index * US_PER_DAY;
  }
  return index <= last ? days->begins_us[index] : days->begins_us[last] + (index - last) * US_PER_DAY;
}

/* The day of UTC is at most one off, but where a zone has jumped over a day. */
int32_t local_days_at(const struct local_days *days, int64_t time_us)
{
  int32_t day = clock_day(time_us);
  if (days->count == 0) {
    return day;
  }
  while (local_days_begin_us(days, day) > time_us) {
    day--;
  }
  while (local_days_begin_us(days, day + 1) <= time_us) {
    day++;
  }
  return day;
}
