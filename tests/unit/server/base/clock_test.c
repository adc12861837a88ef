#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/base/clock.h"

static void check_case(char *line)
{
  char *arrow = strstr(line, " -> ");
  assert_non_null(arrow);
  struct text input = {line, (size_t)(arrow - line)};
  char *result = arrow + strlen(" -> ");
  int64_t time_us = 0;
  bool good = clock_parse(input, &time_us);
  if (strcmp(result, "bad") == 0) {
    assert_false(good);
    return;
  }
  char *bar = strstr(result, " | ");
  assert_non_null(bar);
  *bar = '\0';
  if (!good || time_us != strtoll(result, NULL, 10)) {
    fail_msg("%.*s: %lld", TEXT_ARGS(input), (long long)time_us);
  }
  char text[CLOCK_TEXT_MAX];
  assert_int_equal(clock_format(time_us, text), (int)strlen(bar + 3));
  assert_string_equal(text, bar + 3);
}

static void test_cases(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/base/times.txt", "r");
  assert_non_null(file);
  char line[200];
  int cases = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] != '#') {
      check_case(line);
      cases++;
    }
  }
  fclose(file);
  assert_true(cases > 35);
  int64_t time_us;
  assert_false(clock_parse((struct text){NULL, 0}, &time_us));
}

/* Every prefix and every changed byte of a good time is either refused or read without a read too far. */
static void test_damaged_times(void **state)
{
  (void)state;
  struct text good = TEXT("2026-11-22T20:51:07.25+02:00");
  int64_t time_us;
  for (size_t length = 0; length < good.length; length++) {
    char *exact = malloc(length > 0 ? length : 1);
    memcpy(exact, good.data, length);
    assert_false(clock_parse((struct text){exact, length}, &time_us));
    free(exact);
  }
  assert_true(clock_parse(good, &time_us));
}

/* The days of 1600 to 2400 against the C library. */
static void test_days(void **state)
{
  (void)state;
  for (int32_t day = -135140; day <= 157055; day += 13) {
    time_t seconds = (time_t)day * 86400;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char expected[32];
    strftime(expected, sizeof expected, "%Y-%m-%d", &parts);
    char text[16];
    clock_format_day(day, text);
    assert_string_equal(text, expected);
    assert_int_equal(clock_day((int64_t)day * US_PER_DAY), day);
    assert_int_equal(clock_day((int64_t)day * US_PER_DAY + US_PER_DAY - 1), day);
    char time_text[40];
    snprintf(time_text, sizeof time_text, "%sT00:00:00Z", text);
    int64_t time_us;
    assert_true(clock_parse(text_from(time_text), &time_us) && time_us == (int64_t)day * US_PER_DAY);
  }
}

static void test_extremes_fit(void **state)
{
  (void)state;
  char text[CLOCK_TEXT_MAX];
  assert_int_equal(clock_format(INT64_MAX, text), 30);
  assert_string_equal(text, "+294247-01-10T04:00:54.775807Z");
  assert_int_equal(clock_format(INT64_MIN, text), 30);
  assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
}

static void test_clocks_move(void **state)
{
  (void)state;
  assert_true(clock_now_us() > INT64_C(1700000000) * US_PER_SECOND);
  int64_t before_us = clock_monotonic_us();
  assert_true(clock_monotonic_us() >= before_us);
  assert_true(clock_thread_cpu_us() >= 0);
  struct buffer buffer = {0};
  buffer_append_time(&buffer, 0);
  assert_true(text_equal(buffer_text(&buffer), TEXT("1970-01-01T00:00:00Z")));
  buffer_free(&buffer);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),        cmocka_unit_test(test_damaged_times), cmocka_unit_test(test_days),
      cmocka_unit_test(test_extremes_fit), cmocka_unit_test(test_clocks_move),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
