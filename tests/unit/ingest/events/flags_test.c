#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "ingest/events/flags.h"

static const int64_t NOW_US = INT64_C(1800000000) * 1000000;

static struct breadcrumb breadcrumb_at(double longitude_deg, double latitude_deg)
{
  return (struct breadcrumb){.recorded_at_us = NOW_US,
                             .longitude_deg = longitude_deg,
                             .latitude_deg = latitude_deg,
                             .speed_kmh = NAN,
                             .heading_deg = NAN,
                             .temperature_c = NAN,
                             .ignition = -1};
}

static void test_null_island(void **state)
{
  (void)state;
  struct breadcrumb breadcrumb = breadcrumb_at(0.0099, -0.0099);
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), FLAG_NULL_ISLAND);
  breadcrumb = breadcrumb_at(0.01, 0.0);
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), 0);
  breadcrumb = breadcrumb_at(0.0, 51.5);
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), 0);
}

static void test_future(void **state)
{
  (void)state;
  struct breadcrumb breadcrumb = breadcrumb_at(10, 50);
  breadcrumb.recorded_at_us = NOW_US + INT64_C(300000000);
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), 0);
  breadcrumb.recorded_at_us += 1;
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), FLAG_FUTURE);
}

static void test_speed(void **state)
{
  (void)state;
  struct breadcrumb breadcrumb = breadcrumb_at(10, 50);
  breadcrumb.speed_kmh = 250.0F;
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), 0);
  breadcrumb.speed_kmh = 250.1F;
  assert_int_equal(flags_intrinsic(&breadcrumb, NOW_US), FLAG_SPEED_IMPLAUSIBLE);
}

static void test_distance(void **state)
{
  (void)state;
  struct fix portland = {0, -122.6765, 45.5231};
  struct fix austin = {0, -97.7431, 30.2672};
  assert_true(fabs(flags_distance_m(portland, austin) - 2748739) < 10);
  assert_true(fabs(flags_distance_m((struct fix){0, 179.9, 0}, (struct fix){0, -179.9, 0}) - 22239) < 10);
}

static void test_jump(void **state)
{
  (void)state;
  struct fix start = {NOW_US, 10.0, 50.0};
  /* 0.1 degrees of latitude are 11.12 km: 160.1 s at 250 km/h. */
  assert_true(flags_is_jump(start, (struct fix){NOW_US + INT64_C(160000000), 10.0, 50.1}));
  assert_false(flags_is_jump(start, (struct fix){NOW_US + INT64_C(161000000), 10.0, 50.1}));
  /* Under a second counts as one: 69.4 m. */
  assert_false(flags_is_jump(start, (struct fix){NOW_US, 10.0, 50.0006}));
  assert_true(flags_is_jump(start, (struct fix){NOW_US, 10.0, 50.0007}));
  /* Over the antimeridian it is not far. */
  assert_false(flags_is_jump((struct fix){NOW_US, 179.99, 0}, (struct fix){NOW_US + INT64_C(60000000), -179.99, 0}));
  /* Nothing is further than the window allows. */
  assert_false(flags_is_jump((struct fix){NOW_US, 0, 0}, (struct fix){NOW_US + FLAGS_JUMP_WINDOW_US, 180, 0}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_null_island), cmocka_unit_test(test_future), cmocka_unit_test(test_speed),
      cmocka_unit_test(test_distance),    cmocka_unit_test(test_jump),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
