/* The page's files, read from a folder and asked for over HTTP. */
#include "tests/unit/cmocka_all.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/http/http_server.h"
#include "server/http/static_files.h"
#include "server/metrics.h"

enum { ANSWER_MAX = 8192 };

struct fixture {
  char folder[64];
  struct static_files *files;
  struct router *router;
  struct metrics *metrics;
  struct http_server *server;
};

static void write_file(const struct fixture *fixture, const char *name, const char *content)
{
  char path[256];
  snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fputs(content, file);
  fclose(file);
}

static void remove_file(const struct fixture *fixture, const char *name)
{
  char path[256];
  snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
  remove(path);
}

static void start(struct fixture *fixture)
{
  assert_int_equal(static_files_load(fixture->folder, &fixture->files).code, ERROR_NONE);
  fixture->router = router_new();
  fixture->metrics = metrics_new();
  router_add(fixture->router, static_files_routes(fixture->files));
  struct http_server_settings settings = {.listen = "127.0.0.1:0",
                                          .metrics = fixture->metrics,
                                          .metrics_listener = "public",
                                          .content_security_policy = "default-src 'self'"};
  assert_int_equal(http_server_start(settings, fixture->router, &fixture->server).code, ERROR_NONE);
}

static void stop(struct fixture *fixture)
{
  http_server_stop(fixture->server);
  router_free(fixture->router);
  metrics_free(fixture->metrics);
  static_files_free(fixture->files);
}

static int set_up(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  char path[128];
  strcpy(fixture->folder, "/tmp/static_files_test.XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  snprintf(path, sizeof path, "%s/static", fixture->folder);
  assert_int_equal(mkdir(path, 0700), 0);
  *state = fixture;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  static const char *const NAMES[] = {
      "index.html", "static/main-5KXR7Q2A.js", "static/main-5KXR7Q2A.js.gz", "static/LICENSES.txt", "static", ""};
  for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
    remove_file(fixture, NAMES[i]);
  }
  free(fixture);
  return 0;
}

static void ask(const struct fixture *fixture, const char *path, const char *headers, char answer[ANSWER_MAX])
{
  char request[1024];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n", path, headers);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(http_server_port(fixture->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(send(client, request, (size_t)length, MSG_NOSIGNAL), length);
  size_t got = 0;
  for (ssize_t part = 1; part > 0 && got<ANSWER_MAX - 1; got += part> 0 ? (size_t)part : 0) {
    part = recv(client, answer + got, ANSWER_MAX - 1 - got, 0);
  }
  answer[got] = '\0';
  close(client);
}

static void test_serves_the_page(void **state)
{
  struct fixture *fixture = *state;
  char answer[ANSWER_MAX];
  write_file(fixture, "index.html", "<!doctype html>page");
  write_file(fixture, "static/main-5KXR7Q2A.js", "plain script");
  write_file(fixture, "static/main-5KXR7Q2A.js.gz", "packed script");
  write_file(fixture, "static/LICENSES.txt", "licenses");
  start(fixture);

  ask(fixture, "/", "", answer);
  assert_non_null(strstr(answer, "HTTP/1.1 200"));
  assert_non_null(strstr(answer, "<!doctype html>page"));
  assert_non_null(strstr(answer, "Cache-Control: no-cache\r\n"));
  assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'self'\r\n"));

  ask(fixture, "/static/main-5KXR7Q2A.js", "", answer);
  assert_non_null(strstr(answer, "plain script"));
  assert_non_null(strstr(answer, "Content-Type: text/javascript; charset=utf-8\r\n"));
  assert_non_null(strstr(answer, "Cache-Control: public, max-age=31536000, immutable\r\n"));
  const char *etag = strstr(answer, "ETag: ");
  assert_non_null(etag);
  char condition[128];
  snprintf(condition, sizeof condition, "If-None-Match: %.18s\r\n", etag + 6);

  ask(fixture, "/static/main-5KXR7Q2A.js", "Accept-Encoding: gzip\r\n", answer);
  assert_non_null(strstr(answer, "packed script"));
  assert_non_null(strstr(answer, "Content-Encoding: gzip\r\n"));
  ask(fixture, "/static/main-5KXR7Q2A.js", condition, answer);
  assert_non_null(strstr(answer, "HTTP/1.1 304"));

  ask(fixture, "/static/LICENSES.txt", "", answer);
  assert_non_null(strstr(answer, "Cache-Control: no-cache\r\n"));
  stop(fixture);
}

static void test_serves_nothing_else(void **state)
{
  struct fixture *fixture = *state;
  char answer[ANSWER_MAX];
  write_file(fixture, "index.html", "page");
  start(fixture);
  static const char *const PATHS[] = {"/static/",
                                      "/static/index.html",
                                      "/static/..%2Findex.html",
                                      "/static/../index.html",
                                      "/static/%2Fetc%2Fpasswd",
                                      "/index.html",
                                      "/static/main-5KXR7Q2A.js.gz"};
  for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
    ask(fixture, PATHS[i], "", answer);
    assert_non_null(strstr(answer, "HTTP/1.1 404"));
  }
  stop(fixture);
}

static void test_says_how_to_build_the_page(void **state)
{
  struct fixture *fixture = *state;
  char answer[ANSWER_MAX];
  start(fixture);
  ask(fixture, "/", "", answer);
  assert_non_null(strstr(answer, "HTTP/1.1 503"));
  assert_non_null(strstr(answer, "deploy/run --build"));
  stop(fixture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_serves_the_page, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_serves_nothing_else, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_says_how_to_build_the_page, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
