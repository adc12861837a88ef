#include "server/http/request_head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/http/listener.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"

static const struct text KNOWN_NAMES[KNOWN_HEADER_COUNT] = {
    [HEADER_HOST] = {"host", 4},
    [HEADER_CONTENT_LENGTH] = {"content-length", 14},
    [HEADER_TRANSFER_ENCODING] = {"transfer-encoding", 17},
    [HEADER_CONTENT_ENCODING] = {"content-encoding", 16},
    [HEADER_ACCEPT_ENCODING] = {"accept-encoding", 15},
    [HEADER_X_REQUEST_ID] = {"x-request-id", 12},
    [HEADER_UPGRADE] = {"upgrade", 7},
    [HEADER_ORIGIN] = {"origin", 6},
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                   const char *value, size_t value_length)
{
  (void)kind;
  struct request *request = context;
  struct text found = {name, name_length};
  if (memchr(name, ' ', name_length) != NULL || memchr(name, '\t', name_length) != NULL) {
    request->header_name_has_space = true; /* "Content-Length : 5" is no Content-Length here, but is one to some proxies */
  }
  for (int i = 0; i < KNOWN_HEADER_COUNT; i++) {
    if (KNOWN_NAMES[i].length != name_length || !text_equal_ignoring_case(KNOWN_NAMES[i], found)) {
      continue;
    }
    if ((i == HEADER_CONTENT_LENGTH || i == HEADER_TRANSFER_ENCODING || i == HEADER_HOST) && request->known[i].data != NULL) {
      request->header_repeated = true;
    }
    request->known[i] = (struct text){value != NULL ? value : "", value_length};
  }
  return MHD_YES;
}

static enum http_method method_from(const char *name)
{
  static const struct {
    const char *name;
    enum http_method method;
  } METHODS[] = {{"GET", HTTP_GET},     {"POST", HTTP_POST},     {"HEAD", HTTP_HEAD},      {"PUT", HTTP_PUT},
                 {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS}};
  for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
    if (strcmp(METHODS[i].name, name) == 0) {
      return METHODS[i].method;
    }
  }
  return 0;
}

