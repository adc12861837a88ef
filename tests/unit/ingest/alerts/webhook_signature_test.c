#include "tests/unit/cmocka_all.h"

#include "ingest/alerts/webhook_signature.h"

/* The example of the Standard Webhooks specification. */
static void signs_as_the_published_vector(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct text signature = webhook_sign(arena, TEXT("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                             TEXT("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, TEXT("{\"test\": 2432232314}"));
  assert_true(text_equal(signature, TEXT("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
  arena_free(arena);
}

static void secrets_are_judged(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct text made = webhook_secret_make(arena);
  assert_int_equal(webhook_secret_check(made).code, ERROR_NONE);
  assert_false(text_equal(made, webhook_secret_make(arena)));
  assert_int_equal(webhook_secret_check(TEXT("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).code, ERROR_NONE);
  const struct text bad[] = {TEXT(""), TEXT("whsec_"), TEXT("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), TEXT("whsec_!!"),
                             TEXT("whsec_AAAA")};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_string_equal(webhook_secret_check(bad[i]).field, "secret");
  }
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(signs_as_the_published_vector), cmocka_unit_test(secrets_are_judged)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
