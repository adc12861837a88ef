#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "server/egress.h"

static bool is_allowed(const struct egress *egress, const char *text)
{
  struct sockaddr_in ipv4 = {.sin_family = AF_INET};
  struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
    return egress_allows_address(egress, (const struct sockaddr *)&ipv4);
  }
  assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
  return egress_allows_address(egress, (const struct sockaddr *)&ipv6);
}

static struct egress parse(struct arena *arena, const char *list)
{
  struct egress egress;
  assert_int_equal(egress_parse(arena, "hosts", text_from(list), &egress).code, ERROR_NONE);
  return egress;
}

static void only_the_public_internet(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct egress none = parse(arena, "");
  static const char *const inside[] = {
      "127.0.0.1", "10.0.0.1",      "172.16.0.1",      "172.31.255.255",  "192.168.0.1",   "169.254.169.254",
      "0.0.0.0",   "100.64.0.1",    "224.0.0.1",       "255.255.255.255", "::1",           "::",
      "fe80::1",   "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1"};
  static const char *const outside[] = {"8.8.8.8",      "172.32.0.1",       "172.15.255.255", "100.128.0.1",
                                        "2606:4700::1", "64:ff9b::808:808", "::ffff:1.1.1.1"};
  for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
    assert_false(is_allowed(&none, inside[i]));
  }
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
    assert_true(is_allowed(&none, outside[i]));
  }
  arena_free(arena);
}

static void the_operator_opens_ranges_and_hosts(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct egress some = parse(arena, "10.1.0.0/16, 127.0.0.1 , fd00::/8,hooks.internal, *.corp.example");
  assert_true(is_allowed(&some, "10.1.255.1") && is_allowed(&some, "127.0.0.1") && is_allowed(&some, "fd12::1"));
  assert_false(is_allowed(&some, "10.2.0.1") || is_allowed(&some, "127.0.0.2") || is_allowed(&some, "fe80::1"));
  assert_true(egress_names_host(&some, TEXT("HOOKS.internal")) && egress_names_host(&some, TEXT("a.corp.example")));
  assert_false(egress_names_host(&some, TEXT("corp.example")) || egress_names_host(&some, TEXT("xhooks.internal")));
  assert_true(egress_names_host(&some, TEXT("[fd00::1]")));
  struct egress bad;
  static const char *const lists[] = {"a b", "10.0.0.0/33", "10.0.0.0/x", "x/8", "-*"};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    const struct error error = egress_parse(arena, "hosts", text_from(lists[i]), &bad);
    assert_int_equal(error.code, ERROR_SETUP);
    assert_string_equal(error.field, "hosts");
  }
  arena_free(arena);
}

static void urls_are_judged(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct egress some = parse(arena, "127.0.0.0/8,hooks.internal");
  static const char *const good[] = {"https://example.org/x?y=1", "https://8.8.8.8/", "http://127.0.0.1:8080/x",
                                     "http://hooks.internal/", "https://localhost.example.org/"};
  static const char *const bad[] = {"http://example.org/", "https://10.0.0.1/",        "https://localhost/", "https://[::1]/",
                                    "gopher://x/",         "https://a:b@example.org/", "https://",           "x"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(egress_check_url(&some, "url", text_from(good[i])).code, ERROR_NONE);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_string_equal(egress_check_url(&some, "url", text_from(bad[i])).field, "url");
  }
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(only_the_public_internet),
                                     cmocka_unit_test(the_operator_opens_ranges_and_hosts), cmocka_unit_test(urls_are_judged)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
