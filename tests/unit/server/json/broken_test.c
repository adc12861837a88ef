#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "server/json/broken.h"

static void expect(struct json_broken *state, struct text *rest, bool in_array, const char *value, const char *left)
{
  struct text cut;
  assert_true(json_broken_cut(state, rest, in_array, &cut));
  if (!text_equal(cut, text_from(value)) || !text_equal(*rest, text_from(left))) {
    fail_msg("'%.*s' and '%.*s', expected '%s' and '%s'", TEXT_ARGS(cut), TEXT_ARGS(*rest), value, left);
  }
}

static void expect_one(const char *input, bool in_array, const char *value, const char *left)
{
  struct json_broken state = {0};
  struct text rest = text_from(input);
  expect(&state, &rest, in_array, value, left);
}

static void expect_no_end(const char *input, bool in_array)
{
  struct json_broken state = {0};
  struct text rest = text_from(input);
  struct text cut;
  assert_false(json_broken_cut(&state, &rest, in_array, &cut));
  assert_true(text_equal(cut, text_from(input)));
  assert_int_equal(rest.length, 0);
}

static void test_brackets(void **state)
{
  (void)state;
  expect_one("{\"a\":{},\"b\":01},{}]", true, "{\"a\":{},\"b\":01}", ",{}]");
  expect_one("{\"a\":\"}\\\"}\\\\\"} {}", false, "{\"a\":\"}\\\"}\\\\\"}", " {}");
  expect_one("[[1],}],{}]", true, "[[1],}]", ",{}]");
  expect_one("{\"a\":[1},{}]", true, "{\"a\":[1}", ",{}]");
  expect_one("{]}", false, "{]}", "");
}

static void test_bare(void **state)
{
  (void)state;
  expect_one("01,{}]", true, "01", ",{}]");
  expect_one("NaN ]", true, "NaN", "]");
  expect_one("x{}", true, "x", "{}");
  expect_one("no, json {}", false, "no, json", "{}");
  expect_one("no json", false, "no json", "");
  expect_one("}", false, "}", "");
  expect_one("\"\\u0000,]\",1]", true, "\"\\u0000,]\"", ",1]");
}

static void test_no_end(void **state)
{
  (void)state;
  expect_no_end("{\"a\":\"x},{\"b\":1}]", true);
  expect_no_end("{\"a\":{},{}]", true);
  expect_no_end("01", true);
  expect_no_end("\"x", false);
  expect_no_end("{", false);
  /* The bracket that closes stands within what was a string. */
  expect_no_end("{\"a\":\"x},{\"b\":\"a } b\"}]", true);
}

static void test_lines(void **state)
{
  (void)state;
  expect_one("{\"a\":\"x}\n{\"b\":1}", false, "{\"a\":\"x}", "\n{\"b\":1}");
  expect_one("{\"a\":\"x} , \r\n  {\"b\":\"y}]", true, "{\"a\":\"x}", "\n  {\"b\":\"y}]");
  expect_one("{\"a\":1,\n{\"b\":1}", false, "{\"a\":1", "\n{\"b\":1}");
  /* Lines within a value are none that end it. */
  expect_one("{\"a\":01,\"b\":[{},\n{}]}{}", false, "{\"a\":01,\"b\":[{},\n{}]}", "{}");
  expect_one("{\"a\":\n{\"b\":01}}", false, "{\"a\":\n{\"b\":01}}", "");
  expect_one("{\"a\":\"x\ny\"}{}", false, "{\"a\":\"x\ny\"}", "{}");
  expect_no_end("{\"a\":\n{\"b\":1}", false);
}

static void test_after_one_without_balance(void **state)
{
  (void)state;
  struct json_broken broken = {0};
  struct text rest = TEXT("{\"a\":{\"x\":1}\n{\"b\":[01,\n{\"c\":01}{\"d\":{}");
  expect(&broken, &rest, false, "{\"a\":{\"x\":1}", "\n{\"b\":[01,\n{\"c\":01}{\"d\":{}");
  rest = TEXT("{\"b\":[01,\n{\"c\":01}{\"d\":{}");
  broken = (struct json_broken){.is_unbalanced = true};
  expect(&broken, &rest, false, "{\"b\":[01", "\n{\"c\":01}{\"d\":{}");
  rest = TEXT("{\"c\":01}{\"d\":{}");
  broken = (struct json_broken){.is_unbalanced = true};
  expect(&broken, &rest, false, "{\"c\":01}", "{\"d\":{}");
}

/* 8 MiB of what makes every look for an end go far; in the square of it this would take hours. */
static void test_time_is_linear(void **state)
{
  (void)state;
  const char *pieces[] = {"{\"a\":{1\n", "{\"a\":\"\\\n", "01,", "{\"a\":\"x}\n", "{\"}x\n", "\"\n[", "}\n"};
  enum { INPUT_BYTES = 8 << 20 };
  char *input = malloc(INPUT_BYTES);
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    size_t length = strlen(pieces[i]);
    for (size_t at = 0; at < INPUT_BYTES; at++) {
      input[at] = pieces[i][at % length];
    }
    struct json_broken broken = {0};
    struct text rest = {input, INPUT_BYTES};
    struct text cut;
    while (rest.length > 0) {
      size_t before = rest.length;
      (void)json_broken_cut(&broken, &rest, true, &cut);
      assert_true(rest.length < before && cut.length > 0);
      while (rest.length > 0 && memchr(" ,\n]", *rest.data, 4) != NULL) {
        rest.data++;
        rest.length--;
      }
    }
  }
  free(input);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_brackets),
      cmocka_unit_test(test_bare),
      cmocka_unit_test(test_no_end),
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_after_one_without_balance),
      cmocka_unit_test(test_time_is_linear),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
