#include "tests/unit/cmocka_all.h"

#include "server/aws/retry.h"
#include "server/base/clock.h"

static void check(int status, const char *code, const char *message, enum retry_action expected)
{
  enum retry_action action = retry_judge(status, text_from(code), text_from(message));
  if (action != expected) {
    fail_msg("%d %s: %d instead of %d", status, code, (int)action, (int)expected);
  }
}

static void test_judgement(void **state)
{
  (void)state;
  check(500, "InternalError", "", RETRY_AGAIN);
  check(502, "", "", RETRY_AGAIN);
  check(503, "ServiceUnavailable", "", RETRY_AGAIN);
  check(503, "SlowDown", "Please reduce your request rate.", RETRY_SLOWER);
  check(429, "", "", RETRY_SLOWER);
  check(400, "ThrottlingException", "", RETRY_SLOWER);
  check(403, "RequestThrottled", "", RETRY_SLOWER);
  check(400, "RequestTimeout", "", RETRY_AGAIN);
  check(408, "", "", RETRY_AGAIN);
  check(403, "RequestTimeTooSkewed", "", RETRY_CLOCK);
  check(403, "InvalidSignatureException", "Signature expired: 20261122T205107Z is now earlier than", RETRY_CLOCK);
  check(403, "InvalidSignatureException", "The request signature we calculated does not match", RETRY_NOT);
  check(400, "ExpiredToken", "", RETRY_CREDENTIALS);
  check(403, "InvalidAccessKeyId", "", RETRY_CREDENTIALS);
  check(400, "AuthorizationHeaderMalformed", "", RETRY_REGION);
  check(301, "PermanentRedirect", "", RETRY_REGION);
  check(307, "TemporaryRedirect", "", RETRY_REGION);
  check(301, "", "", RETRY_REGION); /* of a HEAD */
  check(403, "AccessDenied", "", RETRY_NOT);
  check(403, "SignatureDoesNotMatch", "", RETRY_NOT);
  check(404, "NoSuchKey", "", RETRY_NOT);
  check(409, "", "Version conflict", RETRY_NOT);
  check(412, "PreconditionFailed", "", RETRY_NOT);
  check(304, "", "", RETRY_NOT);
}

static void test_delays(void **state)
{
  (void)state;
  assert_int_equal(retry_delay_us(RETRY_AGAIN, 1, 0, 0), 0);
  for (uint64_t random = 0; random < 1000; random++) {
    uint64_t spread = random * UINT64_C(0x9E3779B97F4A7C15);
    assert_in_range(retry_delay_us(RETRY_AGAIN, 1, 0, spread), 0, 100 * US_PER_MS);
    assert_in_range(retry_delay_us(RETRY_AGAIN, 3, 0, spread), 0, 400 * US_PER_MS);
    assert_in_range(retry_delay_us(RETRY_AGAIN, 60, 0, spread), 0, 20 * US_PER_SECOND);
    assert_in_range(retry_delay_us(RETRY_SLOWER, 1, 0, spread), 500 * US_PER_MS, US_PER_SECOND);
    assert_in_range(retry_delay_us(RETRY_SLOWER, 4, 0, spread), 4 * US_PER_SECOND, 8 * US_PER_SECOND);
    assert_in_range(retry_delay_us(RETRY_SLOWER, 60, 0, spread), 10 * US_PER_SECOND, 20 * US_PER_SECOND);
  }
  assert_int_equal(retry_delay_us(RETRY_AGAIN, 1, 7, 0), 7 * US_PER_SECOND);
  assert_int_equal(retry_delay_us(RETRY_AGAIN, 1, 86400, 0), 60 * US_PER_SECOND);
}

static void test_limits(void **state)
{
  (void)state;
  assert_false(retry_is_exhausted(RETRY_AGAIN, RETRY_ATTEMPTS_MAX - 1));
  assert_true(retry_is_exhausted(RETRY_AGAIN, RETRY_ATTEMPTS_MAX));
  assert_false(retry_is_exhausted(RETRY_SLOWER, RETRY_ATTEMPTS_MAX));
  assert_true(retry_is_exhausted(RETRY_SLOWER, RETRY_SLOWER_ATTEMPTS_MAX));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_judgement),
      cmocka_unit_test(test_delays),
      cmocka_unit_test(test_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
