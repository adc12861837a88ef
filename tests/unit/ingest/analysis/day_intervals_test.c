#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "ingest/analysis/day_intervals.h"

enum { SECOND_US = 1000000, DAYS = 300, INTERVALS_MAX = 40 };

static int64_t longest_of(const int64_t *intervals_s, size_t count)
{
  struct day_intervals intervals = {0};
  for (size_t i = 0; i < count; i++) {
    day_intervals_add(&intervals, intervals_s[i] * SECOND_US);
  }
  const int64_t longest_us = day_intervals_longest_us(&intervals);
  day_intervals_free(&intervals);
  return longest_us;
}

static int ascending(const void *a, const void *b)
{
  const int64_t left = *(const int64_t *)a;
  const int64_t right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static void a_day_without_intervals_has_the_least(void **state)
{
  (void)state;
  assert_int_equal(longest_of(NULL, 0), 120 * SECOND_US);
}

static void three_times_the_median_where_that_is_longer(void **state)
{
  (void)state;
  assert_int_equal(longest_of((const int64_t[]){40, 40, 40}, 3), 120 * SECOND_US);
  assert_int_equal(longest_of((const int64_t[]){5, 41, 9000}, 3), 123 * SECOND_US);
  assert_int_equal(longest_of((const int64_t[]){5, 5, 9000}, 3), 120 * SECOND_US);
  assert_int_equal(longest_of((const int64_t[]){5, 30, 60, 70}, 4), 135 * SECOND_US);
  assert_int_equal(longest_of((const int64_t[]){5, 10, 60, 70}, 4), 120 * SECOND_US);
  assert_int_equal(longest_of((const int64_t[]){600}, 1), 1800 * SECOND_US);
}

/* Short intervals are only counted: the answer is that of all of them, sorted. */
static void random_days_as_by_sorting(void **state)
{
  (void)state;
  unsigned seed = 11;
  for (int day = 0; day < DAYS; day++) {
    int64_t intervals_s[INTERVALS_MAX];
    const size_t count = 1 + (size_t)rand_r(&seed) % INTERVALS_MAX;
    for (size_t i = 0; i < count; i++) {
      intervals_s[i] = rand_r(&seed) % 90;
    }
    const int64_t longest_us = longest_of(intervals_s, count);
    qsort(intervals_s, count, sizeof intervals_s[0], ascending);
    const int64_t of_median_us = 3 * (intervals_s[(count - 1) / 2] + intervals_s[count / 2]) * SECOND_US / 2;
    assert_int_equal(longest_us, of_median_us > 120 * SECOND_US ? of_median_us : 120 * SECOND_US);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_day_without_intervals_has_the_least),
      cmocka_unit_test(three_times_the_median_where_that_is_longer),
      cmocka_unit_test(random_days_as_by_sorting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
