/* The client against a server that answers as each test tells it to: a thread that takes one connection after the other. */
#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/aws/client.h"
#include "server/aws/iot_data.h"
#include "server/aws/s3.h"
#include "server/aws/sqs.h"
#include "server/base/clock.h"
#include "server/log.h"

enum { STEPS_MAX = 16, REQUEST_MAX = 16384 };

struct server {
  int listener;
  char url[64];
  pthread_t thread;
  const char *const *answers; /* one a request, in this order; NULL: accept and say nothing; "": hang up */
  size_t answer_count;
  pthread_mutex_t lock;
  pthread_cond_t asked;
  char requests[STEPS_MAX][REQUEST_MAX];
  size_t request_count;
  bool is_over; /* what comes now is not looked at */
};

static void check_socket(bool holds)
{
  if (!holds) {
    perror("test server");
    abort();
  }
}

/* Until the empty line, and as much as Content-Length says after it. False: the connection is over. */
static bool read_request(int connection, char *out)
{
  size_t length = 0;
  for (;;) {
    ssize_t got = recv(connection, out + length, REQUEST_MAX - 1 - length, 0);
    if (got <= 0) {
      return false;
    }
    length += (size_t)got;
    out[length] = '\0';
    const char *end = strstr(out, "\r\n\r\n");
    const char *size = end != NULL ? strcasestr(out, "\r\ncontent-length:") : NULL;
    size_t body = size != NULL && size < end ? strtoul(size + 17, NULL, 10) : 0;
    if (end != NULL && length >= (size_t)(end + 4 - out) + body) {
      return true;
    }
  }
}

static void wait_for_hang_up(int connection)
{
  char byte;
  while (recv(connection, &byte, 1, 0) > 0) {
  }
}

/* An answer that does not say how long its body is gets a header for it. */
static void count_length(const char *answer, char *out)
{
  const char *end = strstr(answer, "\r\n\r\n");
  if (end == NULL || strstr(answer, "Content-Length: ") != NULL) {
    snprintf(out, REQUEST_MAX, "%s", answer);
  } else {
    snprintf(out, REQUEST_MAX, "%.*s\r\nContent-Length: %zu%s", (int)(end - answer), answer, strlen(end + 4), end);
  }
}

/* True: the connection may be used again. */
static bool serve_request(struct server *server, int connection)
{
  char request[REQUEST_MAX];
  if (!read_request(connection, request)) {
    return false;
  }
  pthread_mutex_lock(&server->lock);
  if (server->is_over) {
    pthread_mutex_unlock(&server->lock);
    return false;
  }
  size_t step = server->request_count++;
  check_socket(step < server->answer_count);
  memcpy(server->requests[step], request, sizeof request);
  pthread_cond_signal(&server->asked);
  pthread_mutex_unlock(&server->lock);
  const char *answer = server->answers[step];
  if (answer == NULL) {
    wait_for_hang_up(connection);
    return false;
  }
  char counted[REQUEST_MAX];
  count_length(answer, counted);
  check_socket(send(connection, counted, strlen(counted), MSG_NOSIGNAL) == (ssize_t)strlen(counted));
  return answer[0] != '\0' && strstr(answer, "Connection: close") == NULL;
}

static void *serve(void *context)
{
  struct server *server = context;
  for (;;) {
    int connection = accept(server->listener, NULL, NULL);
    if (connection < 0) {
      return NULL;
    }
    while (serve_request(server, connection)) {
    }
    close(connection);
  }
}

static struct server *server_start(const char *const *answers, size_t count)
{
  struct server *server = calloc(1, sizeof *server);
  assert_true(count <= STEPS_MAX);
  server->answers = answers;
  server->answer_count = count;
  pthread_mutex_init(&server->lock, NULL);
  pthread_cond_init(&server->asked, NULL);
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  check_socket(bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(server->listener, 16) == 0);
  check_socket(getsockname(server->listener, (struct sockaddr *)&address, &length) == 0);
  snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
  check_socket(pthread_create(&server->thread, NULL, serve, server) == 0);
  return server;
}

static void wait_for_requests(struct server *server, size_t count)
{
  pthread_mutex_lock(&server->lock);
  while (server->request_count < count) {
    pthread_cond_wait(&server->asked, &server->lock);
  }
  pthread_mutex_unlock(&server->lock);
}

