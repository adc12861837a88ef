#include "server/http/request.h"

#include <assert.h>
#include <microhttpd.h>
#include <string.h>

#include "server/http/gzip.h"
#include "server/http/query_string.h"
#include "server/http/request_state.h"

struct http_server *request_server(const struct request *request)
{
  return request->server;
}

struct arena *request_arena(struct request *request)
{
  return request->arena;
}

struct text request_path(const struct request *request)
{
  return request->path;
}

struct text request_target(const struct request *request)
{
  return request->target;
}

struct text request_id(const struct request *request)
{
  return request->id;
}

struct text request_body(const struct request *request)
{
  return (struct text){request->body, request->body_length};
}

bool request_is_head(const struct request *request)
{
  return request->method == HTTP_HEAD;
}

int64_t request_received_at_us(const struct request *request)
{
  return request->received_at_us;
}

bool request_accepts_gzip(const struct request *request)
{
  return gzip_is_accepted(request->known[HEADER_ACCEPT_ENCODING]);
}

struct text request_header(const struct request *request, const char *name)
{
  assert(!request->begun); /* from then on the connection may end at any time, and its headers with it */
  const char *value = NULL;
  size_t length = 0;
  if (MHD_lookup_connection_value_n(request->mhd, MHD_HEADER_KIND, name, strlen(name), &value, &length) != MHD_YES ||
      value == NULL) {
    return (struct text){"", 0};
  }
  return text_trim((struct text){value, length}); /* RFC 9110 section 5.5; the library leaves what follows */
}

struct text request_path_parameter(const struct request *request, const char *name)
{
  struct text wanted = text_from(name);
  for (int i = 0; i < request->match.parameter_count; i++) {
    if (text_equal(request->match.names[i], wanted)) {
      return request->match.values[i];
    }
  }
  assert(false && "the route's pattern has no such parameter");
  return (struct text){"", 0};
}

/* Parsed when first asked for: an ingest request never is. */
static void parse_parameters(const struct request *request)
{
  if (request->parameters_parsed) {
    return;
  }
  struct request *lazy = (struct request *)(uintptr_t)request;
  lazy->parameters_parsed = true;
  size_t query_start = request->path_encoded.length + 1;
  struct text query = {"", 0};
  if (request->target.length > query_start) {
    query = (struct text){request->target.data + query_start, request->target.length - query_start};
  }
  lazy->parameters_error = query_string_parse(request->arena, query, &lazy->parameters, &lazy->parameter_count);
}

int request_parameter_count(const struct request *request)
{
  parse_parameters(request);
  return request->parameter_count;
}

struct request_parameter request_parameter_at(const struct request *request, int index)
{
  assert(index >= 0 && index < request_parameter_count(request));
  return request->parameters[index];
}

bool request_parameter_find(const struct request *request, const char *name, struct text *value)
{
  struct text wanted = text_from(name);
  for (int i = 0; i < request_parameter_count(request); i++) {
    if (text_equal(request->parameters[i].name, wanted)) {
      *value = request->parameters[i].value;
      return true;
    }
  }
  return false;
}

static struct error check_parameter(const struct request *request, int index, const char *const *known)
{
  struct text name = request->parameters[index].name;
  char *field = text_to_cstring(request->arena, name);
  for (; *known != NULL; known++) {
    struct text allowed = text_from(*known);
    bool repeatable = text_ends_with(allowed, TEXT("*"));
    allowed.length -= repeatable;
    if (!text_equal(allowed, name)) {
      continue;
    }
    for (int i = 0; i < index && !repeatable; i++) {
      if (text_equal(request->parameters[i].name, name)) {
        return error_at(ERROR_BAD_INPUT, field, "the parameter is given more than once");
      }
    }
    return error_none();
  }
  return error_at(ERROR_BAD_INPUT, field, "there is no such parameter here");
}

struct error request_parameters_only(const struct request *request, const char *const *known)
{
  int count = request_parameter_count(request);
  if (request->parameters_error.code != ERROR_NONE) {
    return request->parameters_error;
  }
  for (int i = 0; i < count; i++) {
    TRY(check_parameter(request, i, known));
  }
  return error_none();
}

/* What may stand in a link without quoting trouble: names, IPv4, [IPv6] and a port. */
static bool is_authority(struct text host)
{
  if (host.length == 0 || host.length > 255) {
    return false;
  }
  for (size_t i = 0; i < host.length; i++) {
    char c = host.data[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && strchr(".-_:[]", c) == NULL) {
      return false;
    }
  }
  return true;
}

struct text request_base_url(struct request *request)
{
  const char *scheme = "http";
  struct text host = request->known[HEADER_HOST];
  if (request->peer_is_loopback) {
    struct text forwarded = request_header(request, "x-forwarded-host");
    host = is_authority(forwarded) ? forwarded : host;
    scheme = text_equal_ignoring_case(request_header(request, "x-forwarded-proto"), TEXT("https")) ? "https" : "http";
  }
  if (!is_authority(host)) {
    host = TEXT("localhost");
  }
  return text_from(arena_printf(request->arena, "%s://%.*s", scheme, TEXT_ARGS(host)));
}
