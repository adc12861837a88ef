/* Bodies that are handed to their handler as they arrive: a server with two such routes, and a client of bare sockets. */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/gzip.h"
#include "server/http/http_server.h"
#include "server/http/problem.h"
#include "server/metrics.h"

enum { PATIENCE_S = 20, BODY_MAX = 4 * 1024 * 1024, SHORT_MS = 200 };

/* What the handler does, and what it has seen. One request at a time. */
struct sink {
  struct http_task resume;
  struct request *request;
  struct fixture *fixture;
  size_t room; /* bytes until it is full and asks to wait; 0: never */
  size_t taken_in_turn;
  int end_waits; /* how often the end waits */
  atomic_bool wait_for_ever;
};

struct fixture {
  struct router *router;
  struct metrics *metrics;
  struct http_server *server;
  struct sink sink;
  struct buffer seen;
  atomic_int waits;
  atomic_int releases;
  atomic_int ends;
  atomic_size_t seen_bytes;
};

static struct fixture *FIXTURE; /* the one of the test at hand */

static void resume(struct http_task *task)
{
  struct sink *sink = (struct sink *)task;
  if (sink->request != NULL) {
    sink->taken_in_turn = 0;
    request_continue_body(sink->request);
  }
}

static void wait_a_turn(struct sink *sink)
{
  atomic_fetch_add(&sink->fixture->waits, 1);
  if (!sink->wait_for_ever) {
    sink->resume = (struct http_task){.run = resume};
    http_server_post(sink->fixture->server, &sink->resume);
  }
}

static struct error sink_begin(struct request *request, void *context, void **stream)
{
  struct sink *sink = &((struct fixture *)context)->sink;
  if (text_equal(request_header(request, "x-refuse"), TEXT("begin"))) {
    return error_make(ERROR_BUSY, "not now");
  }
  sink->request = request;
  sink->taken_in_turn = 0;
  sink->fixture = context;
  buffer_clear(&sink->fixture->seen);
  *stream = sink;
  return error_none();
}

static struct error sink_data(void *stream, struct text *bytes)
{
  struct sink *sink = stream;
  size_t room = sink->room == 0 ? bytes->length : sink->room - sink->taken_in_turn;
  size_t taken = bytes->length < room ? bytes->length : room;
  buffer_append(&sink->fixture->seen, bytes->data, taken);
  atomic_fetch_add(&sink->fixture->seen_bytes, taken);
  sink->taken_in_turn += taken;
  *bytes = (struct text){bytes->data + taken, bytes->length - taken};
  if (sink->fixture->seen.length >= 4 && memcmp(sink->fixture->seen.data, "bad:", 4) == 0) {
    return error_at(ERROR_BAD_INPUT, "body", "begins badly");
  }
  if (bytes->length != 0) {
    wait_a_turn(sink);
  }
  return error_none();
}

static void complete(struct http_task *task)
{
  struct sink *sink = (struct sink *)task;
  response_content_type(sink->request, "text/plain");
  buffer_printf(response_body(sink->request), "%zu bytes", sink->fixture->seen.length);
  request_complete(sink->request, error_none());
}

static struct error sink_end(void *stream, bool *waits)
{
  struct sink *sink = stream;
  if (sink->end_waits > 0) {
    sink->end_waits--;
    *waits = true;
    wait_a_turn(sink);
    return error_none();
  }
  atomic_fetch_add(&sink->fixture->ends, 1);
  if (sink->fixture->seen.length == 3) {
    return error_at(ERROR_BAD_INPUT, "body", "is too short");
  }
  if (sink->fixture->seen.length == 4) { /* from within */
    complete(&sink->resume);
    return error_none();
  }
  sink->resume = (struct http_task){.run = complete};
  http_server_post(sink->fixture->server, &sink->resume);
  return error_none();
}

static void sink_release(void *stream)
{
  struct sink *sink = stream;
  sink->request = NULL;
  atomic_fetch_add(&sink->fixture->releases, 1);
}

static void write_own_error(struct request *request, const struct error *error)
{
  response_content_type(request, "application/json");
  if (error->code == ERROR_BODY_TOO_LARGE) {
    response_status(request, 400);
  }
  buffer_printf(response_body(request), "{\"own\":\"%s\"}", error->detail);
}