/* After the client has stopped. */
static void server_stop(struct server *server)
{
  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->thread, NULL);
  close(server->listener);
  assert_int_equal(server->request_count, server->answer_count);
  pthread_cond_destroy(&server->asked);
  pthread_mutex_destroy(&server->lock);
  free(server);
}

static struct aws_client *client_start(const struct server *server, int64_t timeout_ms)
{
  struct aws_client *client;
  struct aws_settings settings = {
      .region = "eu-west-1", .endpoint_url = server->url, .requests_max = 4, .timeout_ms = timeout_ms};
  assert_int_equal(aws_client_start(settings, &client).code, ERROR_NONE);
  return client;
}

#define BEGIN(timeout_ms, ...)                                                       \
  static const char *const answers[] = {__VA_ARGS__};                                \
  struct server *server = server_start(answers, sizeof answers / sizeof answers[0]); \
  struct aws_client *client = client_start(server, timeout_ms)
#define END()              \
  aws_client_stop(client); \
  server_stop(server)

static struct aws_request *get_request(struct aws_handlers handlers)
{
  return s3_get_request((struct s3_object){TEXT("fleet"), TEXT("a=b"), TEXT("")}, (struct s3_range){0, 0}, handlers);
}

static bool has_line(const char *request, const char *line)
{
  return strcasestr(request, line) != NULL;
}

/* --- a request that collects its body, pauses when it is told to, and says when it is done --- */

struct collector {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct buffer body;
  int pauses; /* still to make */
  bool is_paused;
  bool stops;
  int heads;
  bool is_done;
  struct aws_outcome outcome;
};

static void on_head(struct aws_request *request, void *context)
{
  (void)request;
  struct collector *collector = context;
  collector->heads++;
}

static enum aws_flow on_data(struct aws_request *request, struct text bytes, void *context)
{
  (void)request;
  struct collector *collector = context;
  enum aws_flow flow = collector->stops ? AWS_STOP : AWS_GO_ON;
  pthread_mutex_lock(&collector->lock);
  if (collector->pauses > 0) {
    collector->pauses--;
    collector->is_paused = true;
    pthread_cond_signal(&collector->changed);
    flow = AWS_PAUSE;
  } else {
    buffer_append_text(&collector->body, bytes);
  }
  pthread_mutex_unlock(&collector->lock);
  return flow;
}

static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct collector *collector = context;
  aws_request_free(request);
  pthread_mutex_lock(&collector->lock);
  collector->outcome = *outcome;
  collector->is_done = true;
  pthread_cond_signal(&collector->changed);
  pthread_mutex_unlock(&collector->lock);
}

