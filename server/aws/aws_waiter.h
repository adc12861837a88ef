/* Waits for requests to AWS one after the other, on a thread that somebody else may want to end meanwhile.
 *
 * Owns nothing. Thread: aws_waiter_call one at a time, never the AWS client's; aws_waiter_cancel any. */
#ifndef CRUMBTRAIL_SERVER_AWS_AWS_WAITER_H
#define CRUMBTRAIL_SERVER_AWS_AWS_WAITER_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "server/aws/client.h"

struct aws_waiter {
  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t done;
  struct aws_request *request; /* under way, or NULL */
  bool is_done;
  bool is_cancelled;
  struct aws_outcome outcome;
  const volatile sig_atomic_t *stop; /* looked at while it waits: once set, as if cancelled; may be NULL */
};

void aws_waiter_init(struct aws_waiter *waiter);
void aws_waiter_destroy(struct aws_waiter *waiter);

/* For the request that is then given to aws_waiter_call. */
struct aws_handlers aws_waiter_handlers(struct aws_waiter *waiter);
/* Like aws_call: outcome.error; *outcome may be NULL. The request stays the caller's. */
struct error aws_waiter_call(struct aws_waiter *waiter, struct aws_client *client, struct aws_request *request,
                             struct aws_outcome *outcome) ERROR_MUST_CHECK;
/* Ends the request that is under way; every later one ends at once with ERROR_SHUTTING_DOWN. */
void aws_waiter_cancel(struct aws_waiter *waiter);

#endif
