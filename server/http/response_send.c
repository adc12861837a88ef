/* From the request's answer to libmicrohttpd's: the headers that every answer carries, and the body in its three forms. */
#include <assert.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "server/http/connections.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"

enum { STREAM_BLOCK_BYTES = 32 * 1024 };

static void add(struct MHD_Response *response, const char *name, const char *value)
{
  MHD_add_response_header(response, name, value);
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t capacity)
{
  (void)position;
  struct request *request = context;
  size_t length = 0;
  request->server->has_progressed = true;
  switch (response_stream_read(request->stream, out, capacity, &length)) {
  case STREAM_BYTES:
    request->sent_bytes += length;
    return (ssize_t)length;
  case STREAM_WAIT:
    request_suspend(request);
    return 0;
  case STREAM_END:
    return MHD_CONTENT_READER_END_OF_STREAM;
  case STREAM_BROKEN:
    break;
  }
  if (request->is_http_1_0) { /* without chunks only a reset tells half from whole */
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(request->connection->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *make_response(struct request *request)
{
  if (request->begun) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, request, NULL);
  }
  struct text body = request->answer_borrowed.data != NULL ? request->answer_borrowed : buffer_text(&request->answer);
  bool empty = request->status == 204 || request->status == 304;
  request->sent_bytes = empty || request_is_head(request) ? 0 : body.length;
  /* The bytes live until libmicrohttpd says that the request is completed. */
  return MHD_create_response_from_buffer(empty ? 0 : body.length, (void *)(uintptr_t)body.data, MHD_RESPMEM_PERSISTENT);
}

bool response_origin_is_allowed(const struct request *request)
{
  struct text origin = request->known[HEADER_ORIGIN];
  struct text rest = text_from(request->server->settings.allowed_origins);
  struct text allowed;
  while (origin.length > 0 && text_split(&rest, ',', &allowed)) {
    if (text_equal_ignoring_case(text_trim(allowed), origin)) {
      return true;
    }
  }
  return false;
}

static void add_cross_origin(struct request *request, struct MHD_Response *response)
{
  if (!response_origin_is_allowed(request)) {
    return;
  }
  add(response, "Access-Control-Allow-Origin", request->known[HEADER_ORIGIN].data); /* libmicrohttpd terminates it */
  add(response, "Access-Control-Expose-Headers", "ETag, Link, Retry-After, X-Request-Id");
  if (request->method == HTTP_OPTIONS) {
    const char *allow = response_find(request, "allow");
    add(response, "Access-Control-Allow-Methods", allow != NULL ? allow : "GET");
    add(response, "Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match, X-Ingest-Key, X-Request-Id");
    add(response, "Access-Control-Max-Age", "86400");
  }
}

static void add_caching(const struct request *request, struct MHD_Response *response)
{
  if (request->etag != NULL) {
    add(response, "ETag", request->etag);
  }
  if (response_find(request, "cache-control") != NULL) {
    return;
  }
  if (request->etag != NULL) {
    add(response, "Cache-Control", "private, no-cache");
  } else if (request->status >= 400 || text_starts_with(request->path_encoded, TEXT("/v1/"))) {
    add(response, "Cache-Control", "no-store");
  }
}

static void add_headers(struct request *request, struct MHD_Response *response)
{
  if (request->content_type != NULL && request->status != 204 && request->status != 304) {
    add(response, "Content-Type", request->content_type);
  }
  if (request->compressed) {
    add(response, "Content-Encoding", "gzip");
  }
  for (int i = 0; i < request->field_count; i++) {
    add(response, request->fields[i].name, request->fields[i].value);
  }
  add(response, "X-Request-Id", request->id_bytes);
  add(response, "X-Content-Type-Options", "nosniff");
  if (request->method == HTTP_GET || request->method == HTTP_HEAD) {
    add(response, "Vary", "Accept, Accept-Encoding, Origin");
    add(response, "Referrer-Policy", "no-referrer");
  }
  const char *policy = request->server->settings.content_security_policy;
  if (policy != NULL && request->content_type != NULL && strncasecmp(request->content_type, "text/html", 9) == 0 &&
      response_find(request, "content-security-policy") == NULL) {
    add(response, "Content-Security-Policy", policy);
  }
  add_caching(request, response);
  if (request->known[HEADER_ORIGIN].length > 0) {
    add_cross_origin(request, response);
  }
  if (request->close_after || request->server->is_draining) {
    add(response, "Connection", "close");
  }
}

/* Whether its headers are those of every plain_answer. */
static bool is_plain(const struct request *request)
{
  return request->method == HTTP_POST && request->status == 200 && !request->begun && !request->compressed &&
         request->answer_borrowed.data == NULL && request->answer.length > 0 && request->answer.length <= PLAIN_BODY_MAX &&
         request->content_type != NULL && strcmp(request->content_type, "application/json") == 0 && request->field_count == 0 &&
         request->etag == NULL && request->known[HEADER_ORIGIN].length == 0 && !request->close_after &&
         !request->server->is_draining && !text_starts_with(request->path_encoded, TEXT("/v1/"));
}

static bool send_plain(struct request *request)
{
  struct text body = buffer_text(&request->answer);
  request->plain = plain_answer_take(&request->server->spare_answers, body, request->id_bytes);
  if (request->plain == NULL) {
    return false;
  }
  request->sent_bytes = body.length;
  return MHD_queue_response(request->mhd, 200, plain_answer_response(request->plain)) == MHD_YES;
}

static bool send_own(struct request *request)
{
  struct MHD_Response *response = make_response(request);
  if (response == NULL) {
    return false;
  }
  add_headers(request, response);
  enum MHD_Result queued = MHD_queue_response(request->mhd, (unsigned)request->status, response);
  MHD_destroy_response(response);
  return queued == MHD_YES;
}

bool response_send(struct request *request)
{
  if (!request->begun) { /* else outcome, arena and answer are still the worker's */
    if (request->outcome.code == ERROR_CLIENT_GONE) {
      return false;
    }
    if (request->outcome.code != ERROR_NONE) {
      response_problem(request, &request->outcome);
    }
    response_compress(request);
  }
  request->stage = STAGE_ANSWERED;
  connection_enter(&request->server->connections, request->connection, CONNECTION_WRITING);
  return is_plain(request) ? send_plain(request) : send_own(request);
}
