/* What follows from each way in which an attempt to read an object can end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ingest/objects/object_outcome.h"
#include "server/base/clock.h"

static struct aws_outcome answer_of(enum aws_result result, int status, const char *code, bool is_temporary)
{
  struct aws_outcome answer = {.result = result, .status = status, .is_temporary = is_temporary};
  (void)snprintf(answer.code, sizeof answer.code, "%s", code);
  (void)snprintf(answer.message, sizeof answer.message, "words of S3");
  answer.error = result == AWS_OK ? error_none() : error_make(ERROR_INTERNAL, "S3 GetObject: %s", code);
  return answer;
}

static struct object_decision decide(struct aws_outcome answer, int32_t tries)
{
  struct object_attempt attempt = {.answer = &answer, .length_bytes = 10, .received_bytes = 10, .tries = tries};
  return object_decide(&attempt);
}

static void check(struct object_decision decision, enum object_state state, int64_t delay_us, const char *part)
{
  assert_string_equal(object_state_word(decision.state), object_state_word(state));
  assert_true(decision.delay_us == delay_us);
  assert_non_null(strstr(decision.error, part));
}

static void test_read(void **state)
{
  (void)state;
  struct object_decision decision = decide(answer_of(AWS_OK, 200, "", false), 1);
  check(decision, OBJECT_READ, 0, "");
  assert_string_equal(decision.error, "");
}

static void test_gone(void **state)
{
  (void)state;
  check(decide(answer_of(AWS_REFUSED, 404, "NoSuchKey", false), 1), OBJECT_MISSING, 0, "NoSuchKey");
  check(decide(answer_of(AWS_REFUSED, 404, "NoSuchVersion", false), 1), OBJECT_MISSING, 0, "NoSuchVersion");
  check(decide(answer_of(AWS_REFUSED, 405, "MethodNotAllowed", false), 1), OBJECT_MISSING, 0, "deleted");
  check(decide(answer_of(AWS_REFUSED, 404, "NoSuchBucket", false), 1), OBJECT_FAILED, 30 * US_PER_SECOND, "no such bucket");
}

/* What somebody has to change is tried again more and more rarely, but for ever. */
static void test_faults(void **state)
{
  (void)state;
  struct aws_outcome denied = answer_of(AWS_REFUSED, 403, "AccessDenied", false);
  check(decide(denied, 1), OBJECT_FAILED, 30 * US_PER_SECOND, "s3:GetObject");
  check(decide(denied, 2), OBJECT_FAILED, 60 * US_PER_SECOND, "s3:ListBucket");
  check(decide(denied, 1000000), OBJECT_FAILED, 3600 * US_PER_SECOND, "s3:GetObject");
  check(decide(answer_of(AWS_REFUSED, 403, "InvalidObjectState", false), 1), OBJECT_FAILED, 30 * US_PER_SECOND, "restore");
  check(decide(answer_of(AWS_REFUSED, 400, "BadDigest", false), 1), OBJECT_FAILED, 30 * US_PER_SECOND,
        "400 BadDigest: words of S3");
  assert_false(decide(denied, 1).is_trouble);
}

static void test_hiccups(void **state)
{
  (void)state;
  struct aws_outcome slow = answer_of(AWS_REFUSED, 503, "SlowDown", true);
  check(decide(slow, 1), OBJECT_FAILED, 1 * US_PER_SECOND, "503 SlowDown");
  check(decide(slow, 4), OBJECT_FAILED, 8 * US_PER_SECOND, "503 SlowDown");
  check(decide(slow, 60), OBJECT_FAILED, 300 * US_PER_SECOND, "503 SlowDown");
  assert_true(decide(slow, 1).is_trouble);
  check(decide(answer_of(AWS_UNREACHABLE, 0, "no route", true), 1), OBJECT_FAILED, 1 * US_PER_SECOND, "no route");
  check(decide(answer_of(AWS_TIMED_OUT, 0, "late", true), 1), OBJECT_FAILED, 1 * US_PER_SECOND, "late");
  check(decide(answer_of(AWS_NO_CREDENTIALS, 0, "no keys", true), 1), OBJECT_FAILED, 1 * US_PER_SECOND, "no keys");
  assert_true(decide(answer_of(AWS_NO_CREDENTIALS, 0, "no keys", true), 1).is_trouble);
  check(decide(answer_of(AWS_BROKEN, 200, "changed", false), 1), OBJECT_FAILED, 1 * US_PER_SECOND, "changed");
  assert_false(decide(answer_of(AWS_BROKEN, 200, "changed", false), 1).is_trouble);
  check(decide(answer_of(AWS_CANCELLED, 0, "", true), 3), OBJECT_WAITING, 0, "");
}

