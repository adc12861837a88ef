#include "tests/unit/cmocka_all.h"

#include "api/speeding/settings_form.h"

#include <string.h>

struct refused {
  const char *json;
  const char *field;
};

static void test_what_is_written_is_read(void **state)
{
  static const char JSON[] = "{\"tolerance_kmh\":4.5,\"min_duration_s\":0,\"min_samples\":3,\"bands_kmh\":[10,20.25,40]}";
  (void)state;
  struct arena *arena = arena_new(1024);
  struct speeding_settings settings;
  struct buffer out = {0};
  assert_int_equal(speeding_settings_read(arena, text_from(JSON), &settings).code, ERROR_NONE);
  struct json_writer json = json_writer_to(&out);
  speeding_settings_write(&json, &settings);
  assert_true(text_equal(buffer_text(&out), text_from(JSON)));
  buffer_free(&out);
  arena_free(arena);
}

static void test_what_is_wrong_is_named(void **state)
{
  static const struct refused REFUSED[] = {
      {"[]", "$"},
      {"{}", "tolerance_kmh"},
      {"{\"tolerance_kmh\":-1}", "tolerance_kmh"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":\"a\"}", "min_duration_s"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1.5}", "min_samples"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":0}", "min_samples"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1}", "bands_kmh"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1,\"bands_kmh\":5}", "bands_kmh"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1,\"bands_kmh\":[1,2]}", "bands_kmh"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1,\"bands_kmh\":[1,1,2]}", "bands_kmh[1]"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1,\"bands_kmh\":[0,1,2]}", "bands_kmh[0]"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1,\"bands_kmh\":[1,2,301]}", "bands_kmh[2]"},
      {"{\"tolerance_kmh\":1,\"min_duration_s\":1,\"min_samples\":1,\"bands_kmh\":[1,2,3],\"colour\":1}", "colour"},
  };
  (void)state;
  struct arena *arena = arena_new(1024);
  for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
    struct speeding_settings settings;
    const struct error error = speeding_settings_read(arena, text_from(REFUSED[i].json), &settings);
    assert_int_equal(error.code, ERROR_BAD_INPUT);
    assert_string_equal(error.field, REFUSED[i].field);
  }
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_written_is_read),
      cmocka_unit_test(test_what_is_wrong_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
