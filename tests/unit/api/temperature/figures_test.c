#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdbool.h>

#include "api/temperature/figures.h"

static const int64_t MINUTE_US = INT64_C(60000000);

static struct temperature_figures figures_of(struct temperature_limits limits, const double *degrees, size_t count,
                                             int64_t apart_us)
{
  struct temperature_figures figures = temperature_figures_begin(limits);
  for (size_t i = 0; i < count; i++) {
    temperature_figures_add(&figures, (struct temperature_reading){(int64_t)i * apart_us, degrees[i]});
  }
  return figures;
}

static bool near(double value, double expected)
{
  return fabs(value - expected) < 1e-6;
}

static const struct temperature_limits NO_LIMITS = {NAN, NAN, 900 * INT64_C(1000000)};
static const struct temperature_limits TWO_TO_EIGHT = {2, 8, 900 * INT64_C(1000000)};

static void nothing_read(void **state)
{
  (void)state;
  const struct temperature_figures figures = temperature_figures_begin(TWO_TO_EIGHT);
  assert_int_equal(figures.readings, 0);
  assert_true(isnan(temperature_figures_mean_c(&figures)));
  assert_true(isnan(temperature_figures_mean_kinetic_c(&figures)));
}

static void one_reading(void **state)
{
  (void)state;
  const double degrees[] = {9};
  const struct temperature_figures figures = figures_of(TWO_TO_EIGHT, degrees, 1, MINUTE_US);
  assert_true(near(temperature_figures_mean_c(&figures), 9));
  assert_true(near(temperature_figures_mean_kinetic_c(&figures), 9));
  assert_true(figures.above_us == 0 && figures.longest_gap_us == 0);
}

static void the_kinetic_mean_lies_above_the_mean(void **state)
{
  (void)state;
  const double same[] = {25, 25, 25};
  const double step[] = {5, 5, 15};
  struct temperature_figures figures = figures_of(NO_LIMITS, same, 3, MINUTE_US);
  assert_true(near(temperature_figures_mean_kinetic_c(&figures), 25));
  figures = figures_of(NO_LIMITS, step, 3, MINUTE_US);
  assert_true(near(temperature_figures_mean_c(&figures), 7.5));
  /* 10000 / -ln((2 exp(-10000/278.15) + exp(-10000/278.15) + exp(-10000/288.15)) / 4) - 273.15, by another program */
  assert_true(near(temperature_figures_mean_kinetic_c(&figures), 8.785926));
}

static void above_and_below(void **state)
{
  (void)state;
  const double degrees[] = {6, 10, 10, 0, 4};
  const struct temperature_figures figures = figures_of(TWO_TO_EIGHT, degrees, 5, MINUTE_US);
  /* Up: half a minute, 1 degree on average. Level: a minute at 2. Down: 1/5 of a minute, 1 on average. */
  assert_true(near(figures.above_us / (double)MINUTE_US, 0.5 + 1 + 0.2));
  assert_true(near(figures.above_degree_us / (double)MINUTE_US, 0.5 + 2 + 0.2));
  assert_true(near(figures.below_us / (double)MINUTE_US, 0.2 + 0.5));
  assert_true(near(figures.below_degree_us / (double)MINUTE_US, 0.2 + 0.5));
  assert_true(figures.coldest.temperature_c == 0 && figures.coldest.recorded_at_us == 3 * MINUTE_US);
  assert_true(figures.warmest.temperature_c == 10 && figures.warmest.recorded_at_us == MINUTE_US);
  assert_true(figures.first.temperature_c == 6 && figures.last.temperature_c == 4);
}

static void at_the_limit_is_within(void **state)
{
  (void)state;
  const double degrees[] = {8, 8, 2, 2};
  const struct temperature_figures figures = figures_of(TWO_TO_EIGHT, degrees, 4, MINUTE_US);
  assert_true(figures.above_us == 0 && figures.below_us == 0);
}

static void a_gap_counts_up_to_a_length(void **state)
{
  (void)state;
  const double degrees[] = {10, 10};
  const struct temperature_figures figures = figures_of(TWO_TO_EIGHT, degrees, 2, 60 * MINUTE_US);
  assert_int_equal(figures.longest_gap_us, 60 * MINUTE_US);
  assert_true(near(figures.above_us, 15.0 * (double)MINUTE_US));
  assert_true(near(figures.above_degree_us, 30.0 * (double)MINUTE_US));
  assert_true(near(figures.counted_us, 15.0 * (double)MINUTE_US));
}

static void without_limits_nothing_is_out_of_range(void **state)
{
  (void)state;
  const double degrees[] = {-100, 100};
  const struct temperature_figures figures = figures_of(NO_LIMITS, degrees, 2, MINUTE_US);
  assert_true(figures.above_us == 0 && figures.below_us == 0 && figures.above_degree_us == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_read),
      cmocka_unit_test(one_reading),
      cmocka_unit_test(the_kinetic_mean_lies_above_the_mean),
      cmocka_unit_test(above_and_below),
      cmocka_unit_test(at_the_limit_is_within),
      cmocka_unit_test(a_gap_counts_up_to_a_length),
      cmocka_unit_test(without_limits_nothing_is_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
