#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingest/generator/planted.h"
#include "server/base/clock.h"

static char path[] = "/tmp/planted_test.XXXXXX";

static int64_t at(double seconds)
{
  return INT64_C(1767225600) * US_PER_SECOND + (int64_t)(seconds * 1e6);
}

static void drive(struct planted *planted, double seconds, double speed_mps, double limit_mps, bool is_posted)
{
  planted_note_drive(planted, 0, &(struct planted_drive){"van", at(seconds), speed_mps, limit_mps, is_posted});
}

static void check_file(const char *expected)
{
  char written[2048] = {0};
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  const size_t length = fread(written, 1, sizeof written - 1, file);
  fclose(file);
  assert_true(length > 0);
  assert_string_equal(written, expected);
}

#define HEADER "vehicle,what,from,until,limit_kmh,max_speed_kmh,limit_is_posted,set_point_c,warmest_c\n"

static void a_stretch_ends_where_the_limit_changes(void **state)
{
  (void)state;
  struct planted *planted = NULL;
  assert_int_equal(planted_open(path, 1, &planted).code, ERROR_NONE);
  drive(planted, 0, 10, 10, true);
  drive(planted, 1, 11, 10, true);
  drive(planted, 2, 15, 10, true);
  drive(planted, 3, 14, 10, true);
  drive(planted, 4, 14, 12, false);
  drive(planted, 5, 12, 12, false);
  assert_int_equal(planted_close(planted).code, ERROR_NONE);
  check_file(HEADER "van,speeding,2026-01-01T00:00:01Z,2026-01-01T00:00:03Z,36.000,54.000,true,,\n"
                    "van,speeding,2026-01-01T00:00:04Z,2026-01-01T00:00:04Z,43.200,50.400,false,,\n");
}

static void what_goes_on_at_the_end_is_written(void **state)
{
  (void)state;
  struct planted *planted = NULL;
  assert_int_equal(planted_open(path, 1, &planted).code, ERROR_NONE);
  planted_note_load(planted, 0, "van", at(0), 7.9, 3);
  planted_note_load(planted, 0, "van", at(1), 8.1, 3);
  planted_note_load(planted, 0, "van", at(2), 8.0, 3);
  planted_note_load(planted, 0, "van", at(3), 9.5, 3);
  planted_note_load(planted, 0, "van", at(4), 9.0, 3);
  assert_int_equal(planted_close(planted).code, ERROR_NONE);
  check_file(HEADER "van,warm,2026-01-01T00:00:01Z,2026-01-01T00:00:01Z,,,,3.00,8.10\n"
                    "van,warm,2026-01-01T00:00:03Z,2026-01-01T00:00:04Z,,,,3.00,9.50\n");
}

static void a_file_that_cannot_be_written_is_named(void **state)
{
  (void)state;
  struct planted *planted = NULL;
  const struct error error = planted_open("/nowhere/at/all.csv", 1, &planted);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "/nowhere/at/all.csv"));
}

int main(void)
{
  const int file = mkstemp(path);
  if (file < 0) {
    return 1;
  }
  close(file);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stretch_ends_where_the_limit_changes),
      cmocka_unit_test(what_goes_on_at_the_end_is_written),
      cmocka_unit_test(a_file_that_cannot_be_written_is_named),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  unlink(path);
  return failed;
}
