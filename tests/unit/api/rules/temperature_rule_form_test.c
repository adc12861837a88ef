#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "api/rules/temperature_rule_form.h"

static void what_is_wrong_is_named(void **state)
{
  (void)state;
  static const struct {
    const char *body;
    const char *field;
  } CASES[] = {
      {"[]", "$"},
      {"{}", "highest_c"},
      {"{\"highest_c\":null}", "highest_c"},
      {"{\"highest_c\":\"8\"}", "highest_c"},
      {"{\"highest_c\":201}", "highest_c"},
      {"{\"lowest_c\":-300}", "lowest_c"},
      {"{\"lowest_c\":8,\"highest_c\":8}", "lowest_c"},
      {"{\"lowest_c\":9,\"highest_c\":8}", "lowest_c"},
      {"{\"highest_c\":8,\"urgent_highest_c\":8}", "urgent_highest_c"},
      {"{\"lowest_c\":2,\"urgent_highest_c\":1}", "urgent_highest_c"},
      {"{\"lowest_c\":2,\"urgent_lowest_c\":2}", "urgent_lowest_c"},
      {"{\"highest_c\":8,\"urgent_lowest_c\":9}", "urgent_lowest_c"},
      {"{\"lowest_c\":2,\"highest_c\":8,\"hysteresis_c\":6}", "hysteresis_c"},
      {"{\"highest_c\":8,\"hysteresis_c\":-1}", "hysteresis_c"},
      {"{\"highest_c\":8,\"for_s\":-1}", "for_s"},
      {"{\"highest_c\":8,\"for_s\":1.5}", "for_s"},
      {"{\"highest_c\":8,\"clear_for_s\":86401}", "clear_for_s"},
      {"{\"highest_c\":8,\"pause_max_s\":1801}", "pause_max_s"},
      {"{\"highest_c\":8,\"warming_s\":7201}", "warming_s"},
      {"{\"highest_c\":8,\"silent_s\":59}", "silent_s"},
      {"{\"highest_c\":8,\"pause_field\":\"\"}", "pause_field"},
      {"{\"highest_c\":8,\"vehicle\":\"a b\"}", "vehicle"},
      {"{\"highest_c\":8,\"vehicle\":\"a\",\"kind\":\"b\"}", "vehicle"},
      {"{\"highest_c\":8,\"vehicle\":\"a\",\"fleet\":\"b\"}", "vehicle"},
      {"{\"highest_c\":8,\"kind\":\"\"}", "kind"},
      {"{\"highest_c\":8,\"fleet\":7}", "fleet"},
      {"{\"set_point_c\":4}", "tolerance_c"},
      {"{\"tolerance_c\":4}", "set_point_c"},
      {"{\"set_point_c\":4,\"tolerance_c\":-1}", "tolerance_c"},
      {"{\"set_point_c\":4,\"tolerance_c\":2,\"highest_c\":8}", "set_point_c"},
      {"{\"set_point_c\":4,\"tolerance_c\":0}", "lowest_c"},
      {"{\"highest_c\":8,\"colour\":1}", "colour"},
  };
  struct arena *arena = arena_new(4096);
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct temperature_rule_form form;
    const struct error error = temperature_rule_form_read(arena, text_from(CASES[i].body), &form);
    if (error.code != ERROR_BAD_INPUT || strcmp(error.field, CASES[i].field) != 0) {
      fail_msg("%s: %s %s", CASES[i].body, error.field, error.detail);
    }
  }
  arena_free(arena);
}

static void what_is_not_said_has_its_default(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct temperature_rule_form form;
  const struct error error = temperature_rule_form_read(arena, TEXT("{\"highest_c\":8,\"for_s\":null}"), &form);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(isnan(form.lowest_c) && isnan(form.urgent_lowest_c) && isnan(form.urgent_highest_c));
  assert_true(form.highest_c == 8 && form.hysteresis_c == 0.5);
  assert_int_equal(form.for_s, 300);
  assert_int_equal(form.clear_for_s, 300);
  assert_int_equal(form.pause_max_s, 1800);
  assert_int_equal(form.warming_s, 1200);
  assert_int_equal(form.silent_s, 900);
  assert_null(form.vehicle.data);
  assert_null(form.kind.data);
  assert_null(form.fleet.data);
  assert_null(form.pause_field.data);
  arena_free(arena);
}

static void a_set_point_is_a_range(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct temperature_rule_form form;
  const struct error error = temperature_rule_form_read(
      arena,
      TEXT("{\"set_point_c\":4,\"tolerance_c\":2,\"urgent_highest_c\":9,\"vehicle\":\"truck_7\",\"pause_field\":\"door\"}"),
      &form);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(form.lowest_c == 2 && form.highest_c == 6 && form.urgent_highest_c == 9);
  assert_true(text_equal(form.vehicle, TEXT("truck_7")));
  assert_true(text_equal(form.pause_field, TEXT("door")));
  arena_free(arena);
}

static void names_of_rules(void **state)
{
  (void)state;
  static const char *const GOOD[] = {"frozen", "Frozen goods, -18", "K\xc3\xbchlware", "a/b"};
  static const char *const BAD[] = {"", " a", "a ", "a\nb", "a\x7f", "\xff"};
  for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
    assert_int_equal(parse_rule_name("name", text_from(GOOD[i])).code, ERROR_NONE);
  }
  for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
    assert_int_equal(parse_rule_name("name", text_from(BAD[i])).code, ERROR_BAD_INPUT);
  }
  char longest[RULE_NAME_MAX + 1];
  memset(longest, 'a', sizeof longest);
  assert_int_equal(parse_rule_name("name", (struct text){longest, RULE_NAME_MAX}).code, ERROR_NONE);
  assert_int_equal(parse_rule_name("name", (struct text){longest, RULE_NAME_MAX + 1}).code, ERROR_BAD_INPUT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(what_is_not_said_has_its_default),
      cmocka_unit_test(a_set_point_is_a_range),
      cmocka_unit_test(names_of_rules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
