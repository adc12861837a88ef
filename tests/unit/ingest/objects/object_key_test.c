/* Cases in tests/cases/object_keys/layouts.txt: key, vehicle and time, separated by tabs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ingest/objects/object_key.h"
#include "server/base/clock.h"

static const char DEFAULT_PATTERNS[] = "$aws/things/{vehicle}/shadow/**, thingname={vehicle}/**, {vehicle}/{time}";

static struct key_patterns patterns_of(struct arena *arena, const char *text)
{
  struct key_patterns patterns;
  struct error error = key_patterns_parse(arena, "object-vehicle-patterns", text, &patterns);
  assert_int_equal(error.code, ERROR_NONE);
  return patterns;
}

static const char *describe(struct arena *arena, const struct key_patterns *patterns, struct text key)
{
  struct text vehicle = object_key_vehicle(patterns, arena, key);
  struct key_time time = object_key_time(key);
  char from[CLOCK_TEXT_MAX] = "-";
  char until[CLOCK_TEXT_MAX] = "";
  if (time.form != KEY_TIME_NONE) {
    (void)clock_format(time.from_us, from);
    (void)clock_format(time.until_us, until);
  }
  return arena_printf(arena, "%.*s\t%.*s\t%s%s%s", TEXT_ARGS(key), vehicle.length != 0 ? (int)vehicle.length : 1,
                      vehicle.length != 0 ? vehicle.data : "-", from, until[0] != '\0' ? " " : "", until);
}

static void test_layouts(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct key_patterns patterns = patterns_of(arena, DEFAULT_PATTERNS);
  FILE *file = fopen(CASES_FOLDER "/object_keys/layouts.txt", "r");
  char line[2048];
  int count = 0;
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] != '#') {
      struct text key = {line, strcspn(line, "\t")};
      assert_string_equal(describe(arena, &patterns, key), line);
      count++;
    }
  }
  fclose(file);
  assert_true(count > 20);
  arena_free(arena);
}

static void test_empty_key(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct key_patterns patterns = patterns_of(arena, DEFAULT_PATTERNS);
  assert_int_equal(object_key_vehicle(&patterns, arena, TEXT("")).length, 0);
  assert_int_equal(object_key_time(TEXT("")).form, KEY_TIME_NONE);
  arena_free(arena);
}

static void test_own_patterns(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct key_patterns patterns = patterns_of(arena, " fleet/*/unit-{vehicle}/{time} ,{vehicle}/raw/*");
  assert_true(text_equal(object_key_vehicle(&patterns, arena, TEXT("x/fleet/b/UNIT-7/1463704133")), TEXT("7")));
  assert_true(text_equal(object_key_vehicle(&patterns, arena, TEXT("x/truck/raw/y")), TEXT("truck")));
  assert_int_equal(object_key_vehicle(&patterns, arena, TEXT("x/fleet/b/7/1463704133")).length, 0);
  assert_int_equal(object_key_vehicle(&patterns, arena, TEXT("raw/y")).length, 0);
  struct key_patterns none = patterns_of(arena, "");
  assert_int_equal(object_key_vehicle(&none, arena, TEXT("a/1463704133")).length, 0);
  arena_free(arena);
}

static void test_wrong_patterns(void **state)
{
  static const char *const wrong[] = {"a/b",           "{vehicle}/{vehicle}", "{vehicle}//x", "**/{vehicle}", "{thing}/{time}",
                                      "{vehicle}/a*b", "{vehicle}x/{time}",   "{vehicle},",   ",{vehicle}"};
  (void)state;
  struct arena *arena = arena_new(4096);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct key_patterns patterns;
    struct error error = key_patterns_parse(arena, "object-vehicle-patterns", wrong[i], &patterns);
    bool is_trailing_comma = strcmp(wrong[i], "{vehicle},") == 0; /* nothing behind it is nothing */
    assert_int_equal(error.code, is_trailing_comma ? ERROR_NONE : ERROR_SETUP);
    assert_string_equal(error.field, is_trailing_comma ? "" : "object-vehicle-patterns");
  }
  arena_free(arena);
}

static int64_t time_of(const char *text)
{
  int64_t time_us = 0;
  assert_true(clock_parse(text_from(text), &time_us));
  return time_us;
}

static void check_skip(const char *key, const char *from, const char *until, const char *expected)
{
  struct arena *arena = arena_new(4096);
  struct key_span span = {from != NULL ? time_of(from) : INT64_MIN, until != NULL ? time_of(until) : INT64_MAX};
  struct text start_after;
  bool skips = object_key_skip(arena, text_from(key), span, &start_after);
  assert_int_equal(skips, expected != NULL);
  if (skips) {
    assert_string_equal(text_to_cstring(arena, start_after), expected);
  }
  arena_free(arena);
}

static void test_skip(void **state)
{
  (void)state;
  const char *from = "2024-05-20T13:00:00Z";
  const char *until = "2024-05-21T00:00:00Z";
  check_skip("f/2024/05/20/12/x", from, until, "f/2024/05/20/13");
  check_skip("f/2023/12/31/12/x", from, until, "f/2024/05/20/13");
  check_skip("f/2023/12/31/x", from, until, "f/2024/05/20");
  check_skip("f/2024/05/20/13/x", from, until, NULL);
  check_skip("f/2024/05/21/00/x", from, until, "f/:");
  check_skip("f/2024/05/21/00/x", from, NULL, NULL);
  check_skip("f/2023/05/21/00/x", NULL, until, NULL);
  check_skip("f/year=2023/month=01/day=02/hour=03/x", from, until, "f/year=2024/month=05/day=20/hour=13");
  check_skip("f/year=2025/month=01/day=02/hour=03/x", from, until, "f/year=:");
  check_skip("f/dt=2023-01-02/x", from, until, "f/dt=2024-05-20");
  check_skip("s3/a/1463704133000", from, until, "s3/a/1716209999999");
  check_skip("s3/a/1463704133", from, until, "s3/a/1716209999");
  check_skip("s3/a/1816210000000", from, until, "s3/a/:");
  check_skip("s3/a/1716210000000", from, until, NULL);
  check_skip("s3/a/other", from, until, NULL);
}

static void test_within(void **state)
{
  (void)state;
  struct key_span span = {time_of("2024-05-20T13:30:00Z"), time_of("2024-05-20T15:00:00Z")};
  assert_true(object_key_is_within(TEXT("f/2024/05/20/13/x"), 0, span));
  assert_true(object_key_is_within(TEXT("f/2024/05/20/14/x"), 0, span));
  assert_false(object_key_is_within(TEXT("f/2024/05/20/15/x"), 0, span));
  assert_false(object_key_is_within(TEXT("f/2024/05/20/12/x"), 0, span));
  assert_true(object_key_is_within(TEXT("f/x"), span.from_us, span));
  assert_false(object_key_is_within(TEXT("f/x"), span.until_us, span));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layouts),        cmocka_unit_test(test_empty_key), cmocka_unit_test(test_own_patterns),
      cmocka_unit_test(test_wrong_patterns), cmocka_unit_test(test_skip),      cmocka_unit_test(test_within),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
