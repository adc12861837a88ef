#include "tests/unit/cmocka_all.h"

#include "server/http/listener.h"

static enum head_kind classify(const char *head)
{
  return listener_classify(text_from(head));
}

static void test_decides_as_early_as_possible(void **state)
{
  (void)state;
  assert_int_equal(classify("P"), HEAD_HTTP);
  assert_int_equal(classify("GET /v2"), HEAD_HTTP);
  assert_int_equal(classify("GET /v1/streams HTTP/1.1"), HEAD_HTTP);
  assert_int_equal(classify("GET /v1/stream"), HEAD_UNDECIDED);
  assert_int_equal(classify("GET /v1/stream HTTP/1.1\r\nUpgrade: websocket\r\n"), HEAD_UNDECIDED);
}

static void test_needs_the_upgrade_header(void **state)
{
  (void)state;
  assert_int_equal(classify("GET /v1/stream HTTP/1.1\r\nHost: h\r\nupgrade:WebSocket\r\nX: y\r\n\r\n"), HEAD_WEBSOCKET);
  assert_int_equal(classify("GET /v1/stream?a=b HTTP/1.1\r\nUpgrade: websocket \r\n\r\n"), HEAD_WEBSOCKET);
  assert_int_equal(classify("GET /v1/stream HTTP/1.1\r\nHost: h\r\n\r\n"), HEAD_HTTP);
  assert_int_equal(classify("GET /v1/stream HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"), HEAD_HTTP);
  assert_int_equal(classify("GET /v1/stream HTTP/1.1\r\nX-Upgrade: websocket\r\n\r\n"), HEAD_HTTP);
  assert_int_equal(classify("GET /v1/stream HTTP/1.1\r\n\r\nUpgrade: websocket\r\n"), HEAD_HTTP);
}

static void test_refuses_a_bad_address(void **state)
{
  (void)state;
  int socket = -1;
  uint16_t port = 0;
  assert_int_equal(listener_open("127.0.0.1", &socket, &port).code, ERROR_SETUP);
  assert_int_equal(listener_open("127.0.0.1:", &socket, &port).code, ERROR_SETUP);
  assert_int_equal(listener_open("192.0.2.1:0", &socket, &port).code, ERROR_SETUP); /* not an address of ours */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decides_as_early_as_possible),
      cmocka_unit_test(test_needs_the_upgrade_header),
      cmocka_unit_test(test_refuses_a_bad_address),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
