#include "server/http/http_server.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/http/http_metrics.h"
#include "server/http/listener.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"
#include "server/log.h"

enum {
  EVENTS_PER_TURN = 256,
  SWEEP_EVERY_MS = 1000,
  SWEEPS_PER_TIMEOUT = 4,
  FREE_REQUESTS_MAX = 1024,
  ARENA_FIRST_BYTES = 16 * 1024,
  ANSWER_KEPT_BYTES = 64 * 1024,
  AWAITED_WAIT_MS = 10,
  /* One pool a connection holds the head, its index and the answer's head. What does not fit is 431 by libmicrohttpd. */
  CONNECTION_POOL_BYTES = HTTP_HEAD_MAX + 8192,
};

/* ---- requests are reused: at tens of thousands a second the allocator would be the hottest function ---- */

struct request *request_take(struct http_server *server)
{
  struct request *request = server->free_requests;
  if (request != NULL) {
    server->free_requests = request->next_free;
    server->free_request_count--;
    return request;
  }
  request = calloc(1, sizeof *request);
  if (request == NULL) {
    abort();
  }
  request->arena = arena_new(ARENA_FIRST_BYTES);
  request->server = server;
  request->status = 200;
  request->match.index = -1;
  return request;
}

static void request_free(struct request *request)
{
  buffer_free(&request->answer);
  arena_free(request->arena);
  free(request);
}

void request_recycle(struct request *request)
{
  struct http_server *server = request->server;
  response_stream_free(request->stream);
  body_stream_free(request->incoming);
  if (server->free_request_count >= FREE_REQUESTS_MAX) {
    request_free(request);
    return;
  }
  struct arena *arena = request->arena;
  struct buffer answer = request->answer;
  arena_reset(arena);
  if (answer.capacity > ANSWER_KEPT_BYTES) {
    buffer_free(&answer);
  }
  buffer_clear(&answer);
  memset(request, 0, offsetof(struct request, outcome));
  request->outcome.code = ERROR_NONE;
  request->server = server;
  request->arena = arena;
  request->answer = answer;
  request->status = 200;
  request->match.index = -1;
  request->next_free = server->free_requests;
  server->free_requests = request;
  server->free_request_count++;
}

/* ---- work from other threads ---- */

static void wake(struct http_server *server)
{
  uint64_t one = 1;
  (void)!write(server->wake, &one, sizeof one);
}

void http_server_post(struct http_server *server, struct http_task *first)
{
  struct http_task *last = first;
  while (last->next != NULL) {
    last = last->next;
  }
  pthread_mutex_lock(&server->mutex);
  bool was_empty = server->first_task == NULL;
  if (was_empty) {
    server->first_task = first;
  } else {
    server->last_task->next = first;
  }
  server->last_task = last;
  pthread_mutex_unlock(&server->mutex);
  if (was_empty) {
    wake(server);
  }
}

static void run_tasks(struct http_server *server)
{
  pthread_mutex_lock(&server->mutex);
  struct http_task *task = server->first_task;
  server->first_task = server->last_task = NULL;
  server->is_draining = server->is_draining || server->drain_wanted;
  server->is_stopping = server->stop_wanted;
  server->is_refusing = server->refuse_wanted;
  if (server->is_refusing && !server->refuses) {
    server->refuses = true;
    pthread_cond_broadcast(&server->drained);
  }
  pthread_mutex_unlock(&server->mutex);
  while (task != NULL) {
    struct http_task *next = task->next;
    task->next = NULL;
    task->run(task);
    task = next;
  }
}

/* ---- the loop ---- */

static void watch(struct http_server *server, int socket, void *tag)
{
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};
  epoll_ctl(server->epoll, EPOLL_CTL_ADD, socket, &event);
}

static void serve_events(struct http_server *server, const struct epoll_event *events, int count)
{
  for (int i = 0; i < count; i++) {
    void *tag = events[i].data.ptr;
    if (tag == &server->wake) {
      uint64_t drained;
      (void)!read(server->wake, &drained, sizeof drained);
    } else if (tag == &server->listen_socket) {
      acceptor_accept(server);
    } else if (tag != &server->daemon_epoll) { /* libmicrohttpd's own are served by MHD_run */
      acceptor_serve(server, tag);
    }
  }
}

static void stop_accepting(struct http_server *server)
{
  if (server->listen_socket >= 0) {
    close(server->listen_socket); /* leaves the epoll set by that */
    server->listen_socket = -1;
  }
}

