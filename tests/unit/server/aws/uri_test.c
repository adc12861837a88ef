#include "tests/unit/cmocka_all.h"

#include "server/aws/uri.h"

static void check_buffer(struct buffer *out, const char *expected)
{
  assert_int_equal(out->length, strlen(expected));
  assert_memory_equal(out->data, expected, out->length);
  buffer_free(out);
}

static void test_encode(void **state)
{
  (void)state;
  struct buffer out = {0};
  uri_encode(&out, TEXT("a b/$=+:~_-.%\xc3\xbc\x01"), true);
  check_buffer(&out, "a%20b/%24%3D%2B%3A~_-.%25%C3%BC%01");
  uri_encode(&out, TEXT("a/b"), false);
  check_buffer(&out, "a%2Fb");
}

static void test_normalize(void **state)
{
  (void)state;
  static const char *const cases[][2] = {
      {"/", "/"},           {"", "/"},          {"//", "/"},           {"/a/../b", "/b"},  {"/a/..", "/"},
      {"/a/./b/", "/a/b/"}, {"/../../a", "/a"}, {"//a//b//", "/a/b/"}, {"/a/b/..", "/a/"}, {"/a%2F../b", "/a%2F../b"},
      {"/a/.", "/a/"},      {"/...", "/..."}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buffer out = {0};
    uri_normalize_path(&out, text_from(cases[i][0]));
    check_buffer(&out, cases[i][1]);
  }
}

static void check_part(struct text part, const char *expected)
{
  assert_int_equal(part.length, strlen(expected));
  assert_true(text_equal(part, text_from(expected)));
}

static void test_parse(void **state)
{
  (void)state;
  struct uri uri;
  assert_int_equal(uri_parse(TEXT("https://sqs.eu-west-1.amazonaws.com/1/queue?x=1"), &uri).code, ERROR_NONE);
  assert_true(uri.is_https);
  check_part(uri.host, "sqs.eu-west-1.amazonaws.com");
  check_part(uri.authority, "sqs.eu-west-1.amazonaws.com");
  check_part(uri.target, "/1/queue?x=1");
  assert_int_equal(uri_parse(TEXT("http://127.0.0.1:9000"), &uri).code, ERROR_NONE);
  check_part(uri.host, "127.0.0.1");
  check_part(uri.authority, "127.0.0.1:9000");
  check_part(uri.target, "");
  assert_true(uri_is_loopback(&uri));
  assert_int_equal(uri_parse(TEXT("https://h:443/"), &uri).code, ERROR_NONE);
  check_part(uri.authority, "h"); /* as libcurl writes the Host header */
  assert_int_equal(uri_parse(TEXT("http://h:443/"), &uri).code, ERROR_NONE);
  check_part(uri.authority, "h:443");
  assert_int_equal(uri_parse(TEXT("http://[::1]:80/x"), &uri).code, ERROR_NONE);
  check_part(uri.host, "[::1]");
  assert_true(uri_is_loopback(&uri));
  assert_int_equal(uri_parse(TEXT("http://[fd00:ec2::254]"), &uri).code, ERROR_NONE);
  check_part(uri.authority, "[fd00:ec2::254]");
  assert_false(uri_is_loopback(&uri));
}

static void test_parse_refuses(void **state)
{
  (void)state;
  static const char *const bad[] = {"",
                                    "ftp://h/",
                                    "https:/h",
                                    "https://",
                                    "https:///x",
                                    "https://user@h/",
                                    "https://h:0/",
                                    "https://h:70000/",
                                    "https://h:/",
                                    "https://h x/",
                                    "https://h/#f",
                                    "https://h/a\nb",
                                    "https://[::1/x",
                                    "https://::1]/",
                                    "https://[::1]x/",
                                    "https://h\\@evil/"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct uri uri;
    if (uri_parse(text_from(bad[i]), &uri).code != ERROR_BAD_INPUT) {
      fail_msg("%s is taken", bad[i]);
    }
  }
  struct uri uri;
  assert_int_equal(uri_parse(TEXT("http://127.0.0.1.example.org/"), &uri).code, ERROR_NONE);
  assert_false(uri_is_loopback(&uri));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_encode),
      cmocka_unit_test(test_normalize),
      cmocka_unit_test(test_parse),
      cmocka_unit_test(test_parse_refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
