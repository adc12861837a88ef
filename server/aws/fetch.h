/* One small HTTP request that waits: metadata endpoints and STS. Only for the credentials' thread. */
#ifndef CRUMBTRAIL_SERVER_AWS_FETCH_H
#define CRUMBTRAIL_SERVER_AWS_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum { FETCH_HEADERS_MAX = 4, FETCH_BODY_MAX = 256 * 1024 };

struct fetch {
  const char *method; /* GET, PUT, POST */
  const char *url;
  const char *headers[FETCH_HEADERS_MAX]; /* "Name: value" */
  size_t header_count;
  struct text body;
  int timeout_ms; /* of one try */
  int tries;      /* a second apart, after failures of the connection and 5xx */
  bool is_local;  /* never through a proxy */
};

struct fetch_answer {
  int status;
  struct text body; /* in the arena */
};

/* `stop` ends it early when it becomes true. Redirects are not followed. ERROR_INTERNAL: there was no answer, and why. */
struct error fetch_wait(struct arena *arena, const struct fetch *fetch, const atomic_bool *stop,
                        struct fetch_answer *answer) ERROR_MUST_CHECK;

#endif
