#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/base/clock.h"
#include "server/http/gzip.h"
#include "server/http/problem.h"
#include "server/http/request.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"

enum { COMPRESS_FROM_BYTES = 1024, WRITE_FROM_BYTES = 16 * 1024, ALLOW_MAX = 64 };

void response_status(struct request *request, int status)
{
  assert(!request->begun);
  request->status = status;
}

static void set_field(struct request *request, const char *name, const char *value)
{
  assert(!request->begun);
  for (int i = 0; i < request->field_count; i++) {
    if (strcasecmp(request->fields[i].name, name) == 0) {
      request->fields[i].value = value;
      return;
    }
  }
  assert(request->field_count < RESPONSE_HEADERS_MAX);
  request->fields[request->field_count++] = (struct response_field){name, value};
}

void response_header(struct request *request, const char *name, const char *value_format, ...)
{
  char short_value[512];
  va_list arguments;
  va_start(arguments, value_format);
  int length = vsnprintf(short_value, sizeof short_value, value_format, arguments);
  va_end(arguments);
  if (length < 0) {
    return;
  }
  char *value = arena_alloc_bytes(request->arena, (size_t)length + 1);
  va_start(arguments, value_format);
  vsnprintf(value, (size_t)length + 1, value_format, arguments);
  va_end(arguments);
  set_field(request, name, value);
}

const char *response_find(const struct request *request, const char *name)
{
  for (int i = 0; i < request->field_count; i++) {
    if (strcasecmp(request->fields[i].name, name) == 0) {
      return request->fields[i].value;
    }
  }
  return NULL;
}

void response_content_type(struct request *request, const char *content_type)
{
  request->content_type = text_to_cstring(request->arena, text_from(content_type));
}

struct buffer *response_body(struct request *request)
{
  return &request->answer;
}

void response_body_borrowed(struct request *request, struct text bytes)
{
  request->answer_borrowed = bytes;
  request->compression_decided = true;
}

void response_reset(struct request *request)
{
  assert(!request->begun);
  request->status = 200;
  request->content_type = NULL;
  request->field_count = 0;
  request->etag = NULL;
  request->compressed = false;
  request->compression_decided = false;
  request->answer_borrowed = (struct text){NULL, 0};
  buffer_clear(&request->answer);
}

/* Entity tags compare weakly here (RFC 9110, 8.8.3.2): W/ is left out. */
static struct text opaque_tag(struct text tag)
{
  tag = text_trim(tag);
  return text_starts_with(tag, TEXT("W/")) ? (struct text){tag.data + 2, tag.length - 2} : tag;
}

bool response_not_modified(struct request *request, const char *etag)
{
  request->etag = text_to_cstring(request->arena, text_from(etag));
  struct text rest = request_header(request, "if-none-match");
  struct text candidate;
  while (text_split(&rest, ',', &candidate)) {
    candidate = opaque_tag(candidate);
    if (text_equal(candidate, TEXT("*")) || text_equal(candidate, opaque_tag(text_from(etag)))) {
      request->status = 304;
      return true;
    }
  }
  return false;
}

static bool may_compress(const struct request *request)
{
  return request->status != 304 && request->content_type != NULL && response_find(request, "content-encoding") == NULL &&
         gzip_is_worthwhile(text_from(request->content_type)) && request_accepts_gzip(request);
}

/* A compressed form is not the same bytes: its tag can only be weak. */
static void mark_compressed(struct request *request)
{
  request->compressed = true;
  if (request->etag != NULL && request->etag[0] == '"') {
    request->etag = arena_printf(request->arena, "W/%s", request->etag);
  }
}

void response_compress(struct request *request)
{
  if (request->compression_decided) {
    return;
  }
  request->compression_decided = true;
  if (request->answer.length < COMPRESS_FROM_BYTES || !may_compress(request)) {
    return;
  }
  struct buffer compressed = {0};
  gzip_compress(buffer_text(&request->answer), &compressed);
  buffer_free(&request->answer);
  request->answer = compressed;
  mark_compressed(request);
}

static void set_allow(struct request *request)
{
  static const struct {
    enum http_method method;
    const char *name;
  } METHODS[] = {{HTTP_GET, "GET"},     {HTTP_HEAD, "HEAD"},     {HTTP_POST, "POST"},      {HTTP_PUT, "PUT"},
                 {HTTP_PATCH, "PATCH"}, {HTTP_DELETE, "DELETE"}, {HTTP_OPTIONS, "OPTIONS"}};
  char allow[ALLOW_MAX] = "";
  size_t length = 0;
  for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
    if ((request->match.allowed & (unsigned)METHODS[i].method) != 0) {
      length += (size_t)snprintf(allow + length, sizeof allow - length, "%s%s", length == 0 ? "" : ", ", METHODS[i].name);
    }
  }
  response_header(request, "Allow", "%s", allow);
}

void response_options(struct request *request)
{
  request->status = 204;
  set_allow(request);
}

void response_problem(struct request *request, const struct error *error)
{
  struct error copy = *error; /* it may be the request's own outcome, and texts of the answer are reset */
  response_reset(request);
  struct problem_kind kind = problem_kind(copy.code);
  request->status = kind.status;
  const struct route *route = request->match.route;
  if (route != NULL && route->write_error != NULL) {
    route->write_error(request, &copy);
  } else {
    request->content_type = PROBLEM_CONTENT_TYPE;
    problem_write(&request->answer, &copy, request->path, request->id);
  }
  if (kind.status == 503) {
    /* Spread by the clock, so that all who were refused at once do not come back at once. */
    response_header(request, "Retry-After", "%d", 1 + (int)(request->received_at_us / US_PER_MS % 3));
  }
  if (kind.status == 405) {
    set_allow(request);
  }
  if (kind.status == 401) {
    response_header(request, "WWW-Authenticate", "Bearer realm=\"crumbtrail\"");
  }
  if (kind.status == 426) {
    response_header(request, "Upgrade", "websocket");
    request->close_after = true;
  }
  if (kind.level > LOG_LEVEL_DEBUG && exchange_may_log(request->server)) {
    log_event(kind.level, "request_failed", "request_id=%s error=%s field=%s sqlstate=%s detail=%s", request->id_bytes,
              error_slug(copy.code), log_quote_cstring(copy.field), log_quote_cstring(copy.sqlstate),
              log_quote_cstring(copy.detail));
  }
}

struct error response_begin(struct request *request)
{
  assert(request->worker_busy && !request->begun);
  request->compression_decided = true;
  if (may_compress(request)) {
    mark_compressed(request);
  }
  if (!request_is_head(request)) {
    request->stream = response_stream_new(request, request->compressed, request->workers_stopping);
  }
  request->begun = true;
  return error_none();
}

struct error response_write(struct request *request, const void *bytes, size_t length)
{
  assert(request->begun);
  if (request->stream == NULL) {
    return error_make(ERROR_CLIENT_GONE, "HEAD needs no body");
  }
  return response_stream_write(request->stream, (struct text){bytes, length});
}

struct error response_write_buffer(struct request *request, struct buffer *buffer, bool flush)
{
  if (buffer->length == 0 || (!flush && buffer->length < WRITE_FROM_BYTES)) {
    return error_none();
  }
  struct error error = response_write(request, buffer->data, buffer->length);
  buffer_clear(buffer);
  return error;
}