static bool only_lingering(const struct connections *connections)
{
  for (const struct connection *connection = connections->first; connection != NULL; connection = connection->next) {
    if (connection->state != CONNECTION_LINGERING) {
      return false;
    }
  }
  return true;
}

static void drain(struct http_server *server)
{
  stop_accepting(server);
  connections_close_idle(&server->connections, acceptor_close, server);
  if (only_lingering(&server->connections)) {
    pthread_mutex_lock(&server->mutex);
    server->is_drained = true;
    pthread_cond_broadcast(&server->drained);
    pthread_mutex_unlock(&server->mutex);
  }
}

static int64_t sweep_interval_us(const struct http_server *server)
{
  const struct connections *connections = &server->connections;
  int64_t shortest = connections->head_timeout_us;
  shortest = connections->body_timeout_us < shortest ? connections->body_timeout_us : shortest;
  shortest = connections->idle_timeout_us < shortest ? connections->idle_timeout_us : shortest;
  shortest = connections->write_timeout_us < shortest ? connections->write_timeout_us : shortest;
  int64_t interval = shortest / SWEEPS_PER_TIMEOUT;
  return interval < SWEEP_EVERY_MS * US_PER_MS ? interval : SWEEP_EVERY_MS * US_PER_MS;
}

static void sweep(struct http_server *server, int64_t now_us)
{
  connections_sweep(&server->connections, now_us, acceptor_close, server);
  if (!server->is_accepting && server->listen_socket >= 0) {
    watch(server, server->listen_socket, &server->listen_socket);
    server->is_accepting = true;
  }
}

/* Sleeps as long as neither libmicrohttpd nor the next sweep wants to run; with no connections there is nothing to sweep. */
static int wait_ms(struct http_server *server, int64_t next_sweep_us)
{
  MHD_UNSIGNED_LONG_LONG daemon_ms = 0;
  /* For those that are awaited libmicrohttpd would have us spin. All that its epoll does not tell follows what we were called
   * for, but for an error that it answers by itself: that may wait a moment. */
  if (server->awaited_count != 0) {
    bool has_progressed = server->has_progressed;
    server->has_progressed = false;
    return has_progressed ? 0 : AWAITED_WAIT_MS;
  }
  bool quiet = server->connections.count == 0 && server->is_accepting;
  int64_t sweep_ms = (next_sweep_us - clock_monotonic_us()) / US_PER_MS + 1;
  int64_t wait = quiet ? -1 : (sweep_ms > 0 ? sweep_ms : 0);
  if (MHD_get_timeout(server->daemon, &daemon_ms) == MHD_YES && (wait < 0 || (int64_t)daemon_ms < wait)) {
    wait = (int64_t)daemon_ms;
  }
  return (int)wait;
}

static void finish(struct http_server *server)
{
  stop_accepting(server);
  run_tasks(server);
  server->is_refusing = true; /* what is resumed must not wait again */
  exchange_give_up(server);
  MHD_run(server->daemon);
  MHD_stop_daemon(server->daemon); /* closes what is left through exchange_on_completed and acceptor_on_connection */
  while (server->connections.first != NULL) {
    acceptor_close(server, server->connections.first);
  }
}

static void *run(void *context)
{
  struct http_server *server = context;
  int64_t interval_us = sweep_interval_us(server);
  int64_t next_sweep_us = clock_monotonic_us() + interval_us;
  while (!server->is_stopping) {
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(server->epoll, events, EVENTS_PER_TURN, wait_ms(server, next_sweep_us));
    serve_events(server, events, count);
    run_tasks(server);
    MHD_run(server->daemon);
    int64_t now_us = clock_monotonic_us();
    if (now_us >= next_sweep_us) {
      sweep(server, now_us);
      next_sweep_us = now_us + interval_us;
    }
    if (server->is_draining) {
      drain(server);
    }
  }
  finish(server);
  return NULL;
}

/* ---- start and stop ---- */

static void on_library_log(void *context, const char *format, va_list arguments)
{
  (void)context;
  if (log_is_on(LOG_LEVEL_DEBUG)) {
    char line[256];
    vsnprintf(line, sizeof line, format, arguments);
    log_event(LOG_LEVEL_DEBUG, "http_library", "message=%s", log_quote(text_trim(text_from(line))));
  }
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
  return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
                          NULL, exchange_on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)server->connections.max + 16,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_POOL_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
                          MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK,
                          exchange_on_target, server, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, server,
                          MHD_OPTION_NOTIFY_CONNECTION, acceptor_on_connection, server, MHD_OPTION_END);
}

