/* Answers that query workers make, small and streamed, over a database that the test plays. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "server/base/clock.h"
#include "server/http/http_server.h"
#include "server/http/query_workers.h"
#include "server/http/request.h"
#include "server/metrics.h"

enum { PATIENCE_MS = 5000, STREAM_LINES = 200000, LINE_BYTES = 10, ANSWER_MAX = 4 * 1024 * 1024 };

/* ---- the database ---- */

struct db_connection {
  bool usable;
  bool read_only;
};

static atomic_bool database_is_up = true;
static atomic_int connections_opened;
static atomic_int connections_open;

struct error db_open(struct db_settings settings, struct db_connection **connection)
{
  if (!atomic_load(&database_is_up)) {
    return error_make(ERROR_DATABASE_AWAY, "it is down");
  }
  *connection = calloc(1, sizeof **connection);
  (*connection)->usable = true;
  (*connection)->read_only = settings.read_only;
  atomic_fetch_add(&connections_opened, 1);
  atomic_fetch_add(&connections_open, 1);
  return error_none();
}

void db_close(struct db_connection *connection)
{
  if (connection != NULL) {
    atomic_fetch_sub(&connections_open, 1);
  }
  free(connection);
}

bool db_is_usable(const struct db_connection *connection)
{
  return connection->usable;
}

/* ---- routes ---- */

struct fixture {
  struct router *router;
  struct metrics *metrics;
  struct query_workers *workers;
  struct http_server *server;
  pthread_mutex_t gate;    /* held by a test to keep a worker busy */
  atomic_int waiting;      /* workers at the gate */
  atomic_int last_outcome; /* error code that the streaming handler saw */
};

static struct error get_small(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  response_content_type(request, "application/json");
  buffer_printf(response_body(request), "{\"read_only\":%s}", connection->read_only ? "true" : "false");
  return error_none();
}

static struct error get_lost(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  if (connection->usable && request_parameter_count(request) == 0 && !atomic_load(&database_is_up)) {
    connection->usable = false;
    return error_make(ERROR_DATABASE_AWAY, "the connection was lost");
  }
  buffer_append_text(response_body(request), TEXT("ok"));
  return error_none();
}

/* Loses the connection the first time that it is used twice, as a restarted database does. */
static struct error get_stale(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  buffer_append_text(response_body(request), TEXT("part"));
  if (connection->read_only && atomic_load(&connections_opened) == 1) {
    connection->usable = false;
    return error_make(ERROR_DATABASE_AWAY, "the connection was lost");
  }
  return error_none();
}

static struct error get_stream(struct request *request, void *context, struct db_connection *connection)
{
  (void)connection;
  struct fixture *fixture = context;
  struct text number;
  int64_t fail_at = -1;
  int64_t count = STREAM_LINES;
  if (request_parameter_find(request, "fail_at", &number)) {
    text_to_int64(number, &fail_at);
  }
  if (request_parameter_find(request, "count", &number)) {
    text_to_int64(number, &count);
  }
  response_content_type(request, "text/csv; charset=utf-8");
  struct error error = response_begin(request);
  struct buffer lines = {0};
  for (int i = 0; i < count && error.code == ERROR_NONE; i++) {
    buffer_printf(&lines, "%09d\n", i);
    error = i == fail_at ? error_make(ERROR_DATABASE_REFUSED, "broke in the middle")
                         : response_write_buffer(request, &lines, i == count - 1);
  }
  buffer_free(&lines);
  atomic_store(&fixture->last_outcome, (int)error.code);
  return error;
}

static struct error get_empty_stream(struct request *request, void *context, struct db_connection *connection)
{
  (void)context;
  (void)connection;
  response_content_type(request, "text/csv; charset=utf-8");
  return response_begin(request);
}

static struct error get_gate(struct request *request, void *context, struct db_connection *connection)
{
  (void)connection;
  struct fixture *fixture = context;
  atomic_fetch_add(&fixture->waiting, 1);
  pthread_mutex_lock(&fixture->gate);
  pthread_mutex_unlock(&fixture->gate);
  atomic_fetch_sub(&fixture->waiting, 1);
  buffer_append_text(response_body(request), TEXT("through"));
  return error_none();
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/v1/small", .query = get_small},
    {.method = HTTP_PUT, .pattern = "/v1/small", .query = get_small},
    {.method = HTTP_GET, .pattern = "/v1/lost", .query = get_lost},
    {.method = HTTP_GET, .pattern = "/v1/stale", .query = get_stale},
    {.method = HTTP_GET, .pattern = "/v1/stream-of-lines", .query = get_stream},
    {.method = HTTP_GET, .pattern = "/v1/empty", .query = get_empty_stream},
    {.method = HTTP_GET, .pattern = "/v1/gate", .query = get_gate},
};

