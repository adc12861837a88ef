#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/live/origin.h"

static bool allowed(const char *origin, const char *host, const char *list)
{
  return origin_is_allowed(text_from(origin), text_from(host), text_from(list));
}

static void the_same_host_is_allowed(void **unused)
{
  (void)unused;
  assert_true(allowed("http://fleet.example:8080", "fleet.example:8080", ""));
  assert_true(allowed("HTTPS://Fleet.Example", "fleet.example", ""));
  assert_true(allowed("https://fleet.example", "fleet.example:443", ""));
  assert_true(allowed("http://fleet.example:80", "fleet.example", ""));
  assert_true(allowed("http://[::1]:8080", "[::1]:8080", ""));
}

static void no_origin_is_no_browser(void **unused)
{
  (void)unused;
  assert_true(allowed("", "fleet.example", ""));
}

static void others_are_refused(void **unused)
{
  (void)unused;
  assert_false(allowed("http://evil.example", "fleet.example", ""));
  assert_false(allowed("http://fleet.example:8081", "fleet.example:8080", ""));
  assert_false(allowed("http://fleet.example.evil", "fleet.example", ""));
  assert_false(allowed("null", "null", ""));
  assert_false(allowed("file://fleet.example", "fleet.example", ""));
  assert_false(allowed("http://", "", ""));
}

static void the_list_is_compared_whole(void **unused)
{
  (void)unused;
  const char *list = "https://a.example, https://b.example:8443,";
  assert_true(allowed("https://a.example", "fleet.example", list));
  assert_true(allowed("https://B.example:8443", "fleet.example", list));
  assert_false(allowed("http://a.example", "fleet.example", list));
  assert_false(allowed("https://a.example.evil", "fleet.example", list));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_host_is_allowed),
      cmocka_unit_test(no_origin_is_no_browser),
      cmocka_unit_test(others_are_refused),
      cmocka_unit_test(the_list_is_compared_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
