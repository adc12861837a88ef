#include "server/aws/aws_waiter.h"

#include <time.h>

#include "server/base/clock.h"

enum { STOP_CHECK_MS = 200 };

void aws_waiter_init(struct aws_waiter *waiter)
{
  *waiter = (struct aws_waiter){.request = NULL};
  pthread_mutex_init(&waiter->mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&waiter->done, &attributes);
  pthread_condattr_destroy(&attributes);
}

void aws_waiter_destroy(struct aws_waiter *waiter)
{
  pthread_cond_destroy(&waiter->done);
  pthread_mutex_destroy(&waiter->mutex);
}

static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct aws_waiter *waiter = context;
  (void)request;
  pthread_mutex_lock(&waiter->mutex);
  waiter->outcome = *outcome;
  waiter->is_done = true;
  pthread_cond_signal(&waiter->done);
  pthread_mutex_unlock(&waiter->mutex);
}

struct aws_handlers aws_waiter_handlers(struct aws_waiter *waiter)
{
  return (struct aws_handlers){.context = waiter, .on_done = on_done};
}

static void wait_a_while(struct aws_waiter *waiter)
{
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t until_us = until.tv_sec * US_PER_SECOND + until.tv_nsec / 1000 + STOP_CHECK_MS * US_PER_MS;
  until = (struct timespec){.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
  (void)pthread_cond_timedwait(&waiter->done, &waiter->mutex, &until);
  if (waiter->stop != NULL && *waiter->stop != 0 && !waiter->is_cancelled) {
    waiter->is_cancelled = true;
    aws_cancel(waiter->request);
  }
}

struct error aws_waiter_call(struct aws_waiter *waiter, struct aws_client *client, struct aws_request *request,
                             struct aws_outcome *outcome)
{
  pthread_mutex_lock(&waiter->mutex);
  waiter->is_done = false;
  struct error error = waiter->is_cancelled ? error_make(ERROR_SHUTTING_DOWN, "it was stopped") : aws_submit(client, request);
  waiter->outcome = (struct aws_outcome){.result = AWS_CANCELLED, .error = error};
  if (error.code == ERROR_NONE) {
    waiter->request = request;
    while (!waiter->is_done) {
      wait_a_while(waiter);
    }
    waiter->request = NULL;
    error = waiter->outcome.error;
  }
  if (outcome != NULL) {
    *outcome = waiter->outcome;
  }
  pthread_mutex_unlock(&waiter->mutex);
  return error;
}

void aws_waiter_cancel(struct aws_waiter *waiter)
{
  pthread_mutex_lock(&waiter->mutex);
  waiter->is_cancelled = true;
  if (waiter->request != NULL && !waiter->is_done) {
    aws_cancel(waiter->request);
  }
  pthread_mutex_unlock(&waiter->mutex);
}
