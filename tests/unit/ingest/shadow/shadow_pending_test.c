#include "tests/unit/cmocka_all.h"

#include "ingest/shadow/shadow_pending.h"

static const int64_t RECEIVED_US = INT64_C(1795348800) * 1000000;

static bool put(struct shadow_pending *pending, int64_t vehicle_id, int64_t version, const char *text)
{
  return shadow_pending_put(pending, vehicle_id, (struct shadow_mark){version, RECEIVED_US}, RECEIVED_US, text_from(text));
}

static void of_whole_ones_the_newest_is_kept(void **state)
{
  (void)state;
  struct shadow_pending *pending = shadow_pending_new(1 << 20);
  assert_true(put(pending, 7, 2, "two"));
  assert_true(put(pending, 7, 1, "one, later and longer than what is there"));
  assert_true(put(pending, 7, 3, "three, longer than what is there"));
  assert_true(put(pending, 7, 4, "four"));
  assert_int_equal(shadow_pending_count(pending), 1);
  assert_true(text_equal(shadow_pending_at(pending, 0)->whole.text, TEXT("four")));
  shadow_pending_clear(pending);
  assert_int_equal(shadow_pending_count(pending), 0);
  assert_true(put(pending, 7, 1, "after"));
  assert_true(text_equal(shadow_pending_at(pending, 0)->whole.text, TEXT("after")));
  shadow_pending_free(pending);
}

static void many_vehicles_are_found_again(void **state)
{
  (void)state;
  struct shadow_pending *pending = shadow_pending_new(8 << 20);
  for (int64_t round = 0; round < 3; round++) {
    for (int64_t id = 1; id <= 5000; id++) {
      assert_true(put(pending, id * 1000003, round, "x"));
    }
  }
  assert_int_equal(shadow_pending_count(pending), 5000);
  for (size_t i = 0; i < 5000; i++) {
    assert_int_equal(shadow_pending_at(pending, i)->vehicle_id, (int64_t)(i + 1) * 1000003);
    assert_int_equal(shadow_pending_at(pending, i)->mark.version, 2);
  }
  shadow_pending_free(pending);
}

static void what_does_not_fit_is_left_out(void **state)
{
  (void)state;
  static char large[40000];
  struct shadow_pending *pending = shadow_pending_new(100000);
  const struct shadow_text text = {.form = SHADOW_EVENT, .text = {large, sizeof large}, .vehicle = TEXT("v")};
  memset(large, 'x', sizeof large);
  assert_true(shadow_pending_add(pending, 1, &text));
  assert_true(shadow_pending_add_stranger(pending, &text));
  assert_false(shadow_pending_add(pending, 2, &text));
  assert_false(shadow_pending_add_stranger(pending, &text));
  assert_true(put(pending, 3, 1, "small"));
  assert_true(shadow_pending_bytes(pending) <= 100000);
  shadow_pending_free(pending);
}

static void strangers_join_their_vehicle(void **state)
{
  (void)state;
  struct shadow_pending *pending = shadow_pending_new(1 << 20);
  const struct shadow_text known = {.form = SHADOW_EVENT, .text = TEXT("known"), .vehicle = TEXT("a")};
  const struct shadow_text unknown = {.form = SHADOW_EVENT, .text = TEXT("unknown"), .vehicle = TEXT("b")};
  int64_t ids[2] = {0, 0};
  assert_true(shadow_pending_add_stranger(pending, &known));
  assert_true(shadow_pending_add_stranger(pending, &unknown));
  size_t at = 0;
  for (const struct shadow_text *text = shadow_pending_strangers(pending); text != NULL; text = text->next, at++) {
    ids[at] = text_equal(text->vehicle, TEXT("a")) ? 5 : 0;
  }
  shadow_pending_introduce(pending, ids);
  assert_null(shadow_pending_strangers(pending));
  assert_int_equal(shadow_pending_count(pending), 1);
  assert_int_equal(shadow_pending_at(pending, 0)->vehicle_id, 5);
  assert_true(text_equal(shadow_pending_at(pending, 0)->others->text, TEXT("known")));
  assert_null(shadow_pending_at(pending, 0)->others->next);
  shadow_pending_free(pending);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(of_whole_ones_the_newest_is_kept),
      cmocka_unit_test(many_vehicles_are_found_again),
      cmocka_unit_test(what_does_not_fit_is_left_out),
      cmocka_unit_test(strangers_join_their_vehicle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