static int or_default(int value, int otherwise)
{
  return value > 0 ? value : otherwise;
}

static void set_limits(struct connections *connections, const struct http_server_settings *settings)
{
  connections->max = or_default(settings->connections_max, 4096);
  connections->per_address_max = or_default(settings->connections_per_address_max, connections->max / 4 + 1);
  connections->head_timeout_us = or_default(settings->head_timeout_ms, 10000) * US_PER_MS;
  connections->body_timeout_us = or_default(settings->body_timeout_ms, 30000) * US_PER_MS;
  connections->idle_timeout_us = or_default(settings->idle_timeout_ms, 75000) * US_PER_MS;
  connections->write_timeout_us = or_default(settings->write_timeout_ms, 60000) * US_PER_MS;
  (void)!getrandom(&connections->address_seed, sizeof connections->address_seed, 0);
}

static void free_server(struct http_server *server)
{
  while (server->free_requests != NULL) {
    struct request *request = server->free_requests;
    server->free_requests = request->next_free;
    request_free(request);
  }
  plain_answers_free(&server->spare_answers);
  http_metrics_free(server->metrics);
  stop_accepting(server);
  close(server->wake);
  close(server->epoll);
  pthread_cond_destroy(&server->drained);
  pthread_mutex_destroy(&server->mutex);
  free(server);
}

static struct http_server *new_server(const struct http_server_settings *settings, const struct router *router)
{
  struct http_server *server = calloc(1, sizeof *server);
  if (server == NULL) {
    abort();
  }
  server->settings = *settings;
  server->router = router;
  server->listen_socket = -1;
  server->epoll = epoll_create1(EPOLL_CLOEXEC);
  server->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  server->metrics = http_metrics_new(settings->metrics, settings->metrics_listener, router);
  (void)!getrandom(&server->id_prefix, sizeof server->id_prefix, 0);
  set_limits(&server->connections, settings);
  pthread_mutex_init(&server->mutex, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&server->drained, &monotonic);
  pthread_condattr_destroy(&monotonic);
  return server;
}

static struct error start(struct http_server *server)
{
  TRY(listener_open(server->settings.listen, &server->listen_socket, &server->port));
  server->daemon = start_daemon(server);
  if (server->daemon == NULL) {
    return error_make(ERROR_SETUP, "cannot start libmicrohttpd");
  }
  server->daemon_epoll = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  watch(server, server->wake, &server->wake);
  watch(server, server->listen_socket, &server->listen_socket);
  watch(server, server->daemon_epoll, &server->daemon_epoll);
  server->is_accepting = true;
  int failure = pthread_create(&server->thread, NULL, run, server);
  if (failure != 0) {
    MHD_stop_daemon(server->daemon);
    return error_make(ERROR_SETUP, "cannot start the http thread: %s", strerror(failure));
  }
  pthread_setname_np(server->thread, "http");
  return error_none();
}

struct error http_server_start(struct http_server_settings settings, const struct router *router, struct http_server **out)
{
  struct http_server *server = new_server(&settings, router);
  signal(SIGPIPE, SIG_IGN); /* libmicrohttpd may use sendfile, which knows no MSG_NOSIGNAL */
  struct error error = start(server);
  if (error.code != ERROR_NONE) {
    free_server(server);
    return error;
  }
  *out = server;
  return error_none();
}

uint16_t http_server_port(const struct http_server *server)
{
  return server->port;
}

bool http_server_drain(struct http_server *server, int grace_ms)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += grace_ms / 1000;
  until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&server->mutex);
  server->drain_wanted = true;
  wake(server);
  int waited = 0;
  while (!server->is_drained && waited == 0) {
    waited = pthread_cond_timedwait(&server->drained, &server->mutex, &until);
  }
  bool drained = server->is_drained;
  server->refuse_wanted = true;
  wake(server);
  while (!server->refuses) {
    pthread_cond_wait(&server->drained, &server->mutex);
  }
  pthread_mutex_unlock(&server->mutex);
  return drained;
}

void http_server_stop(struct http_server *server)
{
  if (server == NULL) {
    return;
  }
  pthread_mutex_lock(&server->mutex);
  server->stop_wanted = true;
  pthread_mutex_unlock(&server->mutex);
  wake(server);
  pthread_join(server->thread, NULL);
  free_server(server);
}
