/* The HTTP server without work behind it: the ceiling for ingest. Serves until its standard input ends.
 *
 *   build/bench/bench_http 8090 </dev/tty
 *   wrk -t1 -c256 -d5 http://127.0.0.1:8090/bare                      answered at once
 *   wrk -t1 -c256 -d5 -s tests/bench/post_event.lua http://127.0.0.1:8090/deferred   a body; answered by way of another thread,
 * whose batches take a millisecond as a commit does */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/base/queue.h"
#include "server/http/http_server.h"
#include "server/http/request.h"
#include "server/log.h"
#include "server/metrics.h"

enum { QUEUE_MAX = 8192, BATCH_MAX = 2048, BODY_MAX = 1024 * 1024, COMMIT_US = 1000 };

struct completion {
  struct http_task task;
  struct request *request;
};

static struct error get_bare(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "application/json");
  buffer_append_text(response_body(request), TEXT("{\"stored\":1}"));
  return error_none();
}

static struct error post_deferred(struct request *request, void *context)
{
  struct completion *completion = arena_alloc(request_arena(request), sizeof *completion);
  completion->request = request;
  return queue_push(context, completion) ? error_none() : error_make(ERROR_BUSY, "the queue is full");
}

static void complete(struct http_task *task)
{
  struct request *request = ((struct completion *)task)->request;
  response_content_type(request, "application/json");
  buffer_append_text(response_body(request), TEXT("{\"stored\":1}"));
  request_complete(request, error_none());
}

static void *complete_batches(void *context)
{
  static void *items[BATCH_MAX];
  struct queue *queue = context;
  for (size_t count = queue_take(queue, items, BATCH_MAX, -1); count > 0; count = queue_take(queue, items, BATCH_MAX, -1)) {
    usleep(COMMIT_US);
    struct http_server *server = request_server(((struct completion *)items[0])->request);
    for (size_t i = 0; i < count; i++) {
      struct completion *completion = items[i];
      completion->task.run = complete;
      completion->task.next = i + 1 < count ? &((struct completion *)items[i + 1])->task : NULL;
    }
    http_server_post(server, &((struct completion *)items[0])->task);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  static const struct route ROUTES[] = {
      {.method = HTTP_GET, .pattern = "/bare", .handle = get_bare},
      {.method = HTTP_POST, .pattern = "/deferred", .accept = post_deferred, .body_max_bytes = BODY_MAX},
  };
  char listen[64];
  snprintf(listen, sizeof listen, "127.0.0.1:%s", argc > 1 ? argv[1] : "8090");
  log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
  struct queue *queue = queue_new(QUEUE_MAX);
  struct router *router = router_new();
  router_add(router, (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], queue});
  struct metrics *metrics = metrics_new();
  struct http_server *server = NULL;
  struct error error = http_server_start(
      (struct http_server_settings){.listen = listen, .metrics = metrics, .metrics_listener = "bench"}, router, &server);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_ERROR, "start_failed", &error);
    return 1;
  }
  pthread_t completer;
  pthread_create(&completer, NULL, complete_batches, queue);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  http_server_drain(server, 1000);
  queue_close(queue);
  pthread_join(completer, NULL);
  http_server_stop(server);
  router_free(router);
  metrics_free(metrics);
  queue_free(queue);
  return 0;
}