static struct aws_handlers collect_into(struct collector *collector)
{
  *collector = (struct collector){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  return (struct aws_handlers){collector, on_head, on_data, on_done};
}

static void wait_until(struct collector *collector, const bool *flag)
{
  pthread_mutex_lock(&collector->lock);
  while (!*flag) {
    pthread_cond_wait(&collector->changed, &collector->lock);
  }
  pthread_mutex_unlock(&collector->lock);
}

static void check_body(struct collector *collector, const char *expected)
{
  assert_int_equal(collector->body.length, strlen(expected));
  assert_memory_equal(collector->body.data, expected, strlen(expected));
  buffer_free(&collector->body);
}

/* --- tests --- */

static void test_a_list(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\n\r\n<ListBucketResult><IsTruncated>false</IsTruncated><Contents>"
               "<Key>k</Key><Size>3</Size></Contents></ListBucketResult>");
  struct arena *arena = arena_new(1024);
  struct s3_page page;
  struct aws_outcome outcome;
  assert_int_equal(
      s3_list_page(client, arena, (struct s3_list){.bucket = TEXT("fleet"), .prefix = TEXT("a b")}, &page, &outcome).code,
      ERROR_NONE);
  assert_int_equal(page.count, 1);
  assert_int_equal(outcome.result, AWS_OK);
  assert_int_equal(outcome.attempts, 1);
  const char *request = server->requests[0];
  assert_true(has_line(request, "GET /fleet/?encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b HTTP/1.1\r\n"));
  assert_true(
      has_line(request, "\r\nx-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"));
  assert_true(has_line(request, "\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDTEST/"));
  assert_true(has_line(request, "/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                                "x-amz-security-token, Signature="));
  assert_true(has_line(request, "\r\nx-amz-security-token: token\r\n"));
  arena_free(arena);
  END();
}

static void test_a_refusal(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 404 Not Found\r\nx-amz-request-id: R1\r\n\r\n<Error><Code>NoSuchKey</Code><Message>The "
               "specified key does not exist.</Message></Error>");
  struct aws_outcome outcome;
  struct aws_request *request = get_request((struct aws_handlers){0});
  struct error error = aws_call(client, request, &outcome);
  assert_int_equal(error.code, ERROR_NOT_FOUND);
  assert_string_equal(error.detail,
                      "S3 GetObject fleet/a=b: NoSuchKey: The specified key does not exist. (HTTP 404, request R1)");
  assert_int_equal(outcome.result, AWS_REFUSED);
  assert_int_equal(outcome.status, 404);
  assert_string_equal(outcome.code, "NoSuchKey");
  assert_string_equal(outcome.request_id, "R1");
  assert_false(outcome.is_temporary);
  aws_request_free(request);
  END();
}

static void test_what_can_heal_is_tried_again(void **state)
{
  (void)state;
  BEGIN(10000, "", "HTTP/1.1 500 X\r\n\r\n", "HTTP/1.1 503 X\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nok");
  struct aws_outcome outcome;
  struct aws_request *request = get_request((struct aws_handlers){0});
  assert_int_equal(aws_call(client, request, &outcome).code, ERROR_NONE);
  assert_int_equal(outcome.attempts, 4);
  assert_true(text_equal(aws_request_body(request), TEXT("ok")));
  aws_request_free(request);
  END();
}

#define UNAVAILABLE "HTTP/1.1 503 X\r\n\r\n"

static void test_retries_end(void **state)
{
  (void)state;
  BEGIN(10000, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
  struct aws_outcome outcome;
  struct aws_request *request = get_request((struct aws_handlers){0});
  struct error error = aws_call(client, request, &outcome);
  assert_int_equal(error.code, ERROR_INTERNAL);
  assert_string_equal(error.detail, "S3 GetObject fleet/a=b: HTTP 503 (after 5 tries)");
  assert_true(outcome.is_temporary);
  aws_request_free(request);
  END();
}

static void test_a_broken_object_is_read_on(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"e\"\r\nConnection: close\r\n\r\n0123",
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\nETag: \"e\"\r\nConnection: close\r\n\r\n456",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"e\"\r\n\r\n0123456789");
  struct collector collector;
  assert_int_equal(aws_submit(client, get_request(collect_into(&collector))).code, ERROR_NONE);
  wait_until(&collector, &collector.is_done);
  assert_int_equal(collector.outcome.result, AWS_OK);
  assert_int_equal(collector.heads, 1);
  assert_int_equal(collector.outcome.attempts, 3);
  check_body(&collector, "0123456789");
  assert_false(has_line(server->requests[0], "\r\nrange:"));
  assert_true(has_line(server->requests[1], "\r\nrange: bytes=4-\r\n"));
  assert_true(has_line(server->requests[1], "\r\nif-match: \"e\"\r\n"));
  assert_true(has_line(server->requests[2], "\r\nrange: bytes=7-\r\n")); /* answered whole: what was given is left out */
  END();
}

static void test_an_object_that_changed_is_not_mixed(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"e\"\r\nConnection: close\r\n\r\n0123",
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\nETag: \"f\"\r\nConnection: close\r\n\r\n456789",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"e\"\r\nConnection: close\r\n\r\n0123",
        "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 2; i++) {
    struct collector collector;
    assert_int_equal(aws_submit(client, get_request(collect_into(&collector))).code, ERROR_NONE);
    wait_until(&collector, &collector.is_done);
    assert_int_equal(collector.outcome.result, AWS_BROKEN);
    assert_true(collector.outcome.is_temporary);
    assert_non_null(strstr(collector.outcome.error.detail, "the object changed while it was read"));
    check_body(&collector, "0123");
  }
  END();
}

