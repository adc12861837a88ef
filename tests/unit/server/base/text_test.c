#include "tests/unit/cmocka_all.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/arena.h"
#include "server/base/text.h"

static void test_compare(void **state)
{
  (void)state;
  assert_true(text_equal(TEXT("abc"), TEXT("abc")));
  assert_false(text_equal(TEXT("abc"), TEXT("abd")));
  assert_true(text_equal((struct text){NULL, 0}, TEXT("")));
  assert_true(text_equal_ignoring_case(TEXT("Content-Type"), TEXT("content-tYPE")));
  assert_false(text_equal_ignoring_case(TEXT("a"), TEXT("ab")));
  assert_false(text_equal_ignoring_case(TEXT("["), TEXT("{"))); /* differ in the case bit only, but are no letters */
  assert_true(text_starts_with(TEXT("iotfleet_1"), TEXT("iotfleet_")));
  assert_true(text_starts_with(TEXT("x"), TEXT("")));
  assert_false(text_starts_with(TEXT("io"), TEXT("iot")));
  assert_true(text_ends_with(TEXT("a.json"), TEXT(".json")));
  assert_false(text_ends_with(TEXT("json"), TEXT(".json")));
  assert_true(text_equal_constant_time(TEXT("secret"), TEXT("secret")));
  assert_false(text_equal_constant_time(TEXT("secret"), TEXT("secreT")));
  assert_false(text_equal_constant_time(TEXT("secret"), TEXT("secret ")));
}

static void test_trim_and_split(void **state)
{
  (void)state;
  assert_true(text_equal(text_trim(TEXT(" \t a b\t ")), TEXT("a b")));
  assert_int_equal(text_trim(TEXT(" \t ")).length, 0);
  struct text rest = TEXT("a,,b");
  struct text part;
  assert_true(text_split(&rest, ',', &part) && text_equal(part, TEXT("a")));
  assert_true(text_split(&rest, ',', &part) && text_equal(part, TEXT("")));
  assert_true(text_split(&rest, ',', &part) && text_equal(part, TEXT("b")));
  assert_false(text_split(&rest, ',', &part));
}

static void test_int64(void **state)
{
  (void)state;
  int64_t value = 7;
  assert_true(text_to_int64(TEXT("9223372036854775807"), &value) && value == INT64_MAX);
  assert_true(text_to_int64(TEXT("-9223372036854775808"), &value) && value == INT64_MIN);
  assert_true(text_to_int64(TEXT("-0"), &value) && value == 0);
  assert_true(text_to_int64(TEXT("0042"), &value) && value == 42);
  const char *bad[] = {
      "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809", "99999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(text_to_int64(text_from(bad[i]), &value));
  }
}

static void test_double_is_exact(void **state)
{
  (void)state;
  const char *good[] = {"0",
                        "-0",
                        "45",
                        "-122.788986789",
                        "45.53404355284516",
                        "1e22",
                        "1e23",
                        "9007199254740993",
                        "5e-324",
                        "2.4703282292062327208e-324",
                        "2.4703282292062328e-324",
                        "1.7976931348623157e308",
                        "0.1",
                        "123456789012345678901234567890",
                        "1.00000000000000011102230246251565404236316680908203125",
                        "1.00000000000000011102230246251565404236316680908203126",
                        "+5",
                        ".5",
                        "5.",
                        "1E+3",
                        "0e999999999999",
                        "0.000000000000000000000000000001",
                        "1e-400",
                        "8.5e-22",
                        "9007199254740991e-22"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    double value = NAN;
    assert_true(text_to_double(text_from(good[i]), &value));
    double expected = strtod(good[i], NULL);
    assert_memory_equal(&value, &expected, sizeof value);
  }
  char longest[2000];
  memset(longest, '0', sizeof longest);
  longest[1] = '.';
  longest[sizeof longest - 1] = '1';
  double value = 1;
  assert_true(text_to_double((struct text){longest, sizeof longest}, &value) && value == 0);
  const char *bad[] = {
      "", "-", ".", "e5", "1e", "1e+", "inf", "nan", "0x10", "1,5", " 1", "1 ", "1e309", "--1", "1.2.3", "-1e99999999999", "١"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(text_to_double(text_from(bad[i]), &value));
  }
}

static void test_double_against_the_c_library(void **state)
{
  (void)state;
  uint64_t random = 88172645463325252u;
  char text[64];
  for (int i = 0; i < 200000; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    int decimals = (int)(random % 12);
    int length = snprintf(text, sizeof text, "%.*fe%d", decimals, (double)(int64_t)random / 1e12, (int)(random >> 59) - 16);
    double value = 0;
    assert_true(text_to_double((struct text){text, (size_t)length}, &value));
    assert_true(value == strtod(text, NULL));
  }
}

