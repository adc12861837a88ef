/* One request on libmicrohttpd's side: its head is judged, its body collected, its handler run, its answer sent. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "server/base/clock.h"
#include "server/http/connections.h"
#include "server/http/gzip.h"
#include "server/http/http_metrics.h"
#include "server/http/query_workers.h"
#include "server/http/request_head.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"
#include "server/log.h"

enum { SLOW_US = 1000000, BODY_FIRST_BYTES = 4096, LOG_LINES_PER_SECOND = 20, ASKED_MAX = 16 };

void *exchange_on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
  struct http_server *server = context;
  struct connection *connection = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
  struct request *request = request_take(server);
  request->connection = connection;
  request->mhd = mhd;
  request->peer_is_loopback = connection->is_loopback;
  request->target = text_copy(request->arena, text_from(target));
  connection->request = request;
  return request;
}

void request_suspend(struct request *request)
{
  request->suspended = true;
  connection_enter(&request->server->connections, request->connection, CONNECTION_WORKING);
  MHD_suspend_connection(request->mhd);
}

/* Taking a connection out of libmicrohttpd's epoll and putting it back costs three system calls. Where the answer is a matter
 * of milliseconds it stays, and libmicrohttpd asks for the answer with every turn; after so many turns it is suspended. */
static void await_soon(struct request *request)
{
  request->is_awaited = true;
  request->asked_count = 0;
  request->server->awaited_count++;
}

static void end_awaiting(struct request *request)
{
  if (request->is_awaited) {
    request->is_awaited = false;
    request->server->awaited_count--;
  }
}

static void ask_again(struct request *request)
{
  if (request->is_awaited && ++request->asked_count >= ASKED_MAX) {
    end_awaiting(request);
    request_suspend(request);
  }
}

void request_resume(struct request *request)
{
  bool was_suspended = request->suspended;
  if (!was_suspended && !request->is_awaited) {
    return;
  }
  end_awaiting(request);
  request->server->has_progressed = true;
  request->suspended = false;
  if (request->stage == STAGE_WORKING) {
    request->stage = STAGE_READY;
  }
  if (request->stage == STAGE_BODY) {
    body_stream_resumed(request);
  } else if (request->stage == STAGE_ANSWERED) {
    connection_enter(&request->server->connections, request->connection, CONNECTION_WRITING);
  }
  if (was_suspended) {
    MHD_resume_connection(request->mhd);
  }
}

void request_complete(struct request *request, struct error outcome)
{
  assert(request->stage == STAGE_WORKING);
  if (outcome.code != ERROR_NONE) { /* success is the rule, and an error is half a kilobyte */
    request->outcome = outcome;
  }
  request->stage = STAGE_READY;
  if (request->connection == NULL) { /* the client has gone meanwhile */
    request_recycle(request);
  } else {
    request_resume(request);
  }
}

/* ---- the outcome of a query ---- */

static void finish_query(struct http_task *task)
{
  struct request *request = (struct request *)task;
  request->worker_busy = false;
  if (request->connection == NULL) {
    request_recycle(request);
  } else if (request->stream == NULL) {
    request_resume(request);
  }
}

void request_finish_query(struct request *request, struct error outcome)
{
  if (request->stream != NULL) {
    response_stream_end(request->stream, outcome.code == ERROR_NONE);
    if (outcome.code != ERROR_NONE && outcome.code != ERROR_CLIENT_GONE) {
      log_error(LOG_LEVEL_WARNING, "transfer_broken_off", &outcome);
    }
  } else if (!request->begun) {
    request->outcome = outcome;
    if (outcome.code == ERROR_NONE) {
      response_compress(request);
    }
  }
  request->task = (struct http_task){.run = finish_query};
  http_server_post(request->server, &request->task);
}

/* ---- head, body, handler ---- */

static enum MHD_Result send_answer(struct request *request)
{
  return response_send(request) ? MHD_YES : MHD_NO;
}

/* Answered before the body is there: the connection cannot go on, and what still arrives must not reset it. */
static enum MHD_Result answer_early(struct request *request, struct error error)
{
  request->outcome = error;
  if (request_head_expects_body(request)) {
    request->close_after = true;
    request->connection->linger = true;
  }
  return send_answer(request);
}

