#include "tests/unit/cmocka_all.h"

#include "ingest/alerts/courier_outcome.h"
#include "server/base/arena.h"
#include "server/base/clock.h"

static void answers_are_judged(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  assert_int_equal(courier_outcome_of_answer(arena, 200, TEXT("fine"), 0).verdict, COURIER_DELIVERED);
  assert_int_equal(courier_outcome_of_answer(arena, 204, TEXT(""), 0).answer.length, 0);
  const struct courier_outcome gone = courier_outcome_of_answer(arena, 410, TEXT(""), 0);
  assert_int_equal(gone.verdict, COURIER_GONE);
  const struct courier_outcome moved = courier_outcome_of_answer(arena, 301, TEXT(""), 0);
  assert_int_equal(moved.verdict, COURIER_AGAIN);
  assert_true(text_starts_with(moved.answer, TEXT("HTTP 301 (redirects are not followed")));
  const struct courier_outcome refused = courier_outcome_of_answer(arena, 400, TEXT("no such key\n"), 7);
  assert_true(text_equal(refused.answer, TEXT("HTTP 400: no such key\n")) ||
              text_equal(refused.answer, TEXT("HTTP 400: no such key")));
  assert_int_equal(refused.asked_for_s, 7);
  const struct courier_outcome binary = courier_outcome_of_answer(arena, 500, (struct text){"a\0b\xff", 4}, 0);
  assert_true(text_equal(binary.answer, TEXT("HTTP 500")));
  arena_free(arena);
}

static void pauses_grow_to_an_hour(void **state)
{
  (void)state;
  static const int64_t middles_s[] = {5, 15, 30, 60, 120, 300, 600, 1800, 3600, 3600, 3600};
  for (int tries = 1; tries <= 11; tries++) {
    for (uint32_t random = 0; random < 4096; random += 511) {
      const int64_t pause_us = courier_pause_us(tries, 0, random);
      assert_true(pause_us >= middles_s[tries - 1] * US_PER_SECOND * 4 / 5);
      assert_true(pause_us <= middles_s[tries - 1] * US_PER_SECOND * 6 / 5);
    }
  }
  assert_true(courier_pause_us(1, 0, 0) != courier_pause_us(1, 0, 1023));
  assert_int_equal(courier_pause_us(1, 120, 0), 120 * US_PER_SECOND);
  assert_int_equal(courier_pause_us(1, 100000, 0), 3600 * US_PER_SECOND);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_judged), cmocka_unit_test(pauses_grow_to_an_hour)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
