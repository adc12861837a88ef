#include "server/http/body_stream.h"

#include <inttypes.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/http/connections.h"
#include "server/http/gzip.h"
#include "server/http/request_head.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"

enum { SLICE_BYTES = 64 * 1024 };

struct body_stream {
  const struct body_handler *handler;
  void *stream; /* the handler's; NULL: there is none yet */
  struct error error;
  int64_t bytes_max;
  int64_t bytes;
  int64_t inflated_bytes;
  int64_t left_us; /* of the deadline, while it stands still */
  struct gunzip_stream *gunzip;
  char *slice;          /* inflated */
  struct text inflated; /* what the handler has not taken of it */
  bool is_complete;     /* the client has sent all of it */
  bool may_hold_more;   /* the slice was full */
};

static void set_deadline(struct request *request, int64_t deadline_us)
{
  connection_enter(&request->server->connections, request->connection, CONNECTION_BODY);
  if (request->incoming->handler->timeout_ms > 0) {
    request->connection->deadline_us = deadline_us;
  }
}

struct error body_stream_begin(struct request *request)
{
  const struct route *route = request->match.route;
  struct body_stream *body = calloc(1, sizeof *body);
  if (body == NULL) {
    abort();
  }
  body->handler = route->stream;
  body->bytes_max = route->body_max_bytes;
  body->error = error_none();
  if (request_head_is_gzip(request->known[HEADER_CONTENT_ENCODING])) {
    body->gunzip = gunzip_stream_new();
    body->slice = arena_alloc_bytes(request->arena, SLICE_BYTES);
  }
  request->incoming = body;
  if (request->server->is_refusing) {
    return error_make(ERROR_SHUTTING_DOWN, "the server is stopping");
  }
  TRY(body->handler->begin(request, request->match.context, &body->stream));
  set_deadline(request, clock_monotonic_us() + body->handler->timeout_ms * US_PER_MS);
  return error_none();
}

void body_stream_free(struct body_stream *body)
{
  if (body != NULL) {
    if (body->stream != NULL) {
      body->handler->release(body->stream);
    }
    gunzip_stream_free(body->gunzip);
    free(body);
  }
}

/* ---- bytes ---- */

static bool has_failed(struct request *request)
{
  struct body_stream *body = request->incoming;
  if (body->error.code == ERROR_NONE && request->server->is_refusing) {
    body->error = error_make(ERROR_SHUTTING_DOWN, "the server is stopping");
  }
  return body->error.code != ERROR_NONE;
}

static void count(struct body_stream *body, size_t bytes, int64_t *total)
{
  *total += (int64_t)bytes;
  if (*total > body->bytes_max) {
    body->error = error_make(ERROR_BODY_TOO_LARGE, "the body may have %" PRId64 " bytes", body->bytes_max);
  }
}

static void hand_over(struct body_stream *body, struct text *bytes)
{
  struct error error = body->handler->data(body->stream, bytes);
  if (error.code != ERROR_NONE) {
    body->error = error;
  }
}

static void inflate(struct body_stream *body, struct text *rest)
{
  size_t length = 0;
  struct error error = gunzip_stream_read(body->gunzip, rest, body->slice, SLICE_BYTES, &length);
  count(body, length, &body->inflated_bytes);
  if (error.code != ERROR_NONE) {
    body->error = error;
  }
  body->inflated = (struct text){body->slice, length};
  body->may_hold_more = length == SLICE_BYTES;
}

/* Everything to the handler, until it leaves something. */
static void take_gzip(struct body_stream *body, struct text *rest)
{
  while (body->error.code == ERROR_NONE) {
    if (body->inflated.length != 0) {
      hand_over(body, &body->inflated);
    }
    if (body->inflated.length != 0 || (rest->length == 0 && !body->may_hold_more)) {
      return;
    }
    inflate(body, rest);
  }
}

static bool is_waiting(const struct body_stream *body, struct text rest)
{
  return body->error.code == ERROR_NONE && (rest.length != 0 || body->inflated.length != 0);
}

static void pause_body(struct request *request)
{
  request->incoming->left_us = request->connection->deadline_us - clock_monotonic_us();
  request_suspend(request);
}

void body_stream_resumed(struct request *request)
{
  if (request->incoming->is_complete) {
    connection_enter(&request->server->connections, request->connection, CONNECTION_WORKING);
    return;
  }
  set_deadline(request, clock_monotonic_us() + request->incoming->left_us);
}

void request_continue_body(struct request *request)
{
  if (request->stage == STAGE_BODY) {
    request_resume(request);
  }
}

void *request_body_stream(const struct request *request)
{
  return request->incoming != NULL ? request->incoming->stream : NULL;
}

void body_stream_take(struct request *request, const char *bytes, size_t *byte_count)
{
  struct body_stream *body = request->incoming;
  struct text rest = {bytes, *byte_count};
  if (request->suspended) { /* libmicrohttpd goes on with the next chunk of those that it has */
    return;
  }
  if (!has_failed(request)) {
    if (body->gunzip != NULL) {
      take_gzip(body, &rest);
    } else {
      hand_over(body, &rest);
    }
    count(body, *byte_count - rest.length, &body->bytes);
  }
  if (!is_waiting(body, rest)) {
    *byte_count = 0; /* with an error, the rest is thrown away */
    return;
  }
  *byte_count = rest.length;
  pause_body(request);
}

/* ---- the end ---- */

static struct error end_body(struct request *request, bool *waits)
{
  struct body_stream *body = request->incoming;
  struct text none = {"", 0};
  if (!has_failed(request) && body->gunzip != NULL) {
    take_gzip(body, &none);
    *waits = is_waiting(body, none);
    if (body->error.code == ERROR_NONE && !*waits && !gunzip_stream_may_end(body->gunzip)) {
      body->error = error_make(ERROR_BAD_INPUT, "the body's gzip ends too early");
    }
  }
  if (body->error.code != ERROR_NONE || *waits) {
    return body->error;
  }
  request->stage = STAGE_WORKING; /* the answer may come from within */
  struct error error = body->handler->end(body->stream, waits);
  if (*waits && error.code == ERROR_NONE) {
    request->stage = STAGE_BODY;
  }
  return error;
}

struct error body_stream_end(struct request *request)
{
  bool waits = false;
  request->incoming->is_complete = true;
  connection_enter(&request->server->connections, request->connection, CONNECTION_WORKING);
  TRY(end_body(request, &waits));
  if (waits || request->stage == STAGE_WORKING) {
    request_suspend(request);
  }
  return error_none();
}
