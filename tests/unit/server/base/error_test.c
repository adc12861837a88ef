#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "server/base/error.h"
#include "server/base/text.h"

static struct error pass_on(struct error given)
{
  TRY(given);
  return error_make(ERROR_INTERNAL, "went on");
}

static void test_values(void **state)
{
  (void)state;
  assert_int_equal(error_none().code, ERROR_NONE);
  struct error error = error_at(ERROR_BAD_INPUT, "[3].lat", "expected %d..%d", -90, 90);
  assert_int_equal(error.code, ERROR_BAD_INPUT);
  assert_string_equal(error.field, "[3].lat");
  assert_string_equal(error.detail, "expected -90..90");
  assert_string_equal(error.sqlstate, "");
  assert_string_equal(pass_on(error).detail, "expected -90..90");
  assert_string_equal(pass_on(error_none()).detail, "went on");
}

static void test_long_texts_are_cut_whole(void **state)
{
  (void)state;
  char long_text[2 * ERROR_DETAIL_MAX + 1];
  for (size_t i = 0; i + 1 < sizeof long_text; i += 2) {
    memcpy(long_text + i, "\xC3\xA9", 2);
  }
  long_text[sizeof long_text - 1] = '\0';
  struct error error = error_at(ERROR_BAD_INPUT, long_text, "%s", long_text);
  assert_int_equal(strlen(error.detail), ERROR_DETAIL_MAX - 2);
  assert_int_equal(strlen(error.field), ERROR_FIELD_MAX - 2);
  assert_true(text_is_utf8(text_from(error.detail)));
}

static void test_every_code_has_a_slug(void **state)
{
  (void)state;
  for (int code = 0; code < ERROR_CODE_COUNT; code++) {
    assert_non_null(error_slug((enum error_code)code));
    for (int other = 0; other < code; other++) {
      assert_string_not_equal(error_slug((enum error_code)code), error_slug((enum error_code)other));
    }
  }
  assert_string_equal(error_slug(ERROR_DATABASE_AWAY), "database_away");
  assert_string_equal(error_slug(ERROR_CODE_COUNT), "unknown");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_long_texts_are_cut_whole),
      cmocka_unit_test(test_every_code_has_a_slug),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