static struct error admit(struct request *request, void *context)
{
  (void)context;
  return text_equal(request_header(request, "x-key"), TEXT("wrong")) ? error_make(ERROR_UNAUTHORIZED, "no") : error_none();
}

static const struct body_handler SINK = {sink_begin, sink_data, sink_end, sink_release, 0};
static const struct body_handler PATIENT_SINK = {sink_begin, sink_data, sink_end, sink_release, PATIENCE_S * 1000};
static const struct route ROUTES[] = {
    {.method = HTTP_POST, .pattern = "/v1/sink", .stream = &SINK, .body_max_bytes = BODY_MAX, .admit = admit},
    {.method = HTTP_POST,
     .pattern = "/v1/own",
     .stream = &PATIENT_SINK,
     .body_max_bytes = BODY_MAX,
     .admit = admit,
     .write_error = write_own_error},
};

/* ---- fixture ---- */

static int set_up_with(void **state, int body_timeout_ms)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  fixture->router = router_new();
  router_add(fixture->router, (struct route_table){ROUTES, 2, fixture});
  fixture->metrics = metrics_new();
  struct http_server_settings settings = {.listen = "127.0.0.1:0",
                                          .connections_max = 64,
                                          .body_timeout_ms = body_timeout_ms,
                                          .metrics = fixture->metrics,
                                          .metrics_listener = "public"};
  struct error error = http_server_start(settings, fixture->router, &fixture->server);
  assert_int_equal(error.code, ERROR_NONE);
  *state = FIXTURE = fixture;
  return 0;
}

static int set_up(void **state)
{
  return set_up_with(state, 0);
}

static int set_up_impatient(void **state)
{
  return set_up_with(state, SHORT_MS);
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  http_server_stop(fixture->server);
  router_free(fixture->router);
  metrics_free(fixture->metrics);
  buffer_free(&fixture->seen);
  free(fixture);
  return 0;
}

/* ---- client ---- */

static int client_open(void)
{
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(http_server_port(FIXTURE->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_sec = PATIENCE_S};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  return client;
}

static void client_send(int client, struct text bytes)
{
  while (bytes.length > 0) {
    ssize_t sent = send(client, bytes.data, bytes.length, MSG_NOSIGNAL);
    if (sent <= 0) {
      return; /* the server has answered and closed */
    }
    bytes = (struct text){bytes.data + sent, bytes.length - (size_t)sent};
  }
}

static char ANSWER[16384];

/* The status of the answer, which is in ANSWER then; 0: the connection was closed without. */
static int client_read(int client)
{
  size_t length = 0;
  size_t whole = 0;
  int status = 0;
  memset(ANSWER, 0, sizeof ANSWER);
  while (whole == 0 || length < whole) {
    ssize_t got = recv(client, ANSWER + length, 1, 0);
    if (got <= 0) {
      return status;
    }
    length++;
    const char *end = whole == 0 ? strstr(ANSWER, "\r\n\r\n") : NULL;
    if (end != NULL) {
      const char *announced = strcasestr(ANSWER, "\r\nContent-Length:");
      whole = (size_t)(end + 4 - ANSWER) + (announced != NULL ? strtoul(announced + 17, NULL, 10) : 0);
      assert_memory_equal(ANSWER, "HTTP/1.1 ", 9);
      status = (int)strtol(ANSWER + 9, NULL, 10);
    }
  }
  return status;
}

static int client_post(int client, const char *path, const char *headers, struct text body)
{
  char head[512];
  int length =
      snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n%s\r\n", path, body.length, headers);
  client_send(client, (struct text){head, (size_t)length});
  client_send(client, body);
  return client_read(client);
}

static int post(const char *path, const char *headers, struct text body)
{
  int client = client_open();
  int status = client_post(client, path, headers, body);
  close(client);
  return status;
}

static struct text make_body(struct buffer *buffer, size_t length)
{
  buffer_clear(buffer);
  for (unsigned int i = 0; buffer->length < length; i++) {
    buffer_printf(buffer, "%u,", i * 2654435761U);
  }
  buffer->length = length;
  return buffer_text(buffer);
}

static void wait_until(atomic_int *value, int wanted)
{
  for (int i = 0; i < PATIENCE_S * 1000 && atomic_load(value) < wanted; i++) {
    usleep(1000);
  }
  assert_true(atomic_load(value) >= wanted);
}

static void wait_until_seen(size_t bytes)
{
  for (int i = 0; i < PATIENCE_S * 1000 && atomic_load(&FIXTURE->seen_bytes) < bytes; i++) {
    usleep(1000);
  }
  assert_true(atomic_load(&FIXTURE->seen_bytes) >= bytes);
}

/* ---- tests ---- */

static void hands_bodies_over(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  const size_t lengths[] = {5, 1000, 100000, BODY_MAX};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    struct text body = make_body(&buffer, lengths[i]);
    assert_int_equal(post("/v1/sink", "", body), 200);
    assert_true(text_equal(buffer_text(&FIXTURE->seen), body));
  }
  assert_int_equal(post("/v1/sink", "", TEXT("")), 200);
  assert_int_equal(FIXTURE->seen.length, 0);
  assert_int_equal(post("/v1/sink", "", TEXT("1234")), 200);
  assert_int_equal(post("/v1/sink", "", TEXT("123")), 400);
  assert_non_null(strstr(ANSWER, "is too short"));
  assert_non_null(strstr(ANSWER, PROBLEM_CONTENT_TYPE));
  buffer_free(&buffer);
}

