#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "ingest/push/iot_destination.h"

static const char ACCOUNTS[] = "123456789012/us-east-1, 210987654321,111122223333/cn-north-1";

static void test_accounts(void **state)
{
  (void)state;
  static const char *const good[] = {"", "123456789012", "123456789012/us-east-1", "123456789012 , 210987654321/eu-west-1"};
  static const char *const bad[] = {"12", "123456789012;210987654321", "eu-west-1/123456789012", "x23456789012", ",", "*"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(iot_accounts_check(good[i]).code, ERROR_NONE);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct error error = iot_accounts_check(bad[i]);
    assert_int_equal(error.code, ERROR_SETUP);
    assert_string_equal(error.field, "iot-accounts-allowed");
  }
}

static void test_destinations(void **state)
{
  (void)state;
  static const struct {
    const char *arn;
    const char *url;
    enum iot_link expected;
  } cases[] = {
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://iot.us-east-1.amazonaws.com/confirmdestination/AY-_", IOT_LINK_ALLOWED},
      {"\"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a\"",
       "https://iot.us-east-1.amazonaws.com/confirmdestination/A/B", IOT_LINK_ALLOWED},
      {"\xE2\x80\x9C"
       "arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a\xE2\x80\x9D",
       "https://iot.us-east-1.amazonaws.com/confirmdestination/A", IOT_LINK_ALLOWED},
      {" 'arn:aws:iot:eu-west-1:210987654321:ruledestination/http/7a' ",
       "https://iot.eu-west-1.amazonaws.com/confirmdestination/A", IOT_LINK_ALLOWED},
      {"arn:aws-cn:iot:cn-north-1:111122223333:ruledestination/http/7a",
       "https://iot.cn-north-1.amazonaws.com.cn/confirmdestination/A", IOT_LINK_ALLOWED},
      /* Of another account, another region, another kind, or no ARN: for the operator. */
      {"arn:aws:iot:us-east-1:999999999999:ruledestination/http/7a", "https://iot.us-east-1.amazonaws.com/confirmdestination/A",
       IOT_LINK_OPERATOR},
      {"arn:aws:iot:us-west-2:123456789012:ruledestination/http/7a", "https://iot.us-west-2.amazonaws.com/confirmdestination/A",
       IOT_LINK_OPERATOR},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a", "https://iot.us-west-2.amazonaws.com/confirmdestination/A",
       IOT_LINK_OPERATOR},
      {"arn:aws:iot:us-east-1:123456789012:thing/7a", "https://iot.us-east-1.amazonaws.com/confirmdestination/A",
       IOT_LINK_OPERATOR},
      {"arn:aws:sns:us-east-1:123456789012:ruledestination/http/7a", "https://iot.us-east-1.amazonaws.com/confirmdestination/A",
       IOT_LINK_OPERATOR},
      {"", "https://iot.us-east-1.amazonaws.com/confirmdestination/A", IOT_LINK_OPERATOR},
      {"\"", "https://iot.us-east-1.amazonaws.com/confirmdestination/A", IOT_LINK_OPERATOR},
      /* Not of AWS IoT. */
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a", "http://iot.us-east-1.amazonaws.com/confirmdestination/A",
       IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a", "https://iot.us-east-1.amazonaws.com/other/A",
       IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://iot.us-east-1.amazonaws.com/x/../confirmdestination/A", IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://iot.us-east-1.amazonaws.com.evil.example/confirmdestination/A", IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a", "https://iot.a@evil.amazonaws.com/confirmdestination/A",
       IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://evil.us-east-1.amazonaws.com/confirmdestination/A", IOT_LINK_FOREIGN},
      {"arn:aws:iot:s3:123456789012:ruledestination/http/7a", "https://iot.s3.amazonaws.com/confirmdestination/A",
       IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://iot.s3-us-west-2.amazonaws.com/confirmdestination/A", IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://iot.x.us-east-1.amazonaws.com/confirmdestination/A", IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a",
       "https://iot.us-east-1.amazonaws.com/confirmdestination/../x", IOT_LINK_FOREIGN},
      {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a", "", IOT_LINK_FOREIGN},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct text arn;
    enum iot_link link = iot_destination_judge(ACCOUNTS, text_from(cases[i].arn), text_from(cases[i].url), &arn);
    if (link != cases[i].expected) {
      fail_msg("%s %s: %d", cases[i].arn, cases[i].url, link);
    }
    if (link == IOT_LINK_ALLOWED) {
      assert_true(text_starts_with(arn, TEXT("arn:")) && arn.data[arn.length - 1] == 'a');
    }
  }
  struct text arn;
  assert_int_equal(iot_destination_judge("", text_from(cases[0].arn), text_from(cases[0].url), &arn), IOT_LINK_OPERATOR);
}

static void test_bodies(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  assert_true(
      text_equal(iot_destination_arn_of(arena, TEXT("{\"arn\":\"arn:aws:x\",\"enableUrl\":\"u\"}")), TEXT("arn:aws:x")));
  assert_int_equal(iot_destination_arn_of(arena, TEXT("{\"arn\":5}")).length, 0);
  assert_int_equal(iot_destination_arn_of(arena, TEXT("[]")).length, 0);
  assert_int_equal(iot_destination_arn_of(arena, TEXT("{")).length, 0);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_accounts),
      cmocka_unit_test(test_destinations),
      cmocka_unit_test(test_bodies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
