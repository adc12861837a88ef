#include "tests/unit/cmocka_all.h"

#include "api/desired_form.h"

static void what_is_wrong_is_named(void **state)
{
  (void)state;
  static const struct {
    const char *body;
    const char *field;
  } CASES[] = {
      {"[]", "$"},
      {"{}", "desired"},
      {"{\"desired\":null}", "desired"},
      {"{\"desired\":{}}", "desired"},
      {"{\"desired\":{\"a\":{}}}", "desired.a"},
      {"{\"desired\":{\"a\":[null]}}", "desired.a[0]"},
      {"{\"desired\":{\"a\":[[1,{\"b\":{}}]]}}", "desired.a[0][1].b"},
      {"{\"desired\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":1}}}}}}}}", "desired.a.b.c.d.e.f"},
      {"{\"desired\":{\"a\":1e999}}", "desired.a"},
      {"{\"desired\":{\"a\":1},\"shadow\":\"\"}", "shadow"},
      {"{\"desired\":{\"a\":1},\"shadow\":\"a/b\"}", "shadow"},
      {"{\"desired\":{\"a\":1},\"shadow\":1}", "shadow"},
      {"{\"desired\":{\"a\":1},\"requested_by\":null}", "requested_by"},
      {"{\"desired\":{\"a\":1},\"expires_after_s\":9}", "expires_after_s"},
      {"{\"desired\":{\"a\":1},\"expires_after_s\":2592001}", "expires_after_s"},
      {"{\"desired\":{\"a\":1},\"colour\":1}", "colour"},
  };
  struct arena *arena = arena_new(4096);
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct desired_form form;
    struct error error = desired_form_read(arena, text_from(CASES[i].body), 60, &form);
    assert_int_equal(error.code, ERROR_BAD_INPUT);
    assert_string_equal(error.field, CASES[i].field);
  }
  arena_free(arena);
}

static void awaited_has_a_path_for_each_value(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct desired_form form;
  struct error error = desired_form_read(arena,
                                         TEXT("{\"desired\":{\"a\":1,\"b\":{\"c\":[1,{\"x\":2}],\"d\":null},\"e "
                                              "f\":\"g\"},\"shadow\":\"$s\",\"requested_by\":\"Ada\"}"),
                                         60, &form);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(text_equal(form.awaited, TEXT("[{\"path\":[\"a\"],\"value\":1},{\"path\":[\"b\",\"c\"],\"value\":[1,{\"x\":2}]},"
                                            "{\"path\":[\"b\",\"d\"]},{\"path\":[\"e f\"],\"value\":\"g\"}]")));
  assert_true(text_equal(form.shadow, TEXT("$s")));
  assert_true(text_equal(form.requested_by, TEXT("Ada")));
  assert_int_equal(form.expires_after_s, 60);
  arena_free(arena);
}

static void the_size_is_capped(void **state)
{
  (void)state;
  struct arena *arena = arena_new(65536);
  for (int excess = 0; excess <= 1; excess++) {
    struct desired_form form;
    size_t length = (size_t)(DESIRED_BYTES_MAX + excess) - strlen("{\"a\":\"\"}");
    char *value = arena_alloc_bytes(arena, length + 1);
    memset(value, 'x', length);
    value[length] = '\0';
    const char *body = arena_printf(arena, "{\"desired\":{\"a\":\"%s\"}}", value);
    struct error error = desired_form_read(arena, text_from(body), 60, &form);
    assert_int_equal(error.code, excess == 0 ? ERROR_NONE : ERROR_BAD_INPUT);
  }
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(awaited_has_a_path_for_each_value),
      cmocka_unit_test(the_size_is_capped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