static void waits_while_the_handler_is_full(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  struct text body = make_body(&buffer, 300000);
  FIXTURE->sink.room = 1000;
  FIXTURE->sink.end_waits = 3;
  assert_int_equal(post("/v1/sink", "", body), 200);
  assert_true(text_equal(buffer_text(&FIXTURE->seen), body));
  assert_true(atomic_load(&FIXTURE->waits) >= 50);
  buffer_free(&buffer);
}

static void does_not_read_what_finds_no_room(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  FIXTURE->sink.room = 1000;
  FIXTURE->sink.wait_for_ever = true;
  int client = client_open();
  struct timeval soon = {.tv_usec = 300000};
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
  client_send(client, TEXT("POST /v1/sink HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n"));
  client_send(client, make_body(&buffer, 4000000));
  wait_until(&FIXTURE->waits, 1);
  assert_int_equal(atomic_load(&FIXTURE->seen_bytes), 1000);
  close(client);
  buffer_free(&buffer);
}

static void inflates_on_the_way(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  struct buffer packed = {0};
  struct text body = make_body(&buffer, 1000000);
  gzip_compress((struct text){body.data, 400000}, &packed);
  gzip_compress((struct text){body.data + 400000, 600000}, &packed);
  for (size_t room = 0; room <= 100000; room += 50000) {
    FIXTURE->sink.room = room;
    assert_int_equal(post("/v1/sink", "Content-Encoding: gzip\r\n", buffer_text(&packed)), 200);
    assert_true(text_equal(buffer_text(&FIXTURE->seen), body));
  }
  struct text half = {packed.data, packed.length / 2};
  assert_int_equal(post("/v1/sink", "Content-Encoding: gzip\r\n", half), 400);
  assert_non_null(strstr(ANSWER, "ends too early"));
  assert_int_equal(post("/v1/sink", "Content-Encoding: gzip\r\n", body), 400);
  assert_non_null(strstr(ANSWER, "not valid gzip"));
  assert_int_equal(post("/v1/sink", "Content-Encoding: br\r\n", body), 415);
  buffer_clear(&packed);
  gzip_compress(TEXT(""), &packed);
  assert_int_equal(post("/v1/sink", "Content-Encoding: gzip\r\n", buffer_text(&packed)), 200);
  assert_int_equal(FIXTURE->seen.length, 0);
  buffer_free(&buffer);
  buffer_free(&packed);
}

/* libmicrohttpd hands over the next chunk at once when it has it, also of a connection that has just been suspended. */
static void inflates_chunks(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  struct buffer packed = {0};
  struct buffer chunks = {0};
  struct text body = make_body(&buffer, 300000);
  gzip_compress(body, &packed);
  for (size_t i = 0; i < packed.length; i++) {
    buffer_printf(&chunks, "1\r\n");
    buffer_append_char(&chunks, packed.data[i]);
    buffer_append_text(&chunks, TEXT("\r\n"));
  }
  buffer_append_text(&chunks, TEXT("0\r\n\r\n"));
  FIXTURE->sink.room = 100;
  FIXTURE->sink.end_waits = 2;
  int client = client_open();
  client_send(client, TEXT("POST /v1/own HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"));
  client_send(client, buffer_text(&chunks));
  assert_int_equal(client_read(client), 200);
  assert_true(text_equal(buffer_text(&FIXTURE->seen), body));
  close(client);
  buffer_free(&buffer);
  buffer_free(&packed);
  buffer_free(&chunks);
}

