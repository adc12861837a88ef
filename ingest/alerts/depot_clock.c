#include "ingest/alerts/depot_clock.h"

#include "server/base/clock.h"

enum { DAY_MIN = 24 * 60, WEEK_MIN = 7 * DAY_MIN };
static const int64_t MINUTE_US = 60 * US_PER_SECOND;

int64_t depot_clock_local_us(const struct depot_clock *clock, int64_t time_us)
{
  int64_t offset_s = clock->count > 0 ? clock->offset_s[0] : 0;
  for (size_t i = 1; i < clock->count && clock->from_us[i] <= time_us; i++) {
    offset_s = clock->offset_s[i];
  }
  return time_us + offset_s * US_PER_SECOND;
}

bool quiet_hours_hold(struct quiet_hours quiet, const struct depot_clock *clock, int64_t time_us)
{
  const int64_t local_us = depot_clock_local_us(clock, time_us);
  const int64_t of_day_us = ((local_us % US_PER_DAY) + US_PER_DAY) % US_PER_DAY;
  const int minute = (int)(of_day_us / MINUTE_US);
  if (quiet.from_min <= quiet.to_min) {
    return quiet.from_min == quiet.to_min || (minute >= quiet.from_min && minute < quiet.to_min);
  }
  return minute >= quiet.from_min || minute < quiet.to_min;
}

/* Offsets change on whole minutes, so quiet hours end on one, whatever the zone does in between. */
int64_t quiet_hours_end(struct quiet_hours quiet, const struct depot_clock *clock, int64_t time_us)
{
  int64_t at_us = time_us;
  for (int minutes = 0; minutes < WEEK_MIN && quiet_hours_hold(quiet, clock, at_us); minutes++) {
    at_us = (at_us / MINUTE_US + 1) * MINUTE_US;
  }
  return at_us;
}

static bool read_digits(struct text text, size_t at, int *number)
{
  const char tens = text.data[at];
  const char ones = text.data[at + 1];
  *number = (tens - '0') * 10 + (ones - '0');
  return tens >= '0' && tens <= '9' && ones >= '0' && ones <= '9';
}

bool quiet_hours_parse(struct text text, int *minutes)
{
  int hour = 0;
  int minute = 0;
  if (text.length != 5 || text.data[2] != ':' || !read_digits(text, 0, &hour) || !read_digits(text, 3, &minute)) {
    return false;
  }
  *minutes = hour * 60 + minute;
  return minute < 60 && *minutes <= DAY_MIN;
}
