#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "server/log_limit.h"

#define SECOND_US INT64_C(1000000)

static int count_admitted(struct log_limit *limit, const char *name, int tries, int64_t now_us)
{
  int admitted = 0;
  for (int i = 0; i < tries; i++) {
    uint64_t left_out = 0;
    admitted += log_limit_admits(limit, name, now_us, &left_out);
  }
  return admitted;
}

static void test_a_burst_and_then_slowly(void **state)
{
  (void)state;
  struct log_limit limit = {0};
  int64_t now_us = 77 * SECOND_US;
  assert_int_equal(count_admitted(&limit, "flood", 1000, now_us), LOG_LIMIT_BURST);
  assert_int_equal(count_admitted(&limit, "other", 3, now_us), 3);
  uint64_t left_out = 7;
  assert_true(log_limit_admits(&limit, "flood", now_us + SECOND_US, &left_out));
  assert_int_equal(left_out, 1000 - LOG_LIMIT_BURST);
  assert_int_equal(count_admitted(&limit, "flood", 1000, now_us + SECOND_US), LOG_LIMIT_PER_SECOND - 1);
  assert_int_equal(count_admitted(&limit, "flood", 1000, now_us + 3600 * SECOND_US), LOG_LIMIT_BURST);
}

static void test_what_was_left_out_is_told_once(void **state)
{
  (void)state;
  struct log_limit limit = {0};
  uint64_t left_out = 0;
  count_admitted(&limit, "flood", LOG_LIMIT_BURST + 2, 0);
  assert_true(log_limit_admits(&limit, "flood", SECOND_US, &left_out));
  assert_int_equal(left_out, 2);
  assert_true(log_limit_admits(&limit, "flood", SECOND_US, &left_out));
  assert_int_equal(left_out, 0);
}

static void test_more_events_than_places(void **state)
{
  (void)state;
  static char names[LOG_LIMIT_EVENTS + 1][24];
  struct log_limit limit = {0};
  for (int i = 0; i <= LOG_LIMIT_EVENTS; i++) {
    snprintf(names[i], sizeof names[i], "event_%d", i);
    assert_int_equal(count_admitted(&limit, names[i], 1, 0), 1);
  }
  assert_int_equal(count_admitted(&limit, names[LOG_LIMIT_EVENTS], 1000, 0), 1000);
  assert_int_equal(count_admitted(&limit, names[0], 1000, 0), LOG_LIMIT_BURST - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_burst_and_then_slowly),
      cmocka_unit_test(test_what_was_left_out_is_told_once),
      cmocka_unit_test(test_more_events_than_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