static void test_a_range(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\nETag: \"e\"\r\nConnection: close\r\n\r\n234",
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nETag: \"e\"\r\n\r\n567");
  struct collector collector;
  struct s3_object object = {TEXT("fleet"), TEXT("k"), TEXT("v+1")};
  assert_int_equal(aws_submit(client, s3_get_request(object, (struct s3_range){2, 7}, collect_into(&collector))).code,
                   ERROR_NONE);
  wait_until(&collector, &collector.is_done);
  assert_int_equal(collector.outcome.result, AWS_OK);
  check_body(&collector, "234567");
  assert_true(has_line(server->requests[0], "GET /fleet/k?versionId=v%2B1 "));
  assert_true(has_line(server->requests[0], "\r\nrange: bytes=2-7\r\n"));
  assert_true(has_line(server->requests[1], "\r\nrange: bytes=5-7\r\n"));
  END();
}

static void test_pause_and_resume(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n\r\n0123456789");
  struct collector collector;
  struct aws_request *request = get_request(collect_into(&collector));
  collector.pauses = 3;
  assert_int_equal(aws_submit(client, request).code, ERROR_NONE);
  for (int i = 0; i < 3; i++) {
    wait_until(&collector, &collector.is_paused);
    pthread_mutex_lock(&collector.lock);
    collector.is_paused = false;
    pthread_mutex_unlock(&collector.lock);
    aws_resume(request);
  }
  wait_until(&collector, &collector.is_done);
  assert_int_equal(collector.outcome.result, AWS_OK);
  check_body(&collector, "0123456789");
  END();
}

static void test_stop_and_cancel(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123", NULL);
  struct collector collector;
  struct aws_request *request = get_request(collect_into(&collector));
  collector.stops = true;
  assert_int_equal(aws_submit(client, request).code, ERROR_NONE);
  wait_until(&collector, &collector.is_done);
  assert_int_equal(collector.outcome.result, AWS_CANCELLED);
  buffer_free(&collector.body);
  request = get_request(collect_into(&collector));
  assert_int_equal(aws_submit(client, request).code, ERROR_NONE);
  wait_for_requests(server, 2);
  aws_cancel(request);
  wait_until(&collector, &collector.is_done);
  assert_int_equal(collector.outcome.result, AWS_CANCELLED);
  assert_int_equal(collector.outcome.error.code, ERROR_SHUTTING_DOWN);
  END();
}

static void test_a_client_that_stops_hands_everything_back(void **state)
{
  (void)state;
  BEGIN(10000, NULL);
  enum { COUNT = 10 };
  struct collector collectors[COUNT];
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(aws_submit(client, get_request(collect_into(&collectors[i]))).code, ERROR_NONE);
  }
  wait_for_requests(server, 1);
  pthread_mutex_lock(&server->lock);
  server->is_over = true;
  pthread_mutex_unlock(&server->lock);
  aws_client_stop(client);
  for (int i = 0; i < COUNT; i++) {
    assert_true(collectors[i].is_done);
    assert_int_equal(collectors[i].outcome.result, AWS_CANCELLED);
  }
  server_stop(server);
}

static void test_a_standstill_is_ended(void **state)
{
  (void)state;
  BEGIN(150, NULL, "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n\r\nok");
  struct collector collector;
  assert_int_equal(aws_submit(client, get_request(collect_into(&collector))).code, ERROR_NONE);
  wait_until(&collector, &collector.is_done);
  assert_int_equal(collector.outcome.result, AWS_OK);
  assert_int_equal(collector.outcome.attempts, 2);
  check_body(&collector, "ok");
  END();
}

static void test_the_clock_is_corrected_once(void **state)
{
  (void)state;
  BEGIN(10000,
        "HTTP/1.1 403 Forbidden\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n\r\n"
        "<Error><Code>RequestTimeTooSkewed</Code></Error>      ",
        "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n\r\n"
        "<Error><Code>RequestTimeTooSkewed</Code></Error>",
        "HTTP/1.1 403 Forbidden\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n\r\n"
        "<Error><Code>RequestTimeTooSkewed</Code></Error>");
  struct aws_outcome outcome;
  for (int i = 0; i < 3; i++) {
    struct aws_request *request = get_request((struct aws_handlers){0});
    assert_int_equal(aws_call(client, request, &outcome).code, i < 2 ? ERROR_NONE : ERROR_FORBIDDEN);
    aws_request_free(request);
  }
  assert_false(has_line(server->requests[0], "\r\nx-amz-date: 20300101T"));
  assert_true(has_line(server->requests[1], "\r\nx-amz-date: 20300101T0000"));
  assert_true(has_line(server->requests[2], "\r\nx-amz-date: 20300101T0000"));
  END();
}

