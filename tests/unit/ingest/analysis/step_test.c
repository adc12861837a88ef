#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "ingest/analysis/step.h"

static struct fix fix_at(int64_t second, double latitude_deg, float speed_kmh)
{
  return (struct fix){.recorded_at_us = second * 1000000, .latitude_deg = latitude_deg, .speed_kmh = speed_kmh, .ignition = -1};
}

static void jitter_has_no_length(void **state)
{
  (void)state;
  const struct fix here = fix_at(0, 0, 0);
  const struct fix near = fix_at(5, 0.00009, 0);      /* 9.95 m */
  const struct fix farther = fix_at(5, 0.0000905, 0); /* 10.007 m */
  const struct fix slow = fix_at(5, 0.00009, 0.1F);
  const struct fix unknown = fix_at(5, 0.00009, NAN);
  assert_int_equal(step_mm(&here, &near), 0);
  assert_in_range(step_mm(&here, &farther), 10001, 10010);
  assert_in_range(step_mm(&here, &slow), 9940, 9960);
  assert_in_range(step_mm(&slow, &here), 9940, 9960);
  assert_in_range(step_mm(&here, &unknown), 9940, 9960);
}

static void it_stands_by_its_speed_or_by_the_step_to_it(void **state)
{
  (void)state;
  const struct fix before = fix_at(0, 0, NAN);
  const struct fix slow = fix_at(10, 0, 4.99F);
  const struct fix fast = fix_at(10, 0, 5.0F);
  const struct fix unknown = fix_at(10, 0, NAN);
  assert_true(step_stands(&before, &slow, 1000000));
  assert_false(step_stands(&before, &fast, 0));
  assert_true(step_stands(NULL, &unknown, 0));
  assert_true(step_stands(&before, &unknown, 13888)); /* 13.888 m in 10 s: 4.9997 km/h */
  assert_false(step_stands(&before, &unknown, 13889));
}

static void excess_is_in_thousandths(void **state)
{
  (void)state;
  int64_t excess_milli_kmh;
  struct fix fix = fix_at(0, 0, 80.4674F);
  struct place place = {.limit_kmh = 80.4672F};
  assert_true(step_excess(&fix, &place, &excess_milli_kmh));
  assert_int_equal(excess_milli_kmh, 0);
  fix.speed_kmh = 81.5F;
  assert_true(step_excess(&fix, &place, &excess_milli_kmh));
  assert_int_equal(excess_milli_kmh, 1033);
  place.limit_kmh = NAN;
  assert_false(step_excess(&fix, &place, &excess_milli_kmh));
  place.limit_kmh = 80;
  fix.speed_kmh = NAN;
  assert_false(step_excess(&fix, &place, &excess_milli_kmh));
}

static void shares_add_up(void **state)
{
  (void)state;
  const int64_t length_mm = INT64_C(20003931459); /* half the earth in an hour: more than 64 bits between */
  int64_t sum_mm = 0;
  for (int64_t at_us = 0; at_us < STEP_UNOBSERVED_US; at_us += 7000001) {
    const int64_t next_us = at_us + 7000001 < STEP_UNOBSERVED_US ? at_us + 7000001 : STEP_UNOBSERVED_US;
    sum_mm += step_share(length_mm, 0, next_us, STEP_UNOBSERVED_US) - step_share(length_mm, 0, at_us, STEP_UNOBSERVED_US);
  }
  assert_int_equal(sum_mm, length_mm);
  assert_int_equal(step_share(length_mm, 5, 5, 5), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(jitter_has_no_length),
      cmocka_unit_test(it_stands_by_its_speed_or_by_the_step_to_it),
      cmocka_unit_test(excess_is_in_thousandths),
      cmocka_unit_test(shares_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
