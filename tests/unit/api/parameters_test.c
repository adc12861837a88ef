#include "tests/unit/cmocka_all.h"

#include "api/parameters.h"
#include "server/base/clock.h"

static void boxes(void **state)
{
  (void)state;
  static const char *const GOOD[] = {"-122.75,45.45,-122.6,45.57", "177,65,-177,70", "-180,-90,180,90", "0,0,0,0",
                                     " 1 , 2 , 3 , 4 "};
  static const char *const BAD[] = {"",          "1,2,3",    "1,2,3,4,5", "1,2,3,4,", "a,2,3,4",   "1,5,3,4",   "181,2,3,4",
                                    "1,-91,3,4", "1,2,3,91", "nan,2,3,4", "1,,3,4",   "1,2,inf,4", "0x1,2,3,4", "1;2;3;4"};
  struct grid_box box;
  for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
    assert_int_equal(parse_bbox("bbox", text_from(GOOD[i]), &box).code, ERROR_NONE);
  }
  for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
    const struct error error = parse_bbox("bbox", text_from(BAD[i]), &box);
    print_message("%s\n", BAD[i]);
    assert_int_equal(error.code, ERROR_BAD_INPUT);
    assert_string_equal(error.field, "bbox");
  }
}

static void boxes_contain_their_edges_and_cross_the_antimeridian(void **state)
{
  (void)state;
  const struct grid_box plain = {-122.75, 45.45, -122.6, 45.57};
  assert_true(box_contains(&plain, -122.75, 45.45));
  assert_true(box_contains(&plain, -122.6, 45.57));
  assert_false(box_contains(&plain, -122.7500001, 45.5));
  assert_false(box_contains(&plain, -122.7, 45.5700001));
  const struct grid_box crossing = {177.0, 65.0, -177.0, 70.0};
  assert_true(box_contains(&crossing, 180.0, 66.0));
  assert_true(box_contains(&crossing, -180.0, 66.0));
  assert_true(box_contains(&crossing, 177.0, 65.0));
  assert_true(box_contains(&crossing, -177.0, 70.0));
  assert_false(box_contains(&crossing, 0.0, 66.0));
  assert_false(box_contains(&crossing, 176.9, 66.0));
}

static void numbers_have_ranges(void **state)
{
  (void)state;
  int64_t whole;
  double number;
  assert_int_equal(parse_int64("limit", TEXT("10000"), 1, LIMIT_MAX, &whole).code, ERROR_NONE);
  assert_int_equal(whole, 10000);
  assert_int_equal(parse_int64("limit", TEXT("0"), 1, LIMIT_MAX, &whole).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_int64("limit", TEXT("10001"), 1, LIMIT_MAX, &whole).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_int64("limit", TEXT("unlimited"), 1, LIMIT_MAX, &whole).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_int64("limit", TEXT("1.5"), 1, LIMIT_MAX, &whole).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_double("tolerance_m", TEXT("2.5"), 0, 1e5, &number).code, ERROR_NONE);
  assert_int_equal(parse_double("tolerance_m", TEXT("-1"), 0, 1e5, &number).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_double("tolerance_m", TEXT("nan"), 0, 1e5, &number).code, ERROR_BAD_INPUT);
}

static void times_are_rfc_3339_within_what_can_be_stored(void **state)
{
  (void)state;
  int64_t time_us;
  assert_int_equal(parse_time("from", TEXT("2026-11-22T20:51:07Z"), &time_us).code, ERROR_NONE);
  assert_int_equal(time_us, INT64_C(1795380667) * US_PER_SECOND);
  assert_int_equal(parse_time("from", TEXT("2026-11-22T21:51:07+01:00"), &time_us).code, ERROR_NONE);
  assert_int_equal(time_us, INT64_C(1795380667) * US_PER_SECOND);
  assert_int_equal(parse_time("from", TEXT("2026-11-22"), &time_us).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_time("from", TEXT("yesterday"), &time_us).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_time("from", TEXT("1999-12-31T23:59:59Z"), &time_us).code, ERROR_BAD_INPUT);
}

static void names_are_thing_names(void **state)
{
  (void)state;
  char long_name[VEHICLE_NAME_MAX + 1];
  memset(long_name, 'a', sizeof long_name);
  assert_int_equal(parse_vehicle_name("vehicle", TEXT("iotfleet_thc-1:2")).code, ERROR_NONE);
  assert_int_equal(parse_vehicle_name("vehicle", (struct text){long_name, VEHICLE_NAME_MAX}).code, ERROR_NONE);
  assert_int_equal(parse_vehicle_name("vehicle", (struct text){long_name, VEHICLE_NAME_MAX + 1}).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_vehicle_name("vehicle", TEXT("")).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_vehicle_name("vehicle", TEXT("a b")).code, ERROR_BAD_INPUT);
  assert_int_equal(parse_vehicle_name("vehicle", TEXT("\xc3\xa9")).code, ERROR_BAD_INPUT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes),
      cmocka_unit_test(boxes_contain_their_edges_and_cross_the_antimeridian),
      cmocka_unit_test(numbers_have_ranges),
      cmocka_unit_test(times_are_rfc_3339_within_what_can_be_stored),
      cmocka_unit_test(names_are_thing_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