/* ---- fixture ---- */

static int set_up_with(void **state, int write_timeout_ms, int stall_ms)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  atomic_store(&database_is_up, true);
  atomic_store(&connections_opened, 0);
  fixture->router = router_new();
  fixture->metrics = metrics_new();
  pthread_mutex_init(&fixture->gate, NULL);
  router_add(fixture->router, (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], fixture});
  struct query_workers_settings workers = {
      .thread_count = 1, .queue_max = 2, .stall_ms = stall_ms, .metrics = fixture->metrics};
  assert_int_equal(query_workers_start(workers, &fixture->workers).code, ERROR_NONE);
  struct http_server_settings server = {.listen = "127.0.0.1:0",
                                        .write_timeout_ms = write_timeout_ms,
                                        .metrics = fixture->metrics,
                                        .metrics_listener = "public",
                                        .workers = fixture->workers};
  assert_int_equal(http_server_start(server, fixture->router, &fixture->server).code, ERROR_NONE);
  *state = fixture;
  return 0;
}

static int set_up(void **state)
{
  return set_up_with(state, 400, 0);
}

static int set_up_patient_with_idle_clients(void **state)
{
  return set_up_with(state, 60000, 50);
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  query_workers_stop(fixture->workers);
  http_server_stop(fixture->server);
  router_free(fixture->router);
  metrics_free(fixture->metrics);
  pthread_mutex_destroy(&fixture->gate);
  free(fixture);
  assert_int_equal(atomic_load(&connections_open), 0);
  return 0;
}

/* ---- client ---- */

