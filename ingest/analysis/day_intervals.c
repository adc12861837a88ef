#include "ingest/analysis/day_intervals.h"

static const int64_t SHORT_MAX_US = DAY_GAP_MIN_US / 3;

void day_intervals_free(struct day_intervals *intervals)
{
  value_counts_free(&intervals->longer);
  *intervals = (struct day_intervals){0};
}

void day_intervals_clear(struct day_intervals *intervals)
{
  intervals->short_count = 0;
  intervals->short_max_us = 0;
  value_counts_clear(&intervals->longer);
}

void day_intervals_copy(struct day_intervals *intervals, const struct day_intervals *from)
{
  intervals->short_count = from->short_count;
  intervals->short_max_us = from->short_max_us;
  value_counts_copy(&intervals->longer, &from->longer);
}

void day_intervals_add(struct day_intervals *intervals, int64_t interval_us)
{
  if (interval_us > SHORT_MAX_US) {
    value_counts_add(&intervals->longer, interval_us, 1);
    return;
  }
  intervals->short_count++;
  intervals->short_max_us = interval_us > intervals->short_max_us ? interval_us : intervals->short_max_us;
}

int64_t day_intervals_longest_us(const struct day_intervals *intervals)
{
  const int64_t count = intervals->short_count + intervals->longer.total;
  const int64_t upper = count / 2;
  if (count == 0 || upper < intervals->short_count) {
    return DAY_GAP_MIN_US;
  }
  const int64_t lower = (count - 1) / 2;
  const int64_t upper_us = value_counts_at(&intervals->longer, upper - intervals->short_count);
  const int64_t lower_us = lower < intervals->short_count ? intervals->short_max_us
                                                          : value_counts_at(&intervals->longer, lower - intervals->short_count);
  const int64_t longest_us = 3 * (lower_us + upper_us) / 2;
  return longest_us > DAY_GAP_MIN_US ? longest_us : DAY_GAP_MIN_US;
}

void day_intervals_save(const struct day_intervals *intervals, struct buffer *out)
{
  state_put_int64(out, intervals->short_count);
  state_put_int64(out, intervals->short_max_us);
  value_counts_save(&intervals->longer, out);
}

void day_intervals_load(struct day_intervals *intervals, struct state_reader *in)
{
  intervals->short_count = state_take_int64(in);
  intervals->short_max_us = state_take_int64(in);
  value_counts_load(&intervals->longer, in);
}