static bool is_request_id(struct text id)
{
  if (id.length == 0 || id.length >= REQUEST_ID_MAX) {
    return false;
  }
  for (size_t i = 0; i < id.length; i++) {
    char c = id.data[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return true;
}

/* "5f0c19ab-1f3": the process, then a count. Written by hand because every event that arrives gets one. */
static void make_id(struct request *request)
{
  static const char DIGITS[] = "0123456789abcdef";
  char reversed[16];
  size_t digits = 0;
  for (uint64_t rest = ++request->server->id_count; rest != 0; rest >>= 4) {
    reversed[digits++] = DIGITS[rest & 15];
  }
  size_t length = 0;
  for (int shift = 28; shift >= 0; shift -= 4) {
    request->id_bytes[length++] = DIGITS[(request->server->id_prefix >> shift) & 15];
  }
  request->id_bytes[length++] = '-';
  while (digits > 0) {
    request->id_bytes[length++] = reversed[--digits];
  }
  request->id_bytes[length] = '\0';
  request->id = (struct text){request->id_bytes, length};
}

static void choose_id(struct request *request)
{
  struct text sent = request->known[HEADER_X_REQUEST_ID];
  if (!is_request_id(sent)) {
    make_id(request);
    return;
  }
  memcpy(request->id_bytes, sent.data, sent.length);
  request->id_bytes[sent.length] = '\0';
  request->id = (struct text){request->id_bytes, sent.length};
}

void request_head_read(struct request *request, const char *method, const char *version)
{
  request->method = method_from(method);
  request->method_text = request->method != 0 ? method : "OTHER";
  request->is_http_1_0 = strcmp(version, "HTTP/1.0") == 0;
  request->received_at_us = clock_now_us();
  request->started_monotonic_us = clock_monotonic_us();
  MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, take_header, request);
  choose_id(request);
  struct text rest = request->target;
  if (!text_split(&rest, '?', &request->path_encoded)) {
    request->path_encoded = request->target;
  }
  request->path = request->path_encoded;
}

int64_t request_head_content_length(const struct request *request)
{
  int64_t length = -1;
  return text_to_int64(request->known[HEADER_CONTENT_LENGTH], &length) ? length : -1;
}

bool request_head_expects_body(const struct request *request)
{
  return request->known[HEADER_TRANSFER_ENCODING].data != NULL ||
         (request->known[HEADER_CONTENT_LENGTH].data != NULL && request_head_content_length(request) != 0);
}

bool request_head_is_gzip(struct text coding)
{
  return text_equal_ignoring_case(coding, TEXT("gzip")) || text_equal_ignoring_case(coding, TEXT("x-gzip"));
}

/* What could make us and a proxy in front disagree on where a request ends is refused (request smuggling). */
static struct error check_framing(const struct request *request)
{
  struct text encoding = request->known[HEADER_TRANSFER_ENCODING];
  struct text length = request->known[HEADER_CONTENT_LENGTH];
  if (request->header_repeated) {
    return error_make(ERROR_BAD_INPUT, "Host, Content-Length or Transfer-Encoding is given more than once");
  }
  if (request->header_name_has_space) {
    return error_make(ERROR_BAD_INPUT, "the name of a header has a space before its colon or in it");
  }
  if (encoding.data != NULL && length.data != NULL) {
    return error_make(ERROR_BAD_INPUT, "Transfer-Encoding and Content-Length exclude each other");
  }
  if (encoding.data != NULL && !text_equal_ignoring_case(encoding, TEXT("chunked"))) {
    return error_make(ERROR_BAD_INPUT, "the only Transfer-Encoding is chunked");
  }
  if (length.data != NULL && request_head_content_length(request) < 0) {
    return error_make(ERROR_BAD_INPUT, "Content-Length is not a number");
  }
  return error_none();
}

static struct error check_sizes(const struct request *request)
{
  if (request->target.length > HTTP_TARGET_MAX) {
    return error_make(ERROR_URI_TOO_LONG, "path and query may have %d bytes", HTTP_TARGET_MAX);
  }
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  if (info != NULL && info->header_size > HTTP_HEAD_MAX) {
    return error_make(ERROR_HEAD_TOO_LARGE, "the request's head may have %d bytes", HTTP_HEAD_MAX);
  }
  return error_none();
}

static struct error decode_path(struct request *request)
{
  if (memchr(request->path_encoded.data, '%', request->path_encoded.length) == NULL) {
    return error_none();
  }
  bool good = text_percent_decode(request->arena, request->path_encoded, &request->path) && text_is_utf8(request->path);
  for (int i = 0; good && i < request->match.parameter_count; i++) {
    struct text encoded = request->match.values[i];
    good = text_percent_decode(request->arena, encoded, &request->match.values[i]);
  }
  if (!good) {
    request->path = request->path_encoded;
    return error_make(ERROR_BAD_INPUT, "the path has a bad %%XX escape or is not UTF-8");
  }
  return error_none();
}

static void find_route(struct request *request)
{
  struct route_match *last = &request->server->last_match;
  if (last->route != NULL && last->route->method == request->method &&
      text_equal(text_from(last->route->pattern), request->path_encoded)) {
    request->match = *last;
    return;
  }
  request->match = router_match(request->server->router, request->method, request->path_encoded);
  if (request->match.parameter_count == 0) {
    *last = request->match;
  }
}

static struct error check_route(struct request *request)
{
  const struct http_server *server = request->server;
  find_route(request);
  TRY(decode_path(request));
  if (server->settings.on_websocket != NULL && text_equal(request->path_encoded, TEXT(STREAM_PATH))) {
    return error_make(ERROR_UPGRADE_REQUIRED, "open a WebSocket on a connection of its own");
  }
  if (request->match.route != NULL) {
    return error_none();
  }
  if (request->match.allowed == 0) {
    return error_make(ERROR_NOT_FOUND, "there is nothing at this path");
  }
  if (request->method == HTTP_OPTIONS) {
    response_options(request);
    return error_none();
  }
  return error_make(ERROR_METHOD_NOT_ALLOWED, "this path does not take %s", request->method_text);
}

/* A page of another site must not change anything with a browser's help: such requests always name their Origin. */
static struct error check_origin(const struct request *request)
{
  struct text origin = request->known[HEADER_ORIGIN];
  unsigned safe = HTTP_GET | HTTP_HEAD | HTTP_OPTIONS;
  if (origin.length == 0 || ((unsigned)request->method & safe) != 0 || response_origin_is_allowed(request)) {
    return error_none();
  }
  struct text own = request->known[HEADER_HOST];
  if (own.length > 0 && text_ends_with(origin, own) && origin.length > own.length + 3 &&
      memcmp(origin.data + origin.length - own.length - 3, "://", 3) == 0) {
    return error_none();
  }
  return error_make(ERROR_FORBIDDEN, "pages of this origin may not change anything here");
}

static struct error check_body(struct request *request)
{
  request->body_max = (size_t)request->match.route->body_max_bytes;
  if (request_head_content_length(request) > request->match.route->body_max_bytes) {
    return error_make(ERROR_BODY_TOO_LARGE, "the body may have %" PRId64 " bytes", request->match.route->body_max_bytes);
  }
  struct text coding = request->known[HEADER_CONTENT_ENCODING];
  if (coding.length > 0 && !request_head_is_gzip(coding) && !text_equal_ignoring_case(coding, TEXT("identity"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "the only Content-Encoding is gzip");
  }
  return error_none();
}

struct error request_head_check(struct request *request)
{
  TRY(check_framing(request));
  TRY(check_sizes(request));
  TRY(check_route(request));
  if (request->match.route == NULL) {
    return error_none(); /* OPTIONS */
  }
  TRY(check_origin(request));
  TRY(check_body(request));
  if (request->match.route->admit != NULL) {
    return request->match.route->admit(request, request->match.context);
  }
  return error_none();
}
