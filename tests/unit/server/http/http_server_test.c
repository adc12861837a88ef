/* The server with a few routes, and a client that speaks through bare sockets. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "server/base/clock.h"
#include "server/base/queue.h"
#include "server/http/http_server.h"
#include "server/http/request.h"
#include "server/metrics.h"

enum { PATIENCE_MS = 5000, ANSWER_MAX = 4 * 1024 * 1024, SHORT_MS = 200 };

struct fixture {
  struct router *router;
  struct metrics *metrics;
  struct http_server *server;
  struct queue *deferred; /* requests that the completing thread answers */
  struct queue *held;     /* requests that the test answers */
  pthread_t completer;
  int websocket_pipe[2]; /* sockets that were handed over */
};

/* ---- routes ---- */

static struct error get_hello(struct request *request, void *context)
{
  (void)context;
  const char *const known[] = {"name", "many*", NULL};
  struct error error = request_parameters_only(request, known);
  if (error.code != ERROR_NONE) {
    return error;
  }
  struct text name = TEXT("world");
  request_parameter_find(request, "name", &name);
  response_content_type(request, "text/plain; charset=utf-8");
  buffer_printf(response_body(request), "hello %.*s", TEXT_ARGS(name));
  return error_none();
}

static struct error get_large(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "application/json");
  for (int i = 0; i < 2000; i++) {
    buffer_printf(response_body(request), "%s%d", i == 0 ? "[" : ",", i);
  }
  buffer_append_char(response_body(request), ']');
  return error_none();
}

static struct error get_tagged(struct request *request, void *context)
{
  (void)context;
  if (response_not_modified(request, "\"v7\"")) {
    return error_none();
  }
  response_content_type(request, "text/html");
  buffer_append_text(response_body(request), TEXT("<p>seven</p>"));
  return error_none();
}

static struct error get_broken(struct request *request, void *context)
{
  (void)request;
  (void)context;
  return error_make(ERROR_INTERNAL, "the secret reason");
}

static struct error get_busy(struct request *request, void *context)
{
  (void)request;
  (void)context;
  return error_make(ERROR_BUSY, "full");
}

static struct error post_echo(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "text/plain");
  buffer_append_text(response_body(request), request_body(request));
  return error_none();
}

static struct error admit_keyed(struct request *request, void *context)
{
  (void)context;
  if (!text_equal(request_header(request, "X-Ingest-Key"), TEXT("sesame"))) {
    return error_make(ERROR_UNAUTHORIZED, "the key is missing or wrong");
  }
  return error_none();
}

static struct error get_item(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "text/plain");
  struct text name = request_path_parameter(request, "name");
  buffer_printf(response_body(request), "%.*s at %.*s", TEXT_ARGS(name), TEXT_ARGS(request_base_url(request)));
  return error_none();
}

static struct error post_deferred(struct request *request, void *context)
{
  struct fixture *fixture = context;
  return queue_push(fixture->deferred, request) ? error_none() : error_make(ERROR_BUSY, "the queue is full");
}

static struct error post_held(struct request *request, void *context)
{
  struct fixture *fixture = context;
  return queue_push(fixture->held, request) ? error_none() : error_make(ERROR_BUSY, "the queue is full");
}

/* Kept and never completed: its owner was stopped first. */
static struct error post_forgotten(struct request *request, void *context)
{
  (void)request;
  (void)context;
  return error_none();
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/v1/hello", .handle = get_hello},
    {.method = HTTP_GET, .pattern = "/v1/large", .handle = get_large},
    {.method = HTTP_GET, .pattern = "/tagged", .handle = get_tagged},
    {.method = HTTP_GET, .pattern = "/v1/broken", .handle = get_broken},
    {.method = HTTP_GET, .pattern = "/v1/busy", .handle = get_busy},
    {.method = HTTP_GET, .pattern = "/v1/items/{name}", .handle = get_item},
    {.method = HTTP_POST, .pattern = "/v1/echo", .handle = post_echo, .body_max_bytes = 100000},
    {.method = HTTP_POST, .pattern = "/v1/keyed", .handle = post_echo, .admit = admit_keyed, .body_max_bytes = 1000},
    {.method = HTTP_POST, .pattern = "/ingest/forgotten", .accept = post_forgotten, .body_max_bytes = 10},
    {.method = HTTP_POST, .pattern = "/ingest/deferred", .accept = post_deferred, .body_max_bytes = 100000},
    {.method = HTTP_POST, .pattern = "/ingest/soon", .accept = post_deferred, .is_answered_soon = true, .body_max_bytes = 9},
    {.method = HTTP_POST, .pattern = "/ingest/held", .accept = post_held, .is_answered_soon = true, .body_max_bytes = 9},
    {.method = HTTP_POST, .pattern = "/ingest/lost", .accept = post_forgotten, .is_answered_soon = true, .body_max_bytes = 9},
};

