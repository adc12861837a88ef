/* One HTTP request and its response, from the head to the last byte.
 *
 * A request is made by the HTTP thread (server/http/http_server.c), owns an arena that lives until the response has been sent,
 * and is used by one thread at a time: the HTTP thread, or the query worker that it was handed to.
 * Texts borrow from the arena or the connection and live as long as the request. */
#ifndef CRUMBTRAIL_SERVER_HTTP_REQUEST_H
#define CRUMBTRAIL_SERVER_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct request;

enum http_method {
  HTTP_GET = 1,
  HTTP_HEAD = 2,
  HTTP_POST = 4,
  HTTP_PUT = 8,
  HTTP_PATCH = 16,
  HTTP_DELETE = 32,
  HTTP_OPTIONS = 64,
};

struct arena *request_arena(struct request *request);
struct text request_path(const struct request *request);   /* decoded, without the query */
struct text request_target(const struct request *request); /* as sent: path and query */
struct text request_id(const struct request *request);     /* also in header x-request-id of the answer and in logs */
struct text request_body(const struct request *request);   /* whole, decompressed when Content-Encoding was gzip */
/* Empty when absent; name in any case. Not after response_begin. */
struct text request_header(const struct request *request, const char *name);
bool request_is_head(const struct request *request);
int64_t request_received_at_us(const struct request *request); /* wall clock when the head was complete */

/* The part of the path that {name} in the route's pattern matched, percent-decoded. Asserts that the pattern has it. */
struct text request_path_parameter(const struct request *request, const char *name);

/* Query parameters in order, percent-decoded ('+' is a space; clock_parse takes it for the sign of an offset). None when the
 * query is malformed, which request_parameters_only reports. */
struct request_parameter {
  struct text name;
  struct text value;
};
int request_parameter_count(const struct request *request);
struct request_parameter request_parameter_at(const struct request *request, int index);
/* First value; false when absent. */
bool request_parameter_find(const struct request *request, const char *name, struct text *value);
/* ERROR_BAD_INPUT naming the first parameter that is not in the NULL-terminated list, or a repeated one unless its name in the
 * list ends with '*'. */
struct error request_parameters_only(const struct request *request, const char *const *known) ERROR_MUST_CHECK;

/* Scheme and authority for absolute links ("http://127.0.0.1:8080"): X-Forwarded-Proto/-Host are read only from loopback
 * peers. */
struct text request_base_url(struct request *request);

/* ---- answering ----
 * Small answers: set status, headers and the body buffer, return error_none() from the handler.
 * Large answers (query workers only): response_begin, then response_write as often as needed; what was written goes out while
 * the rest is made, with at most STREAM_WINDOW_BYTES waiting (then response_write blocks; it fails with ERROR_CLIENT_GONE when
 * the client went away or stopped reading). A handler that returns an error before response_begin is answered with
 * problem+json; after it the transfer is broken off so that nobody takes half a file for a whole.
 * gzip is applied when the client asks for it, the type is compressible and the body is not tiny. */

enum { STREAM_WINDOW_BYTES = 256 * 1024 };

void response_status(struct request *request, int status); /* default 200 */
/* `name` is a literal; the value is copied into the arena. */
void response_header(struct request *request, const char *name, const char *value_format, ...)
    __attribute__((format(printf, 3, 4)));
void response_content_type(struct request *request, const char *content_type);
/* Body of a small answer; append to it. */
struct buffer *response_body(struct request *request);
/* Bytes that outlive the request as the body, without a copy (the page's files). They are sent as they are. */
void response_body_borrowed(struct request *request, struct text bytes);
/* Whether the client takes gzip: for handlers that keep a compressed form and say so in Content-Encoding themselves. */
bool request_accepts_gzip(const struct request *request);
/* Strong or weak entity tag (with quotes, W/ in front when weak). When If-None-Match has it, true: the answer is now 304 and
 * the handler returns without a body. */
bool response_not_modified(struct request *request, const char *etag);

struct error response_begin(struct request *request) ERROR_MUST_CHECK;
struct error response_write(struct request *request, const void *bytes, size_t length) ERROR_MUST_CHECK;
/* response_write of all that is in the buffer when it holds at least 16 KiB (or `flush`), then clears it. For HEAD it only
 * clears, and after the first call returns ERROR_CLIENT_GONE so that the handler ends early. */
struct error response_write_buffer(struct request *request, struct buffer *buffer, bool flush) ERROR_MUST_CHECK;

/* Deferred answers (route kind ROUTE_DEFERRED): the handler has kept the request and returned error_none(); whoever completes
 * it calls this on the HTTP thread (see http_server_post), once. */
void request_complete(struct request *request, struct error outcome);

#endif