static void test_a_region_is_learned(void **state)
{
  (void)state;
  BEGIN(10000,
        "HTTP/1.1 400 Bad Request\r\n\r\n"
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>   ",
        "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n");
  for (int i = 0; i < 2; i++) {
    struct aws_request *request = get_request((struct aws_handlers){0});
    assert_int_equal(aws_call(client, request, NULL).code, ERROR_NONE);
    aws_request_free(request);
  }
  assert_true(has_line(server->requests[0], "/eu-west-1/s3/aws4_request"));
  assert_true(has_line(server->requests[1], "/us-west-2/s3/aws4_request"));
  assert_true(has_line(server->requests[2], "/us-west-2/s3/aws4_request"));
  END();
}

static void test_redirects_that_lead_away_are_not_followed(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://evil.example.org/x\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-1\r\n\r\n");
  for (int i = 0; i < 2; i++) {
    struct aws_outcome outcome;
    struct aws_request *request = get_request((struct aws_handlers){0});
    assert_int_equal(aws_call(client, request, &outcome).code, ERROR_INTERNAL);
    assert_int_equal(outcome.result, AWS_REFUSED);
    assert_int_equal(outcome.attempts, 1);
    aws_request_free(request);
  }
  END();
}

static void test_an_answer_over_the_cap(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789",
        "HTTP/1.1 302 Found\r\nLocation: https://example.org/\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n012345678");
  struct aws_request *request;
  struct aws_outcome outcome;
  assert_int_equal(
      aws_plain_get("https://sns.us-east-1.amazonaws.com/cert.pem", server->url, 9, (struct aws_handlers){0}, &request).code,
      ERROR_NONE);
  assert_int_equal(aws_call(client, request, &outcome).code, ERROR_INTERNAL);
  assert_int_equal(outcome.result, AWS_TOO_LARGE);
  aws_request_free(request);
  char url[128];
  snprintf(url, sizeof url, "%s/x?y=z", server->url);
  assert_int_equal(aws_plain_get(url, NULL, 9, (struct aws_handlers){0}, &request).code, ERROR_NONE);
  assert_int_equal(aws_call(client, request, &outcome).code, ERROR_INTERNAL);
  assert_int_equal(outcome.status, 302);
  aws_request_free(request);
  assert_int_equal(aws_plain_get(url, "", 9, (struct aws_handlers){0}, &request).code, ERROR_NONE);
  assert_int_equal(aws_call(client, request, &outcome).code, ERROR_NONE);
  assert_true(text_equal(aws_request_body(request), TEXT("012345678")));
  aws_request_free(request);
  assert_true(has_line(server->requests[0], "GET /cert.pem HTTP/1.1\r\n"));
  assert_false(has_line(server->requests[0], "authorization"));
  assert_true(has_line(server->requests[1], "GET /x?y=z HTTP/1.1\r\n"));
  assert_int_equal(aws_plain_get("http://sns.us-east-1.amazonaws.com/", NULL, 9, (struct aws_handlers){0}, &request).code,
                   ERROR_BAD_INPUT);
  END();
}