/* Much comes of little: never more of it than a slice at a time, and not more than the cap. */
static void limits_what_is_inflated(void **state)
{
  (void)state;
  struct buffer zeros = {0};
  struct buffer packed = {0};
  buffer_reserve(&zeros, BODY_MAX + 1);
  memset(zeros.data, 'z', BODY_MAX + 1);
  gzip_compress((struct text){zeros.data, BODY_MAX}, &packed);
  FIXTURE->sink.room = 30000;
  assert_int_equal(post("/v1/sink", "Content-Encoding: gzip\r\n", buffer_text(&packed)), 200);
  assert_int_equal(FIXTURE->seen.length, BODY_MAX);
  assert_true(atomic_load(&FIXTURE->waits) >= BODY_MAX / 30000);
  buffer_clear(&packed);
  gzip_compress((struct text){zeros.data, BODY_MAX + 1}, &packed);
  assert_int_equal(post("/v1/sink", "Content-Encoding: gzip\r\n", buffer_text(&packed)), 413);
  buffer_free(&zeros);
  buffer_free(&packed);
}

static void takes_chunks_up_to_the_cap(void **state)
{
  (void)state;
  char chunk[1100];
  int client = client_open();
  client_send(client, TEXT("POST /v1/own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
  int length = snprintf(chunk, sizeof chunk, "400\r\n%01024d\r\n", 7);
  for (int i = 0; i < 100; i++) {
    client_send(client, (struct text){chunk, (size_t)length});
  }
  client_send(client, TEXT("0\r\n\r\n"));
  assert_int_equal(client_read(client), 200);
  assert_non_null(strstr(ANSWER, "102400 bytes"));
  client_send(client, TEXT("POST /v1/own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
  for (int i = 0; i < BODY_MAX / 1024 + 1; i++) {
    client_send(client, (struct text){chunk, (size_t)length});
  }
  client_send(client, TEXT("0\r\n\r\n"));
  assert_int_equal(client_read(client), 400);
  assert_non_null(strstr(ANSWER, "{\"own\":\"the body may have 4194304 bytes\"}"));
  assert_int_equal(client_post(client, "/v1/own", "", TEXT("12345")), 200); /* the connection goes on */
  close(client);
}

static void refuses_before_the_body(void **state)
{
  (void)state;
  assert_int_equal(post("/v1/sink", "x-key: wrong\r\n", TEXT("12345")), 401);
  assert_int_equal(post("/v1/own", "x-key: wrong\r\n", TEXT("12345")), 401);
  assert_non_null(strstr(ANSWER, "{\"own\":\"no\"}"));
  assert_int_equal(post("/v1/sink", "x-refuse: begin\r\n", TEXT("12345")), 503);
  assert_non_null(strcasestr(ANSWER, "\r\nRetry-After: "));
  assert_int_equal(atomic_load(&FIXTURE->releases), 0);
  struct buffer buffer = {0};
  assert_int_equal(post("/v1/sink", "", make_body(&buffer, BODY_MAX + 1)), 413);
  assert_int_equal(post("/v1/own", "", make_body(&buffer, BODY_MAX + 1)), 400);
  buffer_free(&buffer);
}

static void answers_an_error_after_the_body(void **state)
{
  (void)state;
  struct buffer buffer = {0};
  struct text body = make_body(&buffer, 1000000);
  memcpy(buffer.data, "bad:", 4);
  int client = client_open();
  assert_int_equal(client_post(client, "/v1/sink", "", body), 400);
  assert_non_null(strstr(ANSWER, "begins badly"));
  assert_true(FIXTURE->seen.length < 100000);
  assert_int_equal(client_post(client, "/v1/sink", "", TEXT("12345")), 200);
  assert_int_equal(atomic_load(&FIXTURE->ends), 1);
  close(client);
  wait_until(&FIXTURE->releases, 2);
  buffer_free(&buffer);
}

static void notices_clients_that_go_away(void **state)
{
  (void)state;
  for (int i = 1; i <= 5; i++) {
    int client = client_open();
    client_send(client, TEXT("POST /v1/sink HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome bytes"));
    if (i % 2 == 0) {
      struct linger reset = {.l_onoff = 1, .l_linger = 0};
      wait_until_seen(10 * (size_t)i); /* a reset may take unread bytes with it */
      setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(client);
    wait_until(&FIXTURE->releases, i);
  }
  assert_int_equal(atomic_load(&FIXTURE->ends), 0);
}

static void ends_slow_bodies(void **state)
{
  (void)state;
  int client = client_open();
  client_send(client, TEXT("POST /v1/sink HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome bytes"));
  assert_int_equal(client_read(client), 408);
  wait_until(&FIXTURE->releases, 1);
  close(client);
  /* Time during which the handler is full does not count. */
  FIXTURE->sink.room = 1;
  FIXTURE->sink.wait_for_ever = true;
  client = client_open();
  client_send(client, TEXT("POST /v1/sink HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345"));
  wait_until(&FIXTURE->waits, 1);
  usleep(3 * SHORT_MS * 1000);
  FIXTURE->sink.resume = (struct http_task){.run = resume};
  FIXTURE->sink.wait_for_ever = false;
  http_server_post(FIXTURE->server, &FIXTURE->sink.resume);
  assert_int_equal(client_read(client), 200);
  close(client);
  /* And a route may have its own. */
  FIXTURE->sink.room = 0;
  client = client_open();
  client_send(client, TEXT("POST /v1/own HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12"));
  usleep(3 * SHORT_MS * 1000);
  client_send(client, TEXT("345"));
  assert_int_equal(client_read(client), 200);
  close(client);
}

static void calls_nothing_once_drained(void **state)
{
  (void)state;
  int client = client_open();
  client_send(client, TEXT("POST /v1/own HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"));
  wait_until_seen(5);
  assert_false(http_server_drain(FIXTURE->server, 10));
  client_send(client, TEXT("67890"));
  assert_int_equal(client_read(client), 503);
  assert_non_null(strstr(ANSWER, "{\"own\":\"the server is stopping\"}"));
  assert_int_equal(atomic_load(&FIXTURE->seen_bytes), 5);
  assert_int_equal(atomic_load(&FIXTURE->ends), 0);
  wait_until(&FIXTURE->releases, 1);
  close(client);
}

static void releases_what_is_open_when_it_stops(void **state)
{
  struct fixture *fixture = *state;
  FIXTURE->sink.room = 2;
  FIXTURE->sink.wait_for_ever = true;
  int client = client_open();
  client_send(client, TEXT("POST /v1/own HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"));
  wait_until(&FIXTURE->waits, 1);
  assert_false(http_server_drain(fixture->server, 10));
  http_server_stop(fixture->server);
  fixture->server = NULL;
  assert_int_equal(atomic_load(&fixture->releases), 1);
  assert_int_equal(atomic_load(&fixture->seen_bytes), 2);
  close(client);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(hands_bodies_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(waits_while_the_handler_is_full, set_up, tear_down),
      cmocka_unit_test_setup_teardown(does_not_read_what_finds_no_room, set_up, tear_down),
      cmocka_unit_test_setup_teardown(inflates_on_the_way, set_up, tear_down),
      cmocka_unit_test_setup_teardown(inflates_chunks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(limits_what_is_inflated, set_up, tear_down),
      cmocka_unit_test_setup_teardown(takes_chunks_up_to_the_cap, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_before_the_body, set_up, tear_down),
      cmocka_unit_test_setup_teardown(answers_an_error_after_the_body, set_up, tear_down),
      cmocka_unit_test_setup_teardown(notices_clients_that_go_away, set_up, tear_down),
      cmocka_unit_test_setup_teardown(ends_slow_bodies, set_up_impatient, tear_down),
      cmocka_unit_test_setup_teardown(calls_nothing_once_drained, set_up, tear_down),
      cmocka_unit_test_setup_teardown(releases_what_is_open_when_it_stops, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
