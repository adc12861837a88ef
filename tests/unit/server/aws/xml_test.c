#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "server/aws/xml.h"

static void on_value(void *context, struct text path, struct text value)
{
  buffer_printf(context, "%.*s=%.*s|", TEXT_ARGS(path), TEXT_ARGS(value));
}

static void on_end(void *context, struct text path)
{
  buffer_printf(context, "/%.*s|", TEXT_ARGS(path));
}

static void check(const char *input, const char *expected)
{
  struct buffer out = {0};
  struct error error = xml_read(text_from(input), (struct xml_reader){&out, on_value, on_end});
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(out.length, strlen(expected));
  assert_memory_equal(out.data, expected, out.length);
  buffer_free(&out);
}

static void test_values(void **state)
{
  (void)state;
  check("<a/>", "a=|");
  check("<?xml version=\"1.0\"?>\n<a xmlns=\"http://s3\">\n <b>1 &amp; &#x41;<![CDATA[<2>]]></b>\n <c><d>x</d><d/></c> </a>",
        "a/b=1 & A<2>|a/c/d=x|a/c/d=|/a/c|/a|");
}

static void test_refusals(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "",
      "x",
      "<a>",
      "<a></b>",
      "<a>&undefined;</a>",
      "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
      "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
      "<a>\xff</a>",
      "<a/><b/>",
      "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct buffer out = {0};
    struct error error = xml_read(text_from(bad[i]), (struct xml_reader){&out, on_value, NULL});
    if (error.code != ERROR_BAD_INPUT || strstr(error.detail, "line ") == NULL) {
      fail_msg("%s: %s", bad[i], error.detail);
    }
    buffer_free(&out);
  }
}

static void test_long_texts_are_refused(void **state)
{
  (void)state;
  struct buffer input = {0};
  buffer_append_text(&input, TEXT("<a>"));
  for (int i = 0; i < 70000; i++) {
    buffer_append_char(&input, 'x');
  }
  buffer_append_text(&input, TEXT("</a>"));
  struct buffer out = {0};
  assert_int_equal(xml_read(buffer_text(&input), (struct xml_reader){&out, on_value, NULL}).code, ERROR_BAD_INPUT);
  buffer_free(&out);
  buffer_free(&input);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_long_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