static void test_put_and_shadow(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n\r\n", "HTTP/1.1 409 Conflict\r\n\r\n{\"message\":\"Version conflict\"} ",
        "HTTP/1.1 200 OK\r\n\r\n{}");
  struct s3_put put = {.object = {TEXT("fleet"), TEXT("k"), TEXT("")}, .body = TEXT("Welcome to Amazon S3.")};
  struct aws_request *request = s3_put_request(put, (struct aws_handlers){0});
  assert_int_equal(aws_call(client, request, NULL).code, ERROR_NONE);
  aws_request_free(request);
  assert_true(has_line(server->requests[0], "PUT /fleet/k HTTP/1.1\r\n"));
  assert_true(has_line(server->requests[0], "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"));
  assert_true(has_line(server->requests[0], "\r\n\r\nWelcome to Amazon S3."));
  assert_false(has_line(server->requests[0], "\r\nexpect:"));
  struct iot_shadow shadow = {TEXT("a:b"), TEXT("")};
  request = iot_update_shadow_request(shadow, TEXT("{\"state\":{}}"), (struct aws_handlers){0});
  struct error error = aws_call(client, request, NULL);
  assert_int_equal(error.code, ERROR_CONFLICT);
  assert_string_equal(error.detail, "IoT UpdateThingShadow a:b: Version conflict (HTTP 409)");
  aws_request_free(request);
  struct sqs_message *messages;
  size_t count = 1;
  struct arena *arena = arena_new(1024);
  request = sqs_receive_request(TEXT("https://sqs.eu-west-1.amazonaws.com/1/q"), 0, -1, (struct aws_handlers){0});
  assert_int_equal(aws_call(client, request, NULL).code, ERROR_NONE);
  assert_int_equal(sqs_read_messages(request, arena, &messages, &count).code, ERROR_NONE);
  assert_int_equal(count, 0);
  assert_true(has_line(server->requests[1], "POST /things/a%3Ab/shadow HTTP/1.1\r\n"));
  assert_true(has_line(server->requests[1], "/eu-west-1/iotdata/aws4_request"));
  assert_true(has_line(server->requests[2], "\r\nx-amz-target: AmazonSQS.ReceiveMessage\r\n"));
  assert_false(has_line(server->requests[2], "x-amz-content-sha256"));
  arena_free(arena);
  aws_request_free(request);
  END();
}

static void test_slow_down_is_respected(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 503 Slow Down\r\n\r\n<Error><Code>SlowDown</Code></Error>  ", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n");
  int64_t started_us = clock_monotonic_us();
  struct collector collector;
  assert_int_equal(aws_submit(client, get_request(collect_into(&collector))).code, ERROR_NONE);
  wait_for_requests(server, 1);
  wait_until(&collector, &collector.is_done);
  assert_true(clock_monotonic_us() - started_us >= 500 * US_PER_MS);
  struct aws_request *request = get_request((struct aws_handlers){0});
  assert_int_equal(aws_call(client, request, NULL).code, ERROR_NONE);
  aws_request_free(request);
  END();
}

static void test_nobody_answers(void **state)
{
  (void)state;
  BEGIN(10000, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  struct aws_request *request = get_request((struct aws_handlers){0});
  assert_int_equal(aws_call(client, request, NULL).code, ERROR_NONE);
  aws_request_free(request);
  END();
  struct aws_settings settings = {.region = "eu-west-1", .endpoint_url = "http://127.0.0.1:1"};
  assert_int_equal(aws_client_start(settings, &client).code, ERROR_NONE);
  struct aws_outcome outcome;
  request = get_request((struct aws_handlers){0});
  assert_int_equal(aws_call(client, request, &outcome).code, ERROR_INTERNAL);
  assert_int_equal(outcome.result, AWS_UNREACHABLE);
  assert_int_equal(outcome.attempts, 5);
  assert_int_equal(outcome.status, 0);
  assert_true(outcome.is_temporary);
  aws_request_free(request);
  aws_client_stop(client);
}

static int set_up(void **state)
{
  (void)state;
  setenv("AWS_ACCESS_KEY_ID", "AKIDTEST", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
  setenv("AWS_SESSION_TOKEN", "token", 1);
  log_to(open("/dev/null", O_WRONLY | O_CLOEXEC));
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_list),
      cmocka_unit_test(test_a_refusal),
      cmocka_unit_test(test_what_can_heal_is_tried_again),
      cmocka_unit_test(test_retries_end),
      cmocka_unit_test(test_a_broken_object_is_read_on),
      cmocka_unit_test(test_an_object_that_changed_is_not_mixed),
      cmocka_unit_test(test_a_range),
      cmocka_unit_test(test_pause_and_resume),
      cmocka_unit_test(test_stop_and_cancel),
      cmocka_unit_test(test_a_client_that_stops_hands_everything_back),
      cmocka_unit_test(test_a_standstill_is_ended),
      cmocka_unit_test(test_the_clock_is_corrected_once),
      cmocka_unit_test(test_a_region_is_learned),
      cmocka_unit_test(test_redirects_that_lead_away_are_not_followed),
      cmocka_unit_test(test_an_answer_over_the_cap),
      cmocka_unit_test(test_put_and_shadow),
      cmocka_unit_test(test_slow_down_is_respected),
      cmocka_unit_test(test_nobody_answers),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
