/* The head of a request: read once, judged once, before a byte of the body is taken.
 * Thread: the HTTP thread. */
#ifndef CRUMBTRAIL_SERVER_HTTP_REQUEST_HEAD_H
#define CRUMBTRAIL_SERVER_HTTP_REQUEST_HEAD_H

#include "server/base/error.h"
#include "server/base/text.h"

struct request;

enum { HTTP_TARGET_MAX = 8 * 1024 };

/* Fills method, path, known headers, id and times. */
void request_head_read(struct request *request, const char *method, const char *version);
/* Finds the route and says what is wrong with the request. OPTIONS is answered here: 204 with Allow. */
struct error request_head_check(struct request *request) ERROR_MUST_CHECK;

/* -1 when absent or not a number. */
int64_t request_head_content_length(const struct request *request);
bool request_head_expects_body(const struct request *request);
bool request_head_is_gzip(struct text coding);

#endif