static int client_open(const struct fixture *fixture, int receive_bytes)
{
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(http_server_port(fixture->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (receive_bytes > 0) {
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  }
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  return client;
}

static int client_ask(const struct fixture *fixture, const char *method_and_target, const char *headers)
{
  char request[1024];
  int length =
      snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n", method_and_target, headers);
  int client = client_open(fixture, 0);
  assert_int_equal(send(client, request, (size_t)length, MSG_NOSIGNAL), length);
  return client;
}

struct answer {
  int status;
  char *bytes; /* head and body as they came */
  char *body;  /* without chunk framing */
  size_t body_length;
  bool whole; /* the last chunk or all of Content-Length came */
};

static void unchunk(struct answer *answer, char *from, const char *end)
{
  char *out = answer->body;
  while (from < end) {
    char *line_end = memmem(from, (size_t)(end - from), "\r\n", 2);
    if (line_end == NULL) {
      break;
    }
    size_t size = strtoul(from, NULL, 16);
    from = line_end + 2;
    if (size == 0) {
      answer->whole = true;
      break;
    }
    size_t there = (size_t)(end - from) < size ? (size_t)(end - from) : size;
    memmove(out, from, there);
    out += there;
    from += size + 2;
  }
  *out = '\0';
  answer->body_length = (size_t)(out - answer->body);
}

/* Everything until the server closes. */
static struct answer client_finish(int client)
{
  struct answer answer = {.bytes = calloc(1, ANSWER_MAX)};
  size_t length = 0;
  for (;;) {
    ssize_t got = recv(client, answer.bytes + length, ANSWER_MAX - 1 - length, 0);
    assert_false(got < 0 && errno == EAGAIN);
    if (got <= 0) {
      break;
    }
    length += (size_t)got;
  }
  close(client);
  if (sscanf(answer.bytes, "HTTP/1.1 %d", &answer.status) != 1) {
    return answer;
  }
  answer.body = strstr(answer.bytes, "\r\n\r\n");
  assert_non_null(answer.body);
  *answer.body = '\0';
  answer.body += 4;
  char *end = answer.bytes + length;
  if (strcasestr(answer.bytes, "Transfer-Encoding: chunked") != NULL) {
    unchunk(&answer, answer.body, end);
  } else {
    answer.body_length = (size_t)(end - answer.body);
    const char *announced = strcasestr(answer.bytes, "\r\nContent-Length:");
    answer.whole = announced != NULL && strtoul(announced + 17, NULL, 10) == answer.body_length;
  }
  return answer;
}

static struct answer exchange(const struct fixture *fixture, const char *method_and_target, const char *headers)
{
  return client_finish(client_ask(fixture, method_and_target, headers));
}

static void expect_text(struct answer answer, int status, const char *body)
{
  assert_int_equal(answer.status, status);
  assert_true(answer.whole);
  assert_string_equal(answer.body, body);
  free(answer.bytes);
}

static void wait_until(const atomic_int *value, int wanted)
{
  for (int i = 0; i < PATIENCE_MS && atomic_load(value) != wanted; i++) {
    usleep(1000);
  }
  assert_int_equal(atomic_load(value), wanted);
}

/* ---- tests ---- */

static void reads_and_writes_on_separate_connections(void **state)
{
  expect_text(exchange(*state, "GET /v1/small", ""), 200, "{\"read_only\":true}");
  expect_text(exchange(*state, "PUT /v1/small", "Content-Length: 0\r\n"), 200, "{\"read_only\":false}");
}

static void streams_more_than_the_window(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/stream-of-lines", "");
  assert_int_equal(answer.status, 200);
  assert_true(answer.whole);
  assert_int_equal(answer.body_length, STREAM_LINES * LINE_BYTES);
  assert_memory_equal(answer.body + answer.body_length - LINE_BYTES, "000199999\n", LINE_BYTES);
  free(answer.bytes);
  expect_text(exchange(*state, "GET /v1/empty", ""), 200, "");
}

static void compresses_streams(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/stream-of-lines", "Accept-Encoding: gzip\r\n");
  assert_true(answer.whole);
  assert_non_null(strstr(answer.bytes, "Content-Encoding: gzip"));
  assert_true(answer.body_length < STREAM_LINES * LINE_BYTES / 2);
  char *plain = malloc(STREAM_LINES * LINE_BYTES);
  z_stream zlib = {.next_in = (Bytef *)answer.body,
                   .avail_in = (uInt)answer.body_length,
                   .next_out = (Bytef *)plain,
                   .avail_out = STREAM_LINES * LINE_BYTES};
  assert_int_equal(inflateInit2(&zlib, 31), Z_OK);
  assert_int_equal(inflate(&zlib, Z_FINISH), Z_STREAM_END);
  inflateEnd(&zlib);
  assert_int_equal(zlib.avail_out, 0);
  assert_memory_equal(plain + (STREAM_LINES - 1) * LINE_BYTES, "000199999\n", LINE_BYTES);
  free(plain);
  free(answer.bytes);
}

static void breaks_off_when_the_query_fails_late(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/stream-of-lines?fail_at=100000", "");
  assert_int_equal(answer.status, 200);
  assert_false(answer.whole);
  free(answer.bytes);
  answer = exchange(*state, "GET /v1/stream-of-lines?fail_at=100000", "Accept-Encoding: gzip\r\n");
  assert_false(answer.whole);
  free(answer.bytes);
}

static void answers_head_of_a_stream(void **state)
{
  struct fixture *fixture = *state;
  struct answer answer = exchange(fixture, "HEAD /v1/stream-of-lines", "");
  assert_int_equal(answer.status, 200);
  assert_non_null(strstr(answer.bytes, "Content-Type: text/csv; charset=utf-8"));
  assert_int_equal(answer.body_length, 0);
  assert_int_equal(atomic_load(&fixture->last_outcome), ERROR_CLIENT_GONE);
  free(answer.bytes);
}

static void stops_when_the_client_is_gone(void **state)
{
  struct fixture *fixture = *state;
  atomic_store(&fixture->last_outcome, -1);
  close(client_ask(fixture, "GET /v1/stream-of-lines", ""));
  wait_until(&fixture->last_outcome, ERROR_CLIENT_GONE);
  expect_text(exchange(fixture, "GET /v1/small", ""), 200, "{\"read_only\":true}");
}

static void gives_up_on_a_client_that_does_not_read(void **state)
{
  struct fixture *fixture = *state;
  atomic_store(&fixture->last_outcome, -1);
  static const char REQUEST[] = "GET /v1/stream-of-lines?count=9000000 HTTP/1.1\r\nHost: h\r\n\r\n";
  int client = client_open(fixture, 4096);
  assert_int_equal(send(client, REQUEST, sizeof REQUEST - 1, 0), sizeof REQUEST - 1);
  wait_until(&fixture->last_outcome, ERROR_CLIENT_GONE);
  close(client);
}

static void breaks_off_a_client_that_holds_others_up(void **state)
{
  struct fixture *fixture = *state;
  atomic_store(&fixture->last_outcome, -1);
  static const char REQUEST[] = "GET /v1/stream-of-lines?count=9000000 HTTP/1.1\r\nHost: h\r\n\r\n";
  int client = client_open(fixture, 4096);
  assert_int_equal(send(client, REQUEST, sizeof REQUEST - 1, 0), sizeof REQUEST - 1);
  usleep(300 * 1000); /* long enough to be broken off, were anybody waiting */
  assert_int_equal(atomic_load(&fixture->last_outcome), -1);
  expect_text(exchange(fixture, "GET /v1/small", ""), 200, "{\"read_only\":true}");
  assert_int_equal(atomic_load(&fixture->last_outcome), ERROR_CLIENT_GONE);
  close(client);
}

static void refuses_when_too_many_wait(void **state)
{
  struct fixture *fixture = *state;
  pthread_mutex_lock(&fixture->gate);
  int clients[3];
  clients[0] = client_ask(fixture, "GET /v1/gate", "");
  wait_until(&fixture->waiting, 1);
  clients[1] = client_ask(fixture, "GET /v1/gate", "");
  clients[2] = client_ask(fixture, "GET /v1/gate", "");
  struct answer refused = {0};
  for (int i = 0; i < 2 && refused.status != 503; i++) { /* the two above may still be on their way */
    free(refused.bytes);
    refused = exchange(fixture, "GET /v1/gate", "");
  }
  pthread_mutex_unlock(&fixture->gate);
  assert_int_equal(refused.status, 503);
  assert_non_null(strstr(refused.bytes, "\r\nRetry-After: "));
  free(refused.bytes);
  for (int i = 0; i < 3; i++) {
    expect_text(client_finish(clients[i]), 200, "through");
  }
}

static void reads_again_after_a_stale_connection(void **state)
{
  struct fixture *fixture = *state;
  expect_text(exchange(fixture, "GET /v1/small", ""), 200, "{\"read_only\":true}");
  expect_text(exchange(fixture, "GET /v1/stale", ""), 200, "part");
  assert_int_equal(atomic_load(&connections_opened), 2);
}

static void answers_503_while_the_database_is_away(void **state)
{
  struct fixture *fixture = *state;
  atomic_store(&database_is_up, false);
  struct answer answer = exchange(fixture, "GET /v1/lost", "");
  assert_int_equal(answer.status, 503);
  assert_null(strstr(answer.body, "it is down"));
  free(answer.bytes);
  atomic_store(&database_is_up, true);
  for (int i = 0; i < PATIENCE_MS / 20; i++) { /* until the back-off is over */
    answer = exchange(fixture, "GET /v1/lost", "");
    int status = answer.status;
    free(answer.bytes);
    if (status == 200) {
      return;
    }
    assert_int_equal(status, 503);
    usleep(20 * 1000);
  }
  fail_msg("never connected again");
}

static void stops_while_queries_run(void **state)
{
  struct fixture *fixture = *state;
  int client = client_open(fixture, 4096);
  static const char REQUEST[] = "GET /v1/stream-of-lines?count=9000000 HTTP/1.1\r\nHost: h\r\n\r\n";
  assert_int_equal(send(client, REQUEST, sizeof REQUEST - 1, 0), sizeof REQUEST - 1);
  char first[64];
  assert_true(recv(client, first, sizeof first, 0) > 0);
  int queued = client_ask(fixture, "GET /v1/small", "");
  usleep(20 * 1000);
  query_workers_stop(fixture->workers);
  fixture->workers = NULL;
  struct answer answer = client_finish(queued);
  assert_int_equal(answer.status, 503);
  free(answer.bytes);
  close(client);
}

#define WITH_WORKERS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_WORKERS(reads_and_writes_on_separate_connections),
      WITH_WORKERS(streams_more_than_the_window),
      WITH_WORKERS(compresses_streams),
      WITH_WORKERS(breaks_off_when_the_query_fails_late),
      WITH_WORKERS(answers_head_of_a_stream),
      WITH_WORKERS(stops_when_the_client_is_gone),
      WITH_WORKERS(gives_up_on_a_client_that_does_not_read),
      cmocka_unit_test_setup_teardown(breaks_off_a_client_that_holds_others_up, set_up_patient_with_idle_clients, tear_down),
      WITH_WORKERS(refuses_when_too_many_wait),
      WITH_WORKERS(reads_again_after_a_stale_connection),
      WITH_WORKERS(answers_503_while_the_database_is_away),
      WITH_WORKERS(stops_while_queries_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
