/* Posts bodies over kept connections, many at a time.
 *
 * What is refused for a while (503, 429, other 5xx) or meets a lost connection is sent again, with growing pauses, until it is
 * answered or given up. Owns its connections (libcurl's multi interface). Thread: one at a time; everything, the callbacks too,
 * happens inside these calls. Only http_sender_wake may be called by any thread. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_HTTP_SENDER_H
#define CRUMBTRAIL_INGEST_GENERATOR_HTTP_SENDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct http_sender;

struct http_sender_settings {
  const char *const *headers; /* "name: value" of every request, NULL-terminated; copied */
  int connections;            /* requests at a time */
  const volatile sig_atomic_t *stop;
};

enum { HTTP_POST_ID_MAX = 40 };

struct http_answer {
  long status;      /* 0: given up without an answer */
  struct text body; /* its first 64 KiB; lives until the callback returns */
  const char *id;   /* of the post */
  int64_t events;
};

struct http_post {
  const char *method;         /* "POST"; any other goes without a body */
  const char *url;            /* copied */
  struct buffer *body;        /* its bytes are taken, an empty buffer is left; NULL for other methods */
  const char *const *headers; /* besides those of every request, NULL-terminated, copied; NULL: none */
  const char *id;             /* copied; NULL: "" */
  int64_t events;
  void (*on_answer)(void *context, const struct http_answer *answer); /* once, for every post */
  void *context;
};

/* ERROR_SETUP unless it begins with http:// or https://, names a host, and is not too long. `flag` is named. */
struct error http_sender_check_url(const char *flag, const char *url) ERROR_MUST_CHECK;

struct error http_sender_new(struct http_sender_settings settings, struct http_sender **sender) ERROR_MUST_CHECK;
void http_sender_free(struct http_sender *sender); /* accepts NULL; calls nobody */

/* Called in every turn, for what its owner has to do meanwhile; gives when it wants to be called at the latest
 * (clock_monotonic_us, INT64_MAX: whenever). May post while http_sender_can_post. */
void http_sender_on_turn(struct http_sender *sender, int64_t (*on_turn)(void *context), void *context);

bool http_sender_can_post(const struct http_sender *sender);
/* Takes turns until a post is possible. False: stop was asked for, or no post can succeed any more. */
bool http_sender_wait(struct http_sender *sender);
/* http_sender_can_post must be true. */
void http_sender_post(struct http_sender *sender, const struct http_post *post);

/* One round: everything that can go on goes on; then waits until something moves, or until that moment. */
void http_sender_turn(struct http_sender *sender, int64_t until_us);
/* Ends the waiting of a turn. Thread: any. */
void http_sender_wake(struct http_sender *sender);
/* Every post is answered. */
bool http_sender_is_idle(const struct http_sender *sender);
/* All that is not answered failed before and waits to be sent again. */
bool http_sender_only_retries(const struct http_sender *sender);
/* Ends what is not answered, with status 0. */
void http_sender_give_up(struct http_sender *sender);

/* Tells the user once, on standard error, that something is tried again and again, and why. */
void http_sender_say_trying(struct http_sender *sender, const char *what, const char *reason);
/* Keeps the first reason. A hopeless one makes http_sender_wait refuse from now on. */
void http_sender_fail(struct http_sender *sender, bool is_hopeless, const char *what, struct text detail);
/* The same for an answer that is no success; a wrong key, path or method is hopeless. */
void http_sender_fail_answer(struct http_sender *sender, const char *what, const struct http_answer *answer);
bool http_sender_is_stopped(const struct http_sender *sender);     /* asked to, or hopeless */
const char *http_sender_failure(const struct http_sender *sender); /* "" when there is none */
int64_t http_sender_retries(const struct http_sender *sender);

#endif
