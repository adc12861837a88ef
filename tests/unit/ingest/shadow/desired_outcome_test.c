#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "ingest/shadow/desired_outcome.h"

static struct desired_outcome judge(struct arena *arena, enum aws_result result, int status, bool is_temporary, int tries,
                                    struct text answer)
{
  struct aws_outcome outcome = {.result = result, .status = status, .is_temporary = is_temporary};
  (void)snprintf(outcome.code, sizeof outcome.code, "%s", result == AWS_REFUSED ? "SomeException" : "");
  (void)snprintf(outcome.message, sizeof outcome.message, "%s", result == AWS_REFUSED ? "in AWS's words" : "");
  outcome.error = error_make(ERROR_UPSTREAM_AWAY, "no answer");
  return desired_outcome_of(arena, &outcome, answer, tries);
}

static void answers_are_judged(void **state)
{
  (void)state;
  static const struct {
    enum aws_result result;
    int status;
    bool is_temporary;
    int tries;
    enum desired_verdict verdict;
    const char *problem;
  } CASES[] = {
      {AWS_REFUSED, 404, false, 1, DESIRED_REFUSED, "SomeException: in AWS's words"},
      {AWS_REFUSED, 413, false, 1, DESIRED_REFUSED, "SomeException: in AWS's words"},
      {AWS_REFUSED, 409, false, 4, DESIRED_AGAIN, "SomeException: in AWS's words"},
      {AWS_REFUSED, 409, false, 5, DESIRED_REFUSED, "SomeException: in AWS's words"},
      {AWS_REFUSED, 429, true, 90, DESIRED_AGAIN, "SomeException: in AWS's words"},
      {AWS_REFUSED, 503, true, 1, DESIRED_AGAIN, "SomeException: in AWS's words"},
      {AWS_REFUSED, 403, false, 1, DESIRED_REFUSED,
       "SomeException: in AWS's words (may the keys do iot:UpdateThingShadow? is the setting iot-service-name right, iotdata "
       "or "
       "iotdevicegateway?)"},
      {AWS_UNREACHABLE, 0, true, 3, DESIRED_AGAIN, "no answer"},
      {AWS_TIMED_OUT, 0, true, 3, DESIRED_AGAIN, "no answer"},
      {AWS_CANCELLED, 0, false, 3, DESIRED_AGAIN, "no answer"},
      {AWS_NO_CREDENTIALS, 0, false, 1, DESIRED_AGAIN, "no answer (set AWS keys, and aws-region or iot-endpoint-url)"},
  };
  struct arena *arena = arena_new(4096);
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct desired_outcome outcome =
        judge(arena, CASES[i].result, CASES[i].status, CASES[i].is_temporary, CASES[i].tries, TEXT(""));
    assert_int_equal(outcome.verdict, CASES[i].verdict);
    assert_string_equal(text_to_cstring(arena, outcome.problem), CASES[i].problem);
    assert_int_equal(outcome.status, CASES[i].status);
  }
  arena_free(arena);
}

static void an_accepted_update_says_its_version(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct desired_outcome sent = judge(arena, AWS_OK, 200, false, 1, TEXT("{\"state\":{},\"version\":12}"));
  assert_int_equal(sent.verdict, DESIRED_SENT);
  assert_int_equal(sent.version, 12);
  assert_null(sent.problem.data);
  assert_int_equal(judge(arena, AWS_OK, 200, false, 1, TEXT("{}")).verdict, DESIRED_AGAIN);
  assert_int_equal(judge(arena, AWS_OK, 200, false, 1, TEXT("<html>")).verdict, DESIRED_AGAIN);
  arena_free(arena);
}

static void pauses_grow_to_a_minute(void **state)
{
  (void)state;
  assert_int_equal(desired_pause_us(1, 0), 1000000);
  assert_true(desired_pause_us(1, 1023) < 2000000);
  assert_int_equal(desired_pause_us(5, 0), 16000000);
  assert_int_equal(desired_pause_us(100, 0), 30000000);
  assert_true(desired_pause_us(100, 1023) <= 60000000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_are_judged),
      cmocka_unit_test(an_accepted_update_says_its_version),
      cmocka_unit_test(pauses_grow_to_a_minute),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