static void test_utf8(void **state)
{
  (void)state;
  assert_true(text_is_utf8(TEXT("")));
  assert_true(text_is_utf8(TEXT("plain ascii that is longer than eight")));
  assert_true(text_is_utf8(TEXT("Zürich 東京 \xF0\x9F\x9A\x9A \xEF\xBF\xBF \xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80")));
  const char *bad[] = {"\x80",
                       "\xC0\x80",
                       "\xC1\xBF",
                       "\xC3",
                       "\xE0\x9F\xBF",
                       "\xED\xA0\x80",
                       "\xE2\x82",
                       "\xF0\x8F\xBF\xBF",
                       "\xF4\x90\x80\x80",
                       "\xF5\x80\x80\x80",
                       "\xFF",
                       "abcdefgh\xC3(",
                       "\xE2\x28\xA1",
                       "\xF0\x9F\x9A"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(text_is_utf8(text_from(bad[i])));
  }
}

static void test_percent_decode(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct text decoded;
  assert_true(text_percent_decode(arena, TEXT("a%20b+c%C3%bc"), &decoded));
  assert_true(text_equal(decoded, TEXT("a b+c\xC3\xBC")));
  assert_true(text_percent_decode(arena, TEXT(""), &decoded) && decoded.length == 0);
  const char *bad[] = {"%", "a%2", "%zz", "%00", "%2x"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(text_percent_decode(arena, text_from(bad[i]), &decoded));
  }
  assert_false(text_percent_decode(arena, (struct text){"a\0b", 3}, &decoded));
  assert_string_equal(text_to_cstring(arena, TEXT("x")), "x");
  assert_string_equal(text_to_cstring(arena, (struct text){NULL, 0}), "");
  assert_string_equal(text_copy(arena, TEXT("kept")).data, "kept");
  arena_free(arena);
}

static void expect_decimal(double value, int decimals, const char *expected)
{
  struct buffer buffer = {0};
  buffer_append_decimal(&buffer, value, decimals);
  buffer_append_char(&buffer, '\0');
  assert_string_equal(buffer.data, expected);
  buffer_free(&buffer);
}

static void test_decimal(void **state)
{
  (void)state;
  expect_decimal(0, 5, "0");
  expect_decimal(-0.0, 5, "0");
  expect_decimal(-0.000001, 5, "0");
  expect_decimal(45.5, 0, "46");
  expect_decimal(44.5, 0, "44");
  expect_decimal(0.05, 1, "0.1");
  expect_decimal(0.25, 1, "0.2");
  expect_decimal(0.75, 1, "0.8");
  expect_decimal(1.005, 2, "1");
  expect_decimal(-122.788986789, 7, "-122.7889868");
  expect_decimal(45.00001, 5, "45.00001");
  expect_decimal(9.999999, 5, "10");
  expect_decimal(100, 9, "100");
  expect_decimal(123456789.123456789, 9, "123456789.123456791");
  expect_decimal(1e20, 2, "100000000000000000000");
  expect_decimal(-1.5e16, 0, "-15000000000000000");
  expect_decimal(-450359962737049.5, 1, "-450359962737049.5");
  expect_decimal(-2251799813685247.5, 1, "-2251799813685247.5");
  expect_decimal(NAN, 5, "");
  expect_decimal(-INFINITY, 5, "");
}

/* As printf rounds, with zeros cut, over values that are near halves. */
static void test_decimal_against_printf(void **state)
{
  (void)state;
  uint64_t random = 1234567;
  for (int i = 0; i < 200000; i++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    int decimals = (int)(random >> 60) % 10;
    double value = ((double)(int64_t)random / 9.3e18) * pow(10, (double)((random >> 50) % 7));
    if (i % 2 == 0) {
      value = (floor(value * 1000) + 0.5) / 1000;
      decimals = 3;
    }
    char expected[64];
    int length = snprintf(expected, sizeof expected, "%.*f", decimals, value);
    while (decimals > 0 && expected[length - 1] == '0') {
      length--;
    }
    length -= decimals > 0 && expected[length - 1] == '.';
    expected[length] = '\0';
    expect_decimal(value, decimals, strcmp(expected, "-0") == 0 ? "0" : expected);
  }
}

static void test_buffer(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  buffer_append(&buffer, NULL, 0);
  assert_int_equal(buffer.length, 0);
  buffer_append_int64(&buffer, INT64_MIN);
  buffer_append_char(&buffer, ' ');
  buffer_append_int64(&buffer, INT64_MAX);
  buffer_append_char(&buffer, ' ');
  buffer_append_int64(&buffer, 0);
  assert_true(text_equal(buffer_text(&buffer), TEXT("-9223372036854775808 9223372036854775807 0")));
  buffer_clear(&buffer);
  buffer_printf(&buffer, "%0*d", 1000, 7);
  buffer_printf(&buffer, "%s", "end");
  assert_int_equal(buffer.length, 1003);
  assert_true(text_ends_with(buffer_text(&buffer), TEXT("07end")));
  buffer_free(&buffer);
  buffer_free(&buffer);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_compare),
      cmocka_unit_test(test_trim_and_split),
      cmocka_unit_test(test_int64),
      cmocka_unit_test(test_double_is_exact),
      cmocka_unit_test(test_double_against_the_c_library),
      cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_percent_decode),
      cmocka_unit_test(test_decimal),
      cmocka_unit_test(test_decimal_against_printf),
      cmocka_unit_test(test_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
