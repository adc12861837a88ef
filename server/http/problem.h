/* How an error is told to a client: the one table of error code -> HTTP status, title and log level, and RFC 9457 JSON.
 *
 * {"type","title","status","detail","instance","errors":[{"name","reason"}],"request_id"}; the detail is left out from 500 on.
 * Thread: any. */
#ifndef CRUMBTRAIL_SERVER_HTTP_PROBLEM_H
#define CRUMBTRAIL_SERVER_HTTP_PROBLEM_H

#include "server/base/error.h"
#include "server/base/text.h"
#include "server/log.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

struct problem_kind {
  int status;
  const char *title;
  enum log_level level;
};

struct problem_kind problem_kind(enum error_code code);

/* Appends the JSON document. `instance` is the path of the request, without its query. */
void problem_write(struct buffer *out, const struct error *error, struct text instance, struct text request_id);

#endif