/* ---- the thread that completes deferred requests, as the writer does ---- */

struct completion {
  struct http_task task;
  struct request *request;
};

static void complete_on_http_thread(struct http_task *task)
{
  struct request *request = ((struct completion *)task)->request;
  response_content_type(request, "application/json");
  buffer_printf(response_body(request), "{\"stored\":%zu}", request_body(request).length);
  request_complete(request, error_none());
}

static void complete(void *const *items, size_t count)
{
  struct completion *first = NULL;
  struct http_server *server = NULL;
  for (size_t i = count; i > 0; i--) {
    struct request *request = items[i - 1];
    struct completion *completion = arena_alloc(request_arena(request), sizeof *completion);
    completion->task.run = complete_on_http_thread;
    completion->task.next = first != NULL ? &first->task : NULL;
    completion->request = request;
    server = request_server(request);
    first = completion;
  }
  http_server_post(server, &first->task);
}

static void *complete_deferred(void *context)
{
  struct fixture *fixture = context;
  void *items[64];
  size_t count = 0;
  while ((count = queue_take(fixture->deferred, items, 64, -1)) != 0) {
    complete(items, count);
  }
  return NULL;
}

static void on_websocket(int socket, void *context)
{
  struct fixture *fixture = context;
  (void)!write(fixture->websocket_pipe[1], &socket, sizeof socket);
}

/* ---- fixture ---- */

static void start_with(struct fixture *fixture, struct http_server_settings settings)
{
  fixture->router = router_new();
  router_add(fixture->router, (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], fixture});
  fixture->metrics = metrics_new();
  fixture->deferred = queue_new(1024);
  fixture->held = queue_new(16);
  assert_int_equal(pipe(fixture->websocket_pipe), 0);
  pthread_create(&fixture->completer, NULL, complete_deferred, fixture);
  settings.listen = settings.listen != NULL ? settings.listen : "127.0.0.1:0";
  settings.metrics = fixture->metrics;
  settings.metrics_listener = "public";
  settings.content_security_policy = "default-src 'self'";
  settings.on_websocket = on_websocket;
  settings.on_websocket_context = fixture;
  struct error error = http_server_start(settings, fixture->router, &fixture->server);
  assert_string_equal(error.detail, "");
  assert_int_equal(error.code, ERROR_NONE);
}

static int set_up(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  start_with(fixture, (struct http_server_settings){.connections_max = 512});
  *state = fixture;
  return 0;
}

static int set_up_impatient(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  start_with(fixture, (struct http_server_settings){.connections_max = 8,
                                                    .head_timeout_ms = SHORT_MS,
                                                    .body_timeout_ms = SHORT_MS,
                                                    .idle_timeout_ms = SHORT_MS,
                                                    .write_timeout_ms = SHORT_MS,
                                                    .allowed_origins = "https://maps.example, https://other.example"});
  *state = fixture;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  queue_close(fixture->deferred);
  pthread_join(fixture->completer, NULL);
  http_server_stop(fixture->server);
  queue_free(fixture->deferred);
  queue_free(fixture->held);
  router_free(fixture->router);
  metrics_free(fixture->metrics);
  close(fixture->websocket_pipe[0]);
  close(fixture->websocket_pipe[1]);
  free(fixture);
  return 0;
}

/* ---- client ---- */

