#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "server/aws/aws_name.h"

static void test_arns(void **state)
{
  (void)state;
  struct aws_arn arn;
  assert_true(aws_arn_parse(TEXT("arn:aws:iot:us-east-1:123456789012:ruledestination/http/7a280e37"), &arn));
  assert_true(text_equal(arn.partition, TEXT("aws")) && text_equal(arn.service, TEXT("iot")));
  assert_true(text_equal(arn.region, TEXT("us-east-1")) && text_equal(arn.account, TEXT("123456789012")));
  assert_true(text_equal(arn.resource, TEXT("ruledestination/http/7a280e37")));
  assert_true(aws_arn_parse(TEXT("arn:aws:s3:::bucket"), &arn));
  assert_true(aws_arn_parse(TEXT("arn:aws:sns:us-east-1:123456789012:topic:subscription"), &arn));
  static const char *const bad[] = {"",
                                    "arn",
                                    "arn:aws:sns:us-east-1:123456789012",
                                    "arn:aws:sns:us-east-1:123456789012:",
                                    "ARN:aws:sns:us-east-1:123456789012:t",
                                    "arn::sns:us-east-1:123456789012:t",
                                    "arn:aws::us-east-1:123456789012:t",
                                    "arn:aws:sns:us-east-1:12345678901:t",
                                    "arn:aws:sns:us-east-1:1234567890123:t",
                                    "arn:aws:sns:us-east-1:12345678901x:t",
                                    "arn:aws:sns:US-EAST-1:123456789012:t",
                                    "arn:aws:sns:evil.example/:123456789012:t",
                                    "arn:aws:sns:us-east-1@evil:123456789012:t",
                                    "arn:aws:sns:us-east-1:123456789012:t t",
                                    "arn:aws:sns:us-east-1:123456789012:t\n"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (aws_arn_parse(text_from(bad[i]), &arn)) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

static void check_host(const char *arn_text, const char *expected)
{
  struct aws_arn arn;
  char host[AWS_HOST_MAX];
  assert_true(aws_arn_parse(text_from(arn_text), &arn));
  bool has_host = aws_regional_host("sns", &arn, host);
  assert_int_equal(has_host, expected != NULL);
  if (expected != NULL) {
    assert_string_equal(host, expected);
  }
}

static void test_hosts(void **state)
{
  (void)state;
  check_host("arn:aws:sns:us-west-2:123456789012:t", "sns.us-west-2.amazonaws.com");
  check_host("arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn");
  check_host("arn:aws-us-gov:sns:us-gov-east-1:123456789012:t", "sns.us-gov-east-1.amazonaws.com");
  check_host("arn:aws:sns:cn-north-1:123456789012:t", NULL);
  check_host("arn:aws-cn:sns:us-west-2:123456789012:t", NULL);
  check_host("arn:aws:sns:us-gov-east-1:123456789012:t", NULL);
  check_host("arn:aws-iso:sns:us-iso-east-1:123456789012:t", NULL);
  check_host("arn:aws:sns::123456789012:t", NULL);
  check_host("arn:aws:sns:s3:123456789012:t", NULL);
}

static void test_regions(void **state)
{
  (void)state;
  static const char *const good[] = {"us-east-1", "us-gov-west-1", "ap-southeast-7", "cn-northwest-1"};
  static const char *const bad[] = {"",
                                    "s3",
                                    "s3-us-west-2",
                                    "us-east",
                                    "us-1",
                                    "us--1",
                                    "us-east-1a",
                                    "us-east-1-x",
                                    "us-east-1.s3",
                                    "-us-east-1",
                                    "us-east-1-",
                                    "US-EAST-1",
                                    "us-east-1111111111111111111111111"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(aws_is_region(text_from(good[i])));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (aws_is_region(text_from(bad[i]))) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

static void test_links(void **state)
{
  (void)state;
  static const char host[] = "sns.us-west-2.amazonaws.com";
  struct text path;
  struct error error =
      aws_link_check("SubscribeURL", TEXT("https://sns.us-west-2.amazonaws.com/?Action=X&Token=1%2F2"), host, &path);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(text_equal(path, TEXT("/?Action=X&Token=1%2F2")));
  assert_int_equal(aws_link_check("SubscribeURL", TEXT("https://sns.us-west-2.amazonaws.com/a.pem?x=/../y"), host, &path).code,
                   ERROR_NONE);
  static const char *const bad[] = {"",
                                    "https://sns.us-west-2.amazonaws.com",
                                    "http://sns.us-west-2.amazonaws.com/x",
                                    "HTTPS://sns.us-west-2.amazonaws.com/x",
                                    "//sns.us-west-2.amazonaws.com/x",
                                    "https:/sns.us-west-2.amazonaws.com/x",
                                    "https:///sns.us-west-2.amazonaws.com/x",
                                    "https://sns.us-west-2.amazonaws.com:443/x",
                                    "https://sns.us-west-2.amazonaws.com./x",
                                    "https://SNS.us-west-2.amazonaws.com/x",
                                    "https://sns.us-west-1.amazonaws.com/x",
                                    "https://sns.us-west-2.amazonaws.com.evil.example/x",
                                    "https://evil.example/sns.us-west-2.amazonaws.com/x",
                                    "https://user@sns.us-west-2.amazonaws.com/x",
                                    "https://sns.us-west-2.amazonaws.com@evil.example/x",
                                    "https://sns.us-west-2.amazonaws.com?/x",
                                    "https://sns.us-west-2.amazonaws.com#/x",
                                    "https://sns.us-west-2.amazonaws.com\\@evil.example/x",
                                    "https://sns.us-west-2.amazonaws.com/x#y",
                                    "https://sns.us-west-2.amazonaws.com/x\\y",
                                    "https://sns.us-west-2.amazonaws.com/x y",
                                    "https://sns.us-west-2.amazonaws.com/x\r\nHost: y",
                                    "https://sns.us-west-2.amazonaws.com/\xc3\xa9",
                                    "https://sns.us-west-2.amazonaws.com/../x",
                                    "https://sns.us-west-2.amazonaws.com/x/./y?z",
                                    "https://sns.us-west-2.amazonaws.com/x/%2E%2e/y",
                                    "https://sns.us-west-2.amazonaws.com/x/..",
                                    " https://sns.us-west-2.amazonaws.com/x"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    error = aws_link_check("SubscribeURL", text_from(bad[i]), host, &path);
    if (error.code != ERROR_FORBIDDEN || strcmp(error.field, "SubscribeURL") != 0) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arns),
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_regions),
      cmocka_unit_test(test_links),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
