#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "server/json/reader.h"
#include "server/json/writer.h"

static void expect(struct buffer *buffer, const char *expected)
{
  buffer_append_char(buffer, '\0');
  assert_string_equal(buffer->data, expected);
  buffer_free(buffer);
}

static void test_nesting_and_commas(void **state)
{
  (void)state;
  struct buffer out = {0};
  struct json_writer writer = json_writer_to(&out);
  json_begin_object(&writer);
  json_key(&writer, "items");
  json_begin_array(&writer);
  json_begin_object(&writer);
  json_end_object(&writer);
  json_begin_array(&writer);
  json_end_array(&writer);
  json_int64(&writer, -7);
  json_null(&writer);
  json_end_array(&writer);
  json_key_text(&writer, TEXT("a\"b"));
  json_boolean(&writer, true);
  json_key(&writer, "raw");
  json_raw(&writer, TEXT("{\"x\":[]}"));
  json_key(&writer, "no");
  json_boolean(&writer, false);
  json_end_object(&writer);
  expect(&out, "{\"items\":[{},[],-7,null],\"a\\\"b\":true,\"raw\":{\"x\":[]},\"no\":false}");
}

static void test_scalars(void **state)
{
  (void)state;
  struct buffer out = {0};
  struct json_writer writer = json_writer_to(&out);
  json_begin_array(&writer);
  json_decimal(&writer, 45.125, 2);
  json_decimal(&writer, NAN, 2);
  json_decimal(&writer, -INFINITY, 2);
  json_decimal(&writer, -0.0, 2);
  json_string(&writer, TEXT("q\" b\\ n\n t\t c\x01 \x7F é \xF0\x9F\x9A\x9A \b\f\r /"));
  json_string(&writer, (struct text){NULL, 0});
  json_cstring(&writer, NULL);
  json_cstring(&writer, "x");
  json_time(&writer, 1500000);
  json_end_array(&writer);
  expect(&out, "[45.12,null,null,0,\"q\\\" b\\\\ n\\n t\\t c\\u0001 \x7F é \xF0\x9F\x9A\x9A \\b\\f\\r /\",\"\",null,\"x\","
               "\"1970-01-01T00:00:01.5Z\"]");
}

static void test_value_is_written_on_one_line(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  const struct json *value;
  struct error error =
      json_parse(arena, TEXT("{ \"a\\n\" :\n[ 1.50, {\"b\" : \"\\u00e9\"} , [ ] ] , \"c\":null}"), JSON_LIMITS_DEFAULT, &value);
  assert_int_equal(error.code, ERROR_NONE);
  struct buffer out = {0};
  struct json_writer writer = json_writer_to(&out);
  json_begin_array(&writer);
  json_value(&writer, value);
  json_value(&writer, value->first);
  json_end_array(&writer);
  expect(&out, "[{\"a\\n\":[1.50,{\"b\":\"\\u00e9\"},[]],\"c\":null},[1.50,{\"b\":\"\\u00e9\"},[]]]");
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nesting_and_commas),
      cmocka_unit_test(test_scalars),
      cmocka_unit_test(test_value_is_written_on_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