static enum MHD_Result on_head(struct request *request, const char *method, const char *version)
{
  request_head_read(request, method, version);
  struct error error = request_head_check(request);
  if (error.code != ERROR_NONE || request->method == HTTP_OPTIONS) {
    return answer_early(request, error);
  }
  if (request->match.route->stream != NULL) {
    error = body_stream_begin(request);
    if (error.code != ERROR_NONE) {
      return answer_early(request, error);
    }
  } else {
    connection_enter(&request->server->connections, request->connection, CONNECTION_BODY);
  }
  request->stage = STAGE_BODY;
  return MHD_YES;
}

/* libmicrohttpd takes no answer in the middle of a body, so this one goes past it. */
static void refuse_body(struct request *request)
{
  char head[256];
  int length = snprintf(head, sizeof head,
                        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nX-Request-Id: %s\r\nContent-Length: 0\r\n\r\n",
                        request->id_bytes);
  (void)!send(request->connection->socket, head, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
  request->status = 413;
  request->stage = STAGE_ANSWERED;
  request->connection->linger = true;
}

static bool take_bytes(struct request *request, const char *bytes, size_t count)
{
  size_t needed = request->body_length + count;
  if (needed > request->body_max) {
    return false;
  }
  if (needed > request->body_capacity) {
    size_t capacity = request->body_capacity == 0 ? BODY_FIRST_BYTES : request->body_capacity * 2;
    int64_t announced = request_head_content_length(request);
    capacity = announced > 0 ? (size_t)announced : capacity;
    capacity = capacity < needed ? needed : capacity;
    char *larger = arena_alloc_bytes(request->arena, capacity);
    if (request->body_length > 0) {
      memcpy(larger, request->body, request->body_length);
    }
    request->body = larger;
    request->body_capacity = capacity;
  }
  memcpy(request->body + request->body_length, bytes, count);
  request->body_length = needed;
  return true;
}

static struct error decompress(struct request *request)
{
  struct text coding = request->known[HEADER_CONTENT_ENCODING];
  if (request->body_length == 0 || !request_head_is_gzip(coding)) {
    return error_none();
  }
  struct text plain;
  TRY(gzip_inflate(request->arena, request_body(request), request->body_max, &plain));
  request->body = (char *)(uintptr_t)plain.data;
  request->body_length = plain.length;
  return error_none();
}

static struct error start_query(struct request *request)
{
  struct http_server *server = request->server;
  if (server->settings.workers == NULL) {
    return error_make(ERROR_INTERNAL, "there are no query workers on this port");
  }
  request->worker_busy = true; /* the worker may be done before this returns; its task runs after us */
  struct error error = query_workers_submit(server->settings.workers, request, request->match.route, request->match.context);
  if (error.code != ERROR_NONE) { /* else it is no longer ours to touch */
    request->worker_busy = false;
  }
  return error;
}

static enum MHD_Result end_stream(struct request *request)
{
  struct error error = body_stream_end(request);
  if (error.code == ERROR_NONE && request->suspended) {
    return MHD_YES;
  }
  if (error.code != ERROR_NONE) {
    request->outcome = error;
  }
  return send_answer(request);
}

static enum MHD_Result run_handler(struct request *request)
{
  const struct route *route = request->match.route;
  connection_enter(&request->server->connections, request->connection, CONNECTION_WORKING);
  struct error error =
      request->server->is_refusing ? error_make(ERROR_SHUTTING_DOWN, "the server is stopping") : decompress(request);
  if (error.code == ERROR_NONE && route->handle != NULL) {
    error = route->handle(request, request->match.context);
  } else if (error.code == ERROR_NONE) {
    request->stage = STAGE_WORKING;
    error = route->accept != NULL ? route->accept(request, request->match.context) : start_query(request);
    if (error.code == ERROR_NONE && request->stage == STAGE_WORKING) {
      if (route->is_answered_soon) {
        await_soon(request);
      } else {
        request_suspend(request);
      }
      return MHD_YES;
    }
  }
  if (error.code != ERROR_NONE) {
    request->outcome = error;
  }
  return send_answer(request);
}

enum MHD_Result exchange_on_request(void *context, struct MHD_Connection *mhd, const char *path, const char *method,
                                    const char *version, const char *bytes, size_t *byte_count, void **request_context)
{
  (void)context;
  (void)mhd;
  (void)path;
  struct request *request = *request_context;
  if (request->stage == STAGE_WORKING) {
    ask_again(request);
    *byte_count = 0;
    return MHD_YES;
  }
  request->server->has_progressed = true;
  switch (request->stage) {
  case STAGE_HEAD:
    return on_head(request, method, version);
  case STAGE_BODY:
    if (*byte_count == 0) {
      return request->incoming != NULL ? end_stream(request) : run_handler(request);
    }
    if (request->incoming != NULL) {
      body_stream_take(request, bytes, byte_count);
      return MHD_YES;
    }
    if (!take_bytes(request, bytes, *byte_count)) {
      refuse_body(request);
      return MHD_NO;
    }
    *byte_count = 0;
    return MHD_YES;
  case STAGE_READY:
    return send_answer(request);
  case STAGE_WORKING:
  case STAGE_ANSWERED:
    break;
  }
  *byte_count = 0;
  return MHD_YES;
}

/* ---- the end ---- */

bool exchange_may_log(struct http_server *server)
{
  if (log_is_on(LOG_LEVEL_DEBUG)) {
    return true;
  }
  int64_t second = clock_monotonic_us() / US_PER_SECOND;
  if (second != server->log_second) {
    if (server->log_left_out > 0) {
      LOG_WARNING("requests_not_logged", "count=%llu", (unsigned long long)server->log_left_out);
    }
    server->log_second = second;
    server->log_lines = 0;
    server->log_left_out = 0;
  }
  if (server->log_lines >= LOG_LINES_PER_SECOND) {
    server->log_left_out++;
    return false;
  }
  server->log_lines++;
  return true;
}

static void account(struct request *request, enum MHD_RequestTerminationCode reason)
{
  if (request->started_monotonic_us == 0) {
    return; /* not even the head came */
  }
  int status = request->stage == STAGE_ANSWERED ? request->status : 499;
  int64_t duration_us = clock_monotonic_us() - request->started_monotonic_us;
  http_metrics_answered(request->server->metrics, request->match.index, status, duration_us, request->sent_bytes);
  bool is_of_note = status >= 500 || status == 401 || duration_us >= SLOW_US; /* a sender with a wrong key must leave a trace */
  enum log_level level = is_of_note ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
  if (!log_is_on(level) || (level > LOG_LEVEL_DEBUG && !exchange_may_log(request->server))) {
    return;
  }
  /* The query may hold a bounding box: it is shown at debug level only. */
  struct text shown = log_is_on(LOG_LEVEL_DEBUG) ? request->target : request->path_encoded;
  log_event(level, "request", "request_id=%s method=%s path=%s status=%d ms=%.1f bytes=%llu%s", request->id_bytes,
            request->method_text, log_quote(shown), status, (double)duration_us / (double)US_PER_MS,
            (unsigned long long)request->sent_bytes, reason == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " complete=false");
}

void exchange_on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                           enum MHD_RequestTerminationCode reason)
{
  (void)mhd;
  struct http_server *server = context;
  struct request *request = *request_context;
  *request_context = NULL;
  server->has_progressed = true;
  if (request == NULL) {
    return;
  }
  account(request, reason);
  plain_answer_give_back(&server->spare_answers, request->plain);
  request->plain = NULL;
  struct connection *connection = request->connection;
  connection->request = NULL;
  connection_enter(&server->connections, connection, CONNECTION_IDLE);
  request->connection = NULL;
  bool is_kept = request->is_awaited; /* by who completes it */
  end_awaiting(request);
  if (is_kept) {
    return;
  }
  if (!request->worker_busy) {
    request_recycle(request);
  } else if (request->stream != NULL) {
    response_stream_abandon(request->stream); /* the worker's last task recycles it */
  }
}

void exchange_give_up(struct http_server *server)
{
  for (struct connection *connection = server->connections.first; connection != NULL; connection = connection->next) {
    struct request *request = connection->request;
    if (request == NULL || !(request->suspended || request->is_awaited)) {
      continue;
    }
    if (request->stage == STAGE_WORKING && !request->begun) {
      request->outcome = error_make(ERROR_SHUTTING_DOWN, "the server stops");
    }
    request_resume(request);
  }
}