static int client_open(const struct fixture *fixture)
{
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(http_server_port(fixture->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  return client;
}

static void client_send_bytes(int client, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t sent = send(client, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) {
      return; /* the server has answered and closed */
    }
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void client_send(int client, const char *bytes)
{
  client_send_bytes(client, bytes, strlen(bytes));
}

struct answer {
  int status;
  char head[8192];
  char *body;
  size_t body_length;
};

static char *ANSWER_BYTES;

static bool header_is(const struct answer *answer, const char *line)
{
  return strcasestr(answer->head, line) != NULL;
}

/* One answer with a Content-Length (or none of a body) off the socket. */
static struct answer client_read(int client, bool with_body)
{
  struct answer answer = {0};
  size_t length = 0;
  while (length < sizeof answer.head - 1 && strstr(answer.head, "\r\n\r\n") == NULL) {
    ssize_t got = recv(client, answer.head + length, 1, 0);
    if (got <= 0) {
      return answer;
    }
    length++;
  }
  assert_int_equal(sscanf(answer.head, "HTTP/1.1 %d", &answer.status), 1);
  const char *announced = strcasestr(answer.head, "\r\nContent-Length:");
  size_t wanted = announced != NULL && with_body ? strtoul(announced + 17, NULL, 10) : 0;
  assert_true(wanted < ANSWER_MAX);
  answer.body = ANSWER_BYTES;
  while (answer.body_length < wanted) {
    ssize_t got = recv(client, answer.body + answer.body_length, wanted - answer.body_length, 0);
    assert_true(got > 0);
    answer.body_length += (size_t)got;
  }
  answer.body[answer.body_length] = '\0';
  return answer;
}

static bool client_is_closed(int client)
{
  char byte;
  return recv(client, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

static struct answer exchange(const struct fixture *fixture, const char *request)
{
  int client = client_open(fixture);
  client_send(client, request);
  struct answer answer = client_read(client, strncmp(request, "HEAD", 4) != 0);
  close(client);
  return answer;
}

/* ---- tests ---- */

static void answers_a_get(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/hello?name=big+w%C3%B6rld HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 200);
  assert_string_equal(answer.body, "hello big w\xc3\xb6rld");
  assert_true(header_is(&answer, "\r\nCache-Control: no-store\r\n"));
  assert_true(header_is(&answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
  assert_true(header_is(&answer, "\r\nVary: Accept, Accept-Encoding, Origin\r\n"));
  assert_true(header_is(&answer, "\r\nX-Request-Id: "));
}

static void keeps_a_good_request_id_and_replaces_a_bad_one(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/hello HTTP/1.1\r\nHost: h\r\nX-Request-Id: my-id_1.2\r\n\r\n");
  assert_true(header_is(&answer, "\r\nX-Request-Id: my-id_1.2\r\n"));
  answer = exchange(*state, "GET /v1/hello HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\n\r\n");
  assert_false(header_is(&answer, "a b"));
}

static void names_an_unknown_parameter(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/hello?nmae=x HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 400);
  assert_true(header_is(&answer, "\r\nContent-Type: application/problem+json\r\n"));
  assert_non_null(strstr(answer.body, "\"name\":\"nmae\""));
  assert_non_null(strstr(answer.body, "\"type\":\"urn:crumbtrail:problem:bad_input\""));
  assert_non_null(strstr(answer.body, "\"instance\":\"/v1/hello\""));
  answer = exchange(*state, "GET /v1/hello?name=x&name=y HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 400);
  answer = exchange(*state, "GET /v1/hello?many=x&many=y HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 200);
  answer = exchange(*state, "GET /v1/hello?name=%zz HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 400);
}

static void says_what_a_path_takes(void **state)
{
  struct answer answer = exchange(*state, "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 404);
  answer = exchange(*state, "GET /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 405);
  assert_true(header_is(&answer, "\r\nAllow: POST, OPTIONS\r\n"));
  answer = exchange(*state, "OPTIONS /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 204);
  assert_true(header_is(&answer, "\r\nAllow: GET, HEAD, OPTIONS\r\n"));
  answer = exchange(*state, "BREW /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 405);
}

static void head_is_get_without_the_body(void **state)
{
  struct fixture *fixture = *state;
  int client = client_open(fixture);
  client_send(client, "HEAD /v1/hello HTTP/1.1\r\nHost: h\r\n\r\nGET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  struct answer answer = client_read(client, false);
  assert_int_equal(answer.status, 200);
  assert_true(header_is(&answer, "\r\nContent-Length: 11\r\n"));
  answer = client_read(client, true);
  assert_string_equal(answer.body, "hello world");
  close(client);
}

static void answers_pipelined_requests_in_order(void **state)
{
  struct fixture *fixture = *state;
  int client = client_open(fixture);
  for (int i = 0; i < 20; i++) {
    char request[256];
    snprintf(request, sizeof request,
             "GET /v1/hello?name=%d HTTP/1.1\r\nHost: h\r\n\r\nPOST /ingest/%s HTTP/1.1\r\nHost: h\r\n"
             "Content-Length: 3\r\n\r\nabc",
             i, i % 2 == 0 ? "deferred" : "soon");
    client_send(client, request);
  }
  for (int i = 0; i < 20; i++) {
    char expected[32];
    snprintf(expected, sizeof expected, "hello %d", i);
    struct answer answer = client_read(client, true);
    assert_string_equal(answer.body, expected);
    answer = client_read(client, true);
    assert_string_equal(answer.body, "{\"stored\":3}");
  }
  close(client);
}

static void decodes_path_parameters(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/items/a%2Fb HTTP/1.1\r\nHost: fleet.example:81\r\n\r\n");
  assert_string_equal(answer.body, "a/b at http://fleet.example:81");
  answer = exchange(*state, "GET /v1/items/x HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n"
                            "X-Forwarded-Host: map.example\r\n\r\n");
  assert_string_equal(answer.body, "x at https://map.example");
  answer = exchange(*state, "GET /v1/items/%00 HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 400);
  answer = exchange(*state, "GET /v1/items/ HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 404);
}

static size_t gunzip(const struct answer *answer, char *out, size_t capacity)
{
  z_stream zlib = {.next_in = (Bytef *)answer->body,
                   .avail_in = (uInt)answer->body_length,
                   .next_out = (Bytef *)out,
                   .avail_out = (uInt)capacity};
  assert_int_equal(inflateInit2(&zlib, 31), Z_OK);
  assert_int_equal(inflate(&zlib, Z_FINISH), Z_STREAM_END);
  inflateEnd(&zlib);
  return capacity - zlib.avail_out;
}

static void compresses_when_asked(void **state)
{
  static char plain[20000];
  struct answer answer = exchange(*state, "GET /v1/large HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n");
  assert_true(header_is(&answer, "\r\nContent-Encoding: gzip\r\n"));
  size_t length = gunzip(&answer, plain, sizeof plain);
  assert_true(length > answer.body_length);
  assert_memory_equal(plain, "[0,1,2,", 7);
  answer = exchange(*state, "GET /v1/large HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip;q=0\r\n\r\n");
  assert_false(header_is(&answer, "Content-Encoding"));
  assert_int_equal(answer.body_length, length);
  answer = exchange(*state, "GET /v1/hello HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  assert_false(header_is(&answer, "Content-Encoding"));
}

static void knows_entity_tags(void **state)
{
  struct answer answer = exchange(*state, "GET /tagged HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_true(header_is(&answer, "\r\nETag: \"v7\"\r\n"));
  assert_true(header_is(&answer, "\r\nContent-Security-Policy: default-src 'self'\r\n"));
  answer = exchange(*state, "GET /tagged HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"v6\", W/\"v7\"\r\n\r\n");
  assert_int_equal(answer.status, 304);
  assert_int_equal(answer.body_length, 0);
}

static void hides_reasons_of_its_own_failures(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/broken HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 500);
  assert_null(strstr(answer.body, "secret"));
  answer = exchange(*state, "GET /v1/busy HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(answer.status, 503);
  assert_true(header_is(&answer, "\r\nRetry-After: "));
}

static void takes_bodies_in_every_form(void **state)
{
  struct answer answer = exchange(
      *state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
  assert_string_equal(answer.body, "hello!");
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  assert_int_equal(answer.status, 200);

  struct fixture *fixture = *state;
  int client = client_open(fixture);
  client_send(client, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  answer = client_read(client, false);
  assert_int_equal(answer.status, 100);
  client_send(client, "late");
  answer = client_read(client, true);
  assert_string_equal(answer.body, "late");
  close(client);
}

static size_t gzip_bytes(const char *plain, size_t length, char *out, size_t capacity)
{
  z_stream zlib = {
      .next_in = (Bytef *)(uintptr_t)plain, .avail_in = (uInt)length, .next_out = (Bytef *)out, .avail_out = (uInt)capacity};
  assert_int_equal(deflateInit2(&zlib, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  deflateEnd(&zlib);
  return capacity - zlib.avail_out;
}

static struct answer post_compressed(const struct fixture *fixture, const char *plain, size_t length)
{
  static char packed[8192];
  size_t packed_length = gzip_bytes(plain, length, packed, sizeof packed);
  char head[256];
  snprintf(head, sizeof head, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
           packed_length);
  int client = client_open(fixture);
  client_send(client, head);
  client_send_bytes(client, packed, packed_length);
  struct answer answer = client_read(client, true);
  close(client);
  return answer;
}

static void inflates_bodies_up_to_the_cap(void **state)
{
  struct answer answer = post_compressed(*state, "squeezed", 8);
  assert_string_equal(answer.body, "squeezed");
  char *bomb = calloc(1, 1000000);
  answer = post_compressed(*state, bomb, 1000000);
  free(bomb);
  assert_int_equal(answer.status, 413);
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx");
  assert_int_equal(answer.status, 415);
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx");
  assert_int_equal(answer.status, 400);
}

/* A client that goes on sending still reads the answer: the close lingers. */
static void refuses_large_bodies(void **state)
{
  struct fixture *fixture = *state;
  char *bytes = malloc(1000000);
  memset(bytes, 'x', 1000000);
  int client = client_open(fixture);
  client_send(client, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  client_send_bytes(client, bytes, 1000000);
  struct answer answer = client_read(client, true);
  assert_int_equal(answer.status, 413);
  assert_true(header_is(&answer, "\r\nConnection: close\r\n"));
  assert_true(client_is_closed(client));
  close(client);

  client = client_open(fixture);
  client_send(client, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n");
  client_send_bytes(client, bytes, 1000000);
  client_send(client, "\r\n0\r\n\r\n");
  answer = client_read(client, true);
  assert_int_equal(answer.status, 413);
  assert_true(client_is_closed(client));
  close(client);
  free(bytes);
}

static void judges_the_head_before_the_body(void **state)
{
  struct answer answer = exchange(*state, "POST /v1/keyed HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n");
  assert_int_equal(answer.status, 401);
  assert_true(header_is(&answer, "\r\nWWW-Authenticate: "));
  answer = exchange(*state, "POST /v1/keyed HTTP/1.1\r\nHost: h\r\nx-ingest-key: sesame\r\nContent-Length: 2\r\n\r\nok");
  assert_string_equal(answer.body, "ok");
}

static void refuses_what_smuggles(void **state)
{
  struct answer answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  assert_int_equal(answer.status, 400);
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello");
  assert_int_equal(answer.status, 400);
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nhello");
  assert_int_equal(answer.status, 400);
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n");
  assert_int_equal(answer.status, 400);
}

static void limits_head_and_address(void **state)
{
  static char request[40000];
  memset(request, 0, sizeof request);
  strcpy(request, "GET /v1/hello?name=");
  memset(request + strlen(request), 'a', 9000);
  strcat(request, " HTTP/1.1\r\nHost: h\r\n\r\n");
  struct answer answer = exchange(*state, request);
  assert_int_equal(answer.status, 414);

  memset(request, 0, sizeof request);
  strcpy(request, "GET /v1/hello HTTP/1.1\r\nHost: h\r\nX-Long: ");
  memset(request + strlen(request), 'a', 20000);
  strcat(request, "\r\n\r\n");
  answer = exchange(*state, request);
  assert_int_equal(answer.status, 431);
  memset(request + 30000, 'a', 9000); /* more than libmicrohttpd itself takes */
  strcpy(request + 39000, "\r\n\r\n");
  memset(request + strlen("GET /v1/hello HTTP/1.1\r\nHost: h\r\nX-Long: "), 'a', 30000);
  answer = exchange(*state, request);
  assert_int_equal(answer.status, 431);
}

static void hands_websockets_over_untouched(void **state)
{
  struct fixture *fixture = *state;
  static const char UPGRADE[] = "GET /v1/stream?x=1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
  int client = client_open(fixture);
  client_send_bytes(client, UPGRADE, 9); /* in two pieces: the first does not decide */
  struct pollfd readable = {.fd = fixture->websocket_pipe[0], .events = POLLIN};
  assert_int_equal(poll(&readable, 1, 20), 0);
  client_send(client, UPGRADE + 9);
  assert_int_equal(poll(&readable, 1, PATIENCE_MS), 1);
  int handed = -1;
  assert_int_equal(read(fixture->websocket_pipe[0], &handed, sizeof handed), sizeof handed);
  char head[512];
  ssize_t length = recv(handed, head, sizeof head, 0);
  assert_int_equal(length, sizeof UPGRADE - 1);
  assert_memory_equal(head, UPGRADE, sizeof UPGRADE - 1);
  close(handed);
  close(client);
}

static void refuses_an_upgrade_on_a_used_connection(void **state)
{
  struct fixture *fixture = *state;
  int client = client_open(fixture);
  client_send(client, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(client_read(client, true).status, 200);
  client_send(client, "GET /v1/stream HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  struct answer answer = client_read(client, true);
  assert_int_equal(answer.status, 426);
  assert_true(header_is(&answer, "\r\nConnection: close\r\n"));
  assert_true(client_is_closed(client));
  close(client);
}

/* limits.md, trap 1: exactly 128 ready connections used to stall libmicrohttpd's own loop. */
static void serve_128_connections_at_once(struct fixture *fixture, const char *path)
{
  char request[128];
  (void)snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", path);
  int clients[128];
  for (int i = 0; i < 128; i++) {
    clients[i] = client_open(fixture);
  }
  int64_t started_us = clock_monotonic_us();
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 128; i++) {
      client_send(clients[i], request);
    }
    for (int i = 0; i < 128; i++) {
      struct answer answer = client_read(clients[i], true);
      assert_string_equal(answer.body, "{\"stored\":2}");
    }
  }
  assert_true(clock_monotonic_us() - started_us < PATIENCE_MS * US_PER_MS);
  for (int i = 0; i < 128; i++) {
    close(clients[i]);
  }
}

static void serves_128_connections_at_once(void **state)
{
  serve_128_connections_at_once(*state, "/ingest/deferred");
  serve_128_connections_at_once(*state, "/ingest/soon");
}

/* ---- answers that are expected soon ---- */

static int client_of_held(struct fixture *fixture, void **request)
{
  int client = client_open(fixture);
  client_send(client, "POST /ingest/held HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  assert_int_equal(queue_take(fixture->held, request, 1, PATIENCE_MS), 1);
  return client;
}

static void answers_late_what_was_expected_soon(void **state)
{
  struct fixture *fixture = *state;
  void *request = NULL;
  int client = client_of_held(fixture, &request);
  for (int i = 0; i < 40; i++) { /* more turns than the connection is left in place for */
    exchange(fixture, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  complete(&request, 1);
  assert_string_equal(client_read(client, true).body, "{\"stored\":2}");
  close(client);
}

static void outlives_a_client_that_does_not_wait(void **state)
{
  struct fixture *fixture = *state;
  void *request = NULL;
  int client = client_of_held(fixture, &request);
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  close(client);
  for (int i = 0; i < 40; i++) {
    exchange(fixture, "POST /ingest/soon HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  }
  complete(&request, 1);
  struct answer answer = exchange(fixture, "POST /ingest/soon HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  assert_string_equal(answer.body, "{\"stored\":2}");
  assert_true(http_server_drain(fixture->server, PATIENCE_MS));
}

/* Short answers use the same response again: each has its own request's id, once, and its own body. */
static void answers_alike_keep_their_ids(void **state)
{
  struct fixture *fixture = *state;
  int client = client_open(fixture);
  for (int i = 0; i < 6; i++) {
    char request[160];
    char id_line[64];
    (void)snprintf(id_line, sizeof id_line, "\r\nX-Request-Id: sent-%d\r\n", i);
    (void)snprintf(request, sizeof request, "POST /ingest/soon HTTP/1.1\r\nHost: h%sContent-Length: %d\r\n\r\n%.*s", id_line,
                   1 + i / 2 % 2, 1 + i / 2 % 2, "xx");
    client_send(client, request);
    struct answer answer = client_read(client, true);
    assert_string_equal(answer.body, i / 2 % 2 == 0 ? "{\"stored\":1}" : "{\"stored\":2}");
    assert_true(header_is(&answer, id_line));
    assert_null(strcasestr(strcasestr(answer.head, "X-Request-Id") + 1, "X-Request-Id"));
    assert_true(header_is(&answer, "\r\nContent-Type: application/json\r\n"));
    assert_true(header_is(&answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
  }
  close(client);
}

static void counts_by_route_not_by_path(void **state)
{
  struct fixture *fixture = *state;
  exchange(fixture, "GET /v1/items/secret-name HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_true(http_server_drain(fixture->server, PATIENCE_MS));
  struct buffer out = {0};
  metrics_render(fixture->metrics, &out);
  buffer_append_char(&out, '\0');
  assert_non_null(
      strstr(out.data, "crumbtrail_http_requests_total{listener=\"public\",route=\"/v1/items/{name}\",status=\"200\"} 1"));
  assert_null(strstr(out.data, "secret-name"));
  buffer_free(&out);
}

static void *drain_patiently(void *server)
{
  return http_server_drain(server, PATIENCE_MS) ? server : NULL;
}

/* A client that has sent the head and is asked to go on with the body. */
static int client_in_flight(struct fixture *fixture)
{
  int client = client_open(fixture);
  client_send(client, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  assert_int_equal(client_read(client, false).status, 100);
  return client;
}

static void drains(void **state)
{
  struct fixture *fixture = *state;
  int idle = client_open(fixture);
  client_send(idle, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(client_read(idle, true).status, 200);
  int busy = client_in_flight(fixture);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, drain_patiently, fixture->server), 0);
  assert_true(client_is_closed(idle));
  client_send(busy, "last");
  struct answer answer = client_read(busy, true);
  assert_string_equal(answer.body, "last");
  assert_true(header_is(&answer, "\r\nConnection: close\r\n"));
  void *drained = NULL;
  pthread_join(thread, &drained);
  assert_non_null(drained);
  close(idle);
  close(busy);
}

static void calls_no_handler_once_drained(void **state)
{
  struct fixture *fixture = *state;
  int late = client_in_flight(fixture);
  assert_false(http_server_drain(fixture->server, 50));
  client_send(late, "late");
  struct answer answer = client_read(late, true);
  assert_int_equal(answer.status, 503);
  assert_non_null(strstr(answer.body, "shutting_down"));
  close(late);
}

static void answers_when_it_stops(struct fixture *fixture, const char *request)
{
  int client = client_open(fixture);
  client_send(client, request);
  assert_false(http_server_drain(fixture->server, 50));
  http_server_stop(fixture->server);
  fixture->server = NULL;
  struct answer answer = client_read(client, true);
  assert_int_equal(answer.status, 503);
  assert_non_null(strstr(answer.body, "shutting_down"));
  close(client);
}

static void answers_what_was_forgotten_when_it_stops(void **state)
{
  answers_when_it_stops(*state, "POST /ingest/forgotten HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
}

static void answers_what_was_lost_when_it_stops(void **state)
{
  answers_when_it_stops(*state, "POST /ingest/lost HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
}

/* ---- with short time-outs ---- */

static void expect_closed_in_time(int client)
{
  int64_t started_us = clock_monotonic_us();
  char bytes[512];
  ssize_t got = 0;
  do {
    got = recv(client, bytes, sizeof bytes, 0);
  } while (got > 0);
  assert_true(got == 0 || errno == ECONNRESET);
  assert_true(clock_monotonic_us() - started_us < PATIENCE_MS * US_PER_MS);
  close(client);
}

static void ends_slow_heads(void **state)
{
  int client = client_open(*state);
  expect_closed_in_time(client);
  client = client_open(*state);
  client_send(client, "GET /v1/stre");
  expect_closed_in_time(client);
  client = client_open(*state);
  for (int i = 0; i < 20; i++) { /* a byte now and then keeps an idle time-out happy, not an absolute one */
    client_send(client, i == 0 ? "POST /v1/echo HTTP/1.1\r\nX:" : "y");
    usleep(20 * 1000);
  }
  expect_closed_in_time(client);
}

static void ends_slow_bodies_and_idle_connections(void **state)
{
  int client = client_open(*state);
  client_send(client, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  struct answer answer = client_read(client, false);
  assert_int_equal(answer.status, 408);
  expect_closed_in_time(client);
  client = client_open(*state);
  client_send(client, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(client_read(client, true).status, 200);
  expect_closed_in_time(client);
}

static void refuses_too_many_connections(void **state)
{
  int clients[9];
  for (int i = 0; i < 9; i++) {
    clients[i] = client_open(*state);
  }
  assert_int_equal(client_read(clients[8], false).status, 503);
  for (int i = 0; i < 9; i++) {
    close(clients[i]);
  }
}

static void knows_other_origins(void **state)
{
  struct answer answer = exchange(*state, "GET /v1/hello HTTP/1.1\r\nHost: h\r\nOrigin: https://maps.example\r\n\r\n");
  assert_true(header_is(&answer, "\r\nAccess-Control-Allow-Origin: https://maps.example\r\n"));
  answer = exchange(*state, "GET /v1/hello HTTP/1.1\r\nHost: h\r\nOrigin: https://evil.example\r\n\r\n");
  assert_false(header_is(&answer, "Access-Control"));
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n");
  assert_int_equal(answer.status, 403);
  answer = exchange(*state, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nOrigin: http://h\r\nContent-Length: 0\r\n\r\n");
  assert_int_equal(answer.status, 200);
  answer = exchange(*state, "OPTIONS /v1/echo HTTP/1.1\r\nHost: h\r\nOrigin: https://other.example\r\n"
                            "Access-Control-Request-Method: POST\r\n\r\n");
  assert_int_equal(answer.status, 204);
  assert_true(header_is(&answer, "\r\nAccess-Control-Allow-Methods: POST, OPTIONS\r\n"));
}

static void listens_on_ipv6(void **state)
{
  (void)state;
  struct fixture fixture = {0};
  start_with(&fixture, (struct http_server_settings){.listen = "[::1]:0"});
  int client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons(http_server_port(fixture.server)), .sin6_addr = in6addr_loopback};
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  client_send(client, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_int_equal(client_read(client, true).status, 200);
  close(client);
  queue_close(fixture.deferred);
  pthread_join(fixture.completer, NULL);
  http_server_stop(fixture.server);
  queue_free(fixture.deferred);
  queue_free(fixture.held);
  router_free(fixture.router);
  metrics_free(fixture.metrics);
  close(fixture.websocket_pipe[0]);
  close(fixture.websocket_pipe[1]);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_IMPATIENT(test) cmocka_unit_test_setup_teardown(test, set_up_impatient, tear_down)

int main(void)
{
  ANSWER_BYTES = malloc(ANSWER_MAX);
  const struct CMUnitTest tests[] = {
      WITH_SERVER(answers_a_get),
      WITH_SERVER(keeps_a_good_request_id_and_replaces_a_bad_one),
      WITH_SERVER(names_an_unknown_parameter),
      WITH_SERVER(says_what_a_path_takes),
      WITH_SERVER(head_is_get_without_the_body),
      WITH_SERVER(answers_pipelined_requests_in_order),
      WITH_SERVER(decodes_path_parameters),
      WITH_SERVER(compresses_when_asked),
      WITH_SERVER(knows_entity_tags),
      WITH_SERVER(hides_reasons_of_its_own_failures),
      WITH_SERVER(takes_bodies_in_every_form),
      WITH_SERVER(inflates_bodies_up_to_the_cap),
      WITH_SERVER(refuses_large_bodies),
      WITH_SERVER(judges_the_head_before_the_body),
      WITH_SERVER(refuses_what_smuggles),
      WITH_SERVER(limits_head_and_address),
      WITH_SERVER(hands_websockets_over_untouched),
      WITH_SERVER(refuses_an_upgrade_on_a_used_connection),
      WITH_SERVER(serves_128_connections_at_once),
      WITH_SERVER(answers_late_what_was_expected_soon),
      WITH_SERVER(outlives_a_client_that_does_not_wait),
      WITH_SERVER(answers_alike_keep_their_ids),
      WITH_SERVER(counts_by_route_not_by_path),
      WITH_SERVER(drains),
      WITH_SERVER(calls_no_handler_once_drained),
      WITH_SERVER(answers_what_was_forgotten_when_it_stops),
      WITH_SERVER(answers_what_was_lost_when_it_stops),
      WITH_IMPATIENT(ends_slow_heads),
      WITH_IMPATIENT(ends_slow_bodies_and_idle_connections),
      WITH_IMPATIENT(refuses_too_many_connections),
      WITH_IMPATIENT(knows_other_origins),
      cmocka_unit_test(listens_on_ipv6),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  free(ANSWER_BYTES);
  return failed;
}