/* Half a transfer, or other bytes than those that were announced, never count as read. */
static void test_not_whole(void **state)
{
  (void)state;
  struct aws_outcome answer = answer_of(AWS_OK, 200, "", false);
  struct object_attempt attempt = {.answer = &answer, .length_bytes = 10, .received_bytes = 9, .tries = 1};
  check(object_decide(&attempt), OBJECT_FAILED, 1 * US_PER_SECOND, "9 of 10 bytes");
  attempt = (struct object_attempt){.answer = &answer, .length_bytes = -1, .received_bytes = 9, .tries = 1};
  check(object_decide(&attempt), OBJECT_READ, 0, "");
  attempt = (struct object_attempt){.answer = &answer, .length_bytes = 10, .received_bytes = 10, .replaced_by = "abc"};
  check(object_decide(&attempt), OBJECT_MISSING, 0, "its etag is now abc");
  attempt = (struct object_attempt){.answer = &answer, .length_bytes = 10, .unreadable = "a ZIP file", .tries = 1};
  check(object_decide(&attempt), OBJECT_FAILED, 30 * US_PER_SECOND, "it is a ZIP file");
}

static struct object_decision decide_stored(enum error_code code, const char *detail)
{
  /* A stream that has failed breaks its transfer off. */
  struct aws_outcome answer = answer_of(AWS_CANCELLED, 200, "", false);
  struct error stored = code == ERROR_NONE ? error_none() : error_make(code, "%s", detail);
  struct object_attempt attempt = {.answer = &answer, .stored = &stored, .length_bytes = 10, .received_bytes = 5, .tries = 1};
  return object_decide(&attempt);
}

static void test_not_stored(void **state)
{
  (void)state;
  check(decide_stored(ERROR_DATABASE_AWAY, "gone"), OBJECT_WAITING, 0, "");
  check(decide_stored(ERROR_SHUTTING_DOWN, "bye"), OBJECT_WAITING, 0, "");
  check(decide_stored(ERROR_QUERY_TIMEOUT, "slow"), OBJECT_FAILED, 1 * US_PER_SECOND, "could not be stored: slow");
  check(decide_stored(ERROR_DATABASE_REFUSED, "full"), OBJECT_FAILED, 1 * US_PER_SECOND, "could not be stored: full");
}

static void test_unreadable(void **state)
{
  (void)state;
  assert_null(object_unreadable(TEXT("")));
  assert_null(object_unreadable(TEXT("{\"thingnm\"")));
  assert_null(object_unreadable(TEXT("\x1f\x8b\x08")));
  assert_null(object_unreadable(TEXT("PA")));
  assert_string_equal(object_unreadable(TEXT("PAR1\x15")), "a Parquet file");
  assert_non_null(strstr(object_unreadable(TEXT("PK\003\004\x14")), "ZIP"));
  assert_non_null(strstr(object_unreadable(TEXT("\xff\x06\x00\x00sNaPpY")), "Snappy"));
}

/* Cut between characters, since PostgreSQL takes whole ones only. */
static void test_long_words(void **state)
{
  (void)state;
  struct error stored = error_make(ERROR_DATABASE_REFUSED, "x");
  for (size_t i = 0; i + 2 < sizeof stored.detail; i += 2) {
    memcpy(stored.detail + i, "\xc3\xa4", 3);
  }
  struct aws_outcome answer = answer_of(AWS_OK, 200, "", false);
  struct object_attempt attempt = {.answer = &answer, .stored = &stored, .tries = 1};
  assert_true(text_is_utf8(text_from(object_decide(&attempt).error)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),       cmocka_unit_test(test_gone),       cmocka_unit_test(test_faults),
      cmocka_unit_test(test_hiccups),    cmocka_unit_test(test_not_whole),  cmocka_unit_test(test_not_stored),
      cmocka_unit_test(test_unreadable), cmocka_unit_test(test_long_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
