#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "server/base/base64.h"

static bool decodes(const char *encoded, const char *expected, size_t expected_length)
{
  char out[64];
  size_t length = 0;
  return base64_decode(text_from(encoded), out, &length) && length <= base64_decoded_max(strlen(encoded)) &&
         length == expected_length && memcmp(out, expected, length) == 0;
}

static bool is_refused(const char *encoded)
{
  char out[64];
  size_t length = 0;
  return !base64_decode(text_from(encoded), out, &length);
}

static bool encodes(const char *bytes, size_t length, const char *expected)
{
  struct buffer out = {0};
  base64_encode((struct text){bytes, length}, &out);
  const bool is_equal = text_equal(buffer_text(&out), text_from(expected));
  buffer_free(&out);
  return is_equal;
}

static void test_encoded(void **state)
{
  (void)state;
  assert_true(encodes("", 0, ""));
  assert_true(encodes("f", 1, "Zg=="));
  assert_true(encodes("fo", 2, "Zm8="));
  assert_true(encodes("foo", 3, "Zm9v"));
  assert_true(encodes("foob", 4, "Zm9vYg=="));
  assert_true(encodes("\xfb\xff\xbf\0\0\0", 6, "+/+/AAAA"));
}

/* RFC 4648, section 10. */
static void test_vectors(void **state)
{
  (void)state;
  assert_true(decodes("", "", 0));
  assert_true(decodes("Zg==", "f", 1));
  assert_true(decodes("Zm8=", "fo", 2));
  assert_true(decodes("Zm9v", "foo", 3));
  assert_true(decodes("Zm9vYg==", "foob", 4));
  assert_true(decodes("Zm9vYmE=", "fooba", 5));
  assert_true(decodes("Zm9vYmFy", "foobar", 6));
  assert_true(decodes("+/+/AAAA", "\xfb\xff\xbf\0\0\0", 6));
}

static void test_refused(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "Z",        "Zg",   "Zg=",  "Zg===", "====", "Z===", "Zm8=Zm8=", "Zm9v\n",           "Zm9-",     "Zm9_AAAA",
      "Zm9v YmF", "Zh==", "Zm9=", "=Zm9",  "Z=m9", "Zm=v", "Zm9vYg=A", "\xc3\xa9\xc3\xa9", "Zg==Zg==", "A=AA"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (!is_refused(bad[i])) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

/* Every byte at every place, in place, against a plain encoder. */
static void test_round_trip(void **state)
{
  (void)state;
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned value = 0; value < 256 * 3; value++) {
    unsigned char bytes[3] = {value < 256 ? (unsigned char)value : 7, value >= 256 && value < 512 ? (unsigned char)value : 99,
                              value >= 512 ? (unsigned char)value : 200};
    char text[5] = {alphabet[bytes[0] >> 2], alphabet[(bytes[0] & 3) << 4 | bytes[1] >> 4],
                    alphabet[(bytes[1] & 15) << 2 | bytes[2] >> 6], alphabet[bytes[2] & 63], '\0'};
    size_t length = 0;
    assert_true(base64_decode(text_from(text), text, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(text, bytes, 3);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_encoded),
      cmocka_unit_test(test_vectors),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
