#include "server/aws/request.h"

#include <assert.h>
#include <stdlib.h>

#include "server/aws/uri.h"

enum { ARENA_BYTES = 2048, ANSWER_ARENA_BYTES = 2048, BODY_MAX_DEFAULT = 24 * 1024 * 1024 };

struct aws_request *aws_request_new(enum aws_service service, const char *operation, const char *method,
                                    struct aws_handlers handlers)
{
  struct aws_request *request = calloc(1, sizeof *request);
  if (request == NULL) {
    error_out_of_memory(sizeof *request);
  }
  request->arena = arena_new(ARENA_BYTES);
  request->answer_arena = arena_new(ANSWER_ARENA_BYTES);
  request->service = service;
  request->operation = operation;
  request->method = method;
  request->handlers = handlers;
  request->path = TEXT("/");
  request->body_max_bytes = BODY_MAX_DEFAULT;
  signer_hash(TEXT(""), request->payload_hash);
  return request;
}

void aws_request_free(struct aws_request *request)
{
  if (request == NULL) {
    return;
  }
  assert(!request->is_submitted);
  buffer_free(&request->answer_body);
  arena_free(request->answer_arena);
  arena_free(request->arena);
  free(request);
}

struct arena *aws_request_arena(struct aws_request *request)
{
  return request->arena;
}

void aws_request_set_body(struct aws_request *request, struct text body)
{
  request->body = text_copy(request->arena, body);
  signer_hash(request->body, request->payload_hash);
}

void aws_request_add_query(struct aws_request *request, const char *name, struct text value)
{
  assert(request->query_count < REQUEST_QUERY_MAX);
  request->query[request->query_count++] = (struct signer_pair){text_from(name), text_copy(request->arena, value)};
}

void aws_request_add_header(struct aws_request *request, const char *name, struct text value)
{
  assert(request->header_count < REQUEST_HEADERS_MAX);
  request->headers[request->header_count++] = (struct signer_pair){text_from(name), text_copy(request->arena, value)};
}

void aws_request_begin_attempt(struct aws_request *request)
{
  request->status = 0;
  request->answer_header_count = 0;
  request->answer_head_bytes = 0;
  buffer_clear(&request->answer_body);
  arena_reset(request->answer_arena);
}

bool aws_request_header(const struct aws_request *request, const char *name, struct text *value)
{
  for (size_t i = 0; i < request->answer_header_count; i++) {
    if (text_equal(request->answer_headers[i].name, text_from(name))) {
      *value = request->answer_headers[i].value;
      return true;
    }
  }
  return false;
}

struct text aws_request_body(const struct aws_request *request)
{
  return buffer_text(&request->answer_body);
}

struct error aws_plain_get(const char *url, const char *endpoint_url, size_t body_max_bytes, struct aws_handlers handlers,
                           struct aws_request **out)
{
  struct uri uri;
  struct uri endpoint;
  TRY(uri_parse(text_from(url), &uri));
  bool is_replaced = endpoint_url != NULL && endpoint_url[0] != '\0';
  if (is_replaced) {
    TRY(uri_parse(text_from(endpoint_url), &endpoint));
  }
  const struct uri *asked = is_replaced ? &endpoint : &uri;
  if (!asked->is_https && !uri_is_loopback(asked)) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not an https:// URL", TEXT_ARGS(text_cut(text_from(url), 120)));
  }
  struct aws_request *request = aws_request_new(AWS_PLAIN, "GET", "GET", handlers);
  request->url =
      text_from(arena_printf(request->arena, "%s://%.*s%s%.*s", asked->is_https ? "https" : "http", TEXT_ARGS(asked->authority),
                             text_starts_with(uri.target, TEXT("/")) ? "" : "/", TEXT_ARGS(uri.target)));
  request->subject = text_copy(request->arena, uri.host);
  request->body_max_bytes = body_max_bytes;
  *out = request;
  return error_none();
}
