#include "ingest/objects/sqs_poller.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/aws/aws_waiter.h"
#include "server/aws/sqs.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/log.h"
#include "server/metrics.h"

enum {
  QUEUES_MAX = 16,
  RECEIVERS_PER_QUEUE = 8,
  VISIBILITY_S = 60, /* far more than storing takes; what was left comes again after it */
  HELPER_WAIT_S = 1,
  DELETE_TRIES = 3,
  BACK_OFF_FIRST_MS = 500,
  BACK_OFF_MAX_MS = 30000,
  AWAY_CHECK_MS = 250,
  LEFT_RETRY_MS = 1000,
  ARENA_FIRST_BYTES = 64 * 1024,
};

struct sqs_queue {
  struct sqs_poller *poller;
  struct text url;
  atomic_bool is_busy; /* the last long poll brought a full set: helpers receive too */
};

struct receiver_thread {
  struct sqs_queue *queue;
  int number; /* 0: the one that waits in long polls */
  pthread_t thread;
  struct aws_waiter waiter;
  struct arena *arena;
  struct buffer scratch;
  int back_off_ms;
};

struct sqs_poller {
  struct sqs_poller_settings settings;
  struct sqs_queue queues[QUEUES_MAX];
  int queue_count;
  struct receiver_thread receivers[QUEUES_MAX * RECEIVERS_PER_QUEUE];
  int receiver_count;
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* a queue is busy, or the poller stops */
  bool is_stopping;
  struct counter *messages[SQS_FATE_COUNT];
  struct counter *errors;
};

/* ---- waiting ---- */

static bool is_stopping(struct sqs_poller *poller)
{
  pthread_mutex_lock(&poller->mutex);
  bool stops = poller->is_stopping;
  pthread_mutex_unlock(&poller->mutex);
  return stops;
}

/* False when the poller stops. */
static bool wait_ms(struct sqs_poller *poller, int milliseconds)
{
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t until_us = until.tv_sec * US_PER_SECOND + until.tv_nsec / 1000 + milliseconds * US_PER_MS;
  until = (struct timespec){.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
  pthread_mutex_lock(&poller->mutex);
  while (!poller->is_stopping && pthread_cond_timedwait(&poller->changed, &poller->mutex, &until) == 0) {
  }
  bool goes_on = !poller->is_stopping;
  pthread_mutex_unlock(&poller->mutex);
  return goes_on;
}

/* Until there is work for this thread, and a database to put it. */
static bool wait_for_turn(struct receiver_thread *receiver)
{
  struct sqs_poller *poller = receiver->queue->poller;
  pthread_mutex_lock(&poller->mutex);
  while (!poller->is_stopping && receiver->number != 0 && !atomic_load(&receiver->queue->is_busy)) {
    pthread_cond_wait(&poller->changed, &poller->mutex);
  }
  bool goes_on = !poller->is_stopping;
  pthread_mutex_unlock(&poller->mutex);
  while (goes_on &&
         !(object_queue_is_ready(poller->settings.intake.objects) && batch_writer_is_ready(poller->settings.intake.writer))) {
    goes_on = wait_ms(poller, AWAY_CHECK_MS);
  }
  return goes_on;
}

static void back_off(struct receiver_thread *receiver, const struct error *error, const char *event)
{
  struct sqs_poller *poller = receiver->queue->poller;
  if (error->code == ERROR_SHUTTING_DOWN || is_stopping(poller)) {
    return;
  }
  LOG_WARNING(event, "queue=%s detail=%s", log_quote(receiver->queue->url), log_quote_cstring(error->detail));
  if (poller->errors != NULL) {
    counter_add(poller->errors, 1);
  }
  (void)wait_ms(poller, receiver->back_off_ms);
  receiver->back_off_ms = receiver->back_off_ms * 2 < BACK_OFF_MAX_MS ? receiver->back_off_ms * 2 : BACK_OFF_MAX_MS;
}

/* ---- deleting ---- */

/* Moves those to the front that are to be tried again. */
static size_t keep_failed(struct text *handles, size_t count, const struct sqs_failure *failures, size_t failure_count)
{
  bool is_again[SQS_BATCH_MAX] = {false};
  for (size_t i = 0; i < failure_count; i++) {
    LOG_WARNING("sqs_message_not_deleted", "code=%s detail=%s", log_quote(failures[i].code), log_quote(failures[i].message));
    is_again[failures[i].index] |= failures[i].is_temporary;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (is_again[i]) {
      handles[kept++] = handles[i];
    }
  }
  return kept;
}

/* Those of `handles` that are to be tried again move to its front; *count is how many. */
static struct error delete_once(struct receiver_thread *receiver, struct text *handles, size_t *count)
{
  struct aws_request *request =
      sqs_delete_request(receiver->queue->url, handles, *count, aws_waiter_handlers(&receiver->waiter));
  struct error error = aws_waiter_call(&receiver->waiter, receiver->queue->poller->settings.client, request, NULL);
  struct sqs_failure *failures = NULL;
  size_t failure_count = 0;
  if (error.code == ERROR_NONE) {
    error = sqs_read_failures(request, receiver->arena, *count, &failures, &failure_count);
  }
  if (error.code == ERROR_NONE) {
    *count = keep_failed(handles, *count, failures, failure_count);
  }
  aws_request_free(request);
  return error;
}

/* One that stays in the queue all the same comes again, which changes nothing. */
static void delete_messages(struct receiver_thread *receiver, const struct sqs_message *messages, size_t count,
                            const enum sqs_fate *fates)
{
  struct text handles[SQS_BATCH_MAX];
  size_t handle_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (fates[i] != SQS_LEFT) {
      handles[handle_count++] = messages[i].receipt_handle;
    }
  }
  for (int tries = 0; handle_count != 0 && tries < DELETE_TRIES; tries++) {
    struct error error = delete_once(receiver, handles, &handle_count);
    if (error.code != ERROR_NONE) {
      back_off(receiver, &error, "sqs_delete_failed");
    }
  }
}

/* ---- receiving ---- */

static void count_fates(const struct sqs_poller *poller, const enum sqs_fate *fates, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (poller->messages[fates[i]] != NULL) {
      counter_add(poller->messages[fates[i]], 1);
    }
  }
}

/* Those that were left move to the front; how many. */
static size_t keep_left(struct sqs_message *messages, size_t count, const enum sqs_fate *fates)
{
  size_t left = 0;
  for (size_t i = 0; i < count; i++) {
    if (fates[i] == SQS_LEFT) {
      messages[left++] = messages[i];
    }
  }
  return left;
}

/* What cannot be stored now is tried again while nobody else sees it. */
static void take(struct receiver_thread *receiver, struct sqs_message *messages, size_t count)
{
  struct sqs_poller *poller = receiver->queue->poller;
  int64_t until_us = clock_monotonic_us() + VISIBILITY_S / 2 * US_PER_SECOND;
  while (count != 0) {
    enum sqs_fate *fates = NULL;
    sqs_intake_take(&poller->settings.intake, receiver->arena, &receiver->scratch, messages, count, &fates);
    count_fates(poller, fates, count);
    delete_messages(receiver, messages, count, fates);
    count = keep_left(messages, count, fates);
    if (count != 0 && (clock_monotonic_us() > until_us || !wait_ms(poller, LEFT_RETRY_MS))) {
      return;
    }
  }
}

static void set_busy(struct sqs_queue *queue, bool is_busy)
{
  if (atomic_exchange(&queue->is_busy, is_busy) != is_busy && is_busy) {
    pthread_mutex_lock(&queue->poller->mutex);
    pthread_cond_broadcast(&queue->poller->changed);
    pthread_mutex_unlock(&queue->poller->mutex);
  }
}

static void receive(struct receiver_thread *receiver)
{
  struct sqs_message *messages = NULL;
  size_t count = 0;
  int wait_s = receiver->number == 0 ? SQS_WAIT_MAX_S : HELPER_WAIT_S;
  arena_reset(receiver->arena);
  struct aws_request *request =
      sqs_receive_request(receiver->queue->url, wait_s, VISIBILITY_S, aws_waiter_handlers(&receiver->waiter));
  struct error error = aws_waiter_call(&receiver->waiter, receiver->queue->poller->settings.client, request, NULL);
  if (error.code == ERROR_NONE) {
    error = sqs_read_messages(request, receiver->arena, &messages, &count);
  }
  if (error.code != ERROR_NONE) {
    back_off(receiver, &error, "sqs_receive_failed");
  } else {
    receiver->back_off_ms = BACK_OFF_FIRST_MS;
    set_busy(receiver->queue, count == SQS_BATCH_MAX);
    take(receiver, messages, count);
  }
  aws_request_free(request);
}

static void *run(void *argument)
{
  struct receiver_thread *receiver = argument;
  while (wait_for_turn(receiver)) {
    receive(receiver);
  }
  return NULL;
}

/* ---- starting and stopping ---- */

static struct error read_urls(struct sqs_poller *poller)
{
  struct text rest = text_from(poller->settings.queue_urls);
  struct text url;
  while (text_split(&rest, ',', &url)) {
    url = text_trim(url);
    struct error error = sqs_check_queue_url(url);
    if (error.code != ERROR_NONE || poller->queue_count == QUEUES_MAX) {
      return error_at(ERROR_SETUP, "sqs-queue-url", "%.*s: %s", TEXT_ARGS(url),
                      error.code != ERROR_NONE ? error.detail : "too many queues, at most 16");
    }
    poller->queues[poller->queue_count++] = (struct sqs_queue){.poller = poller, .url = url};
  }
  return error_none();
}

static void register_metrics(struct sqs_poller *poller)
{
  static const char *const words[SQS_FATE_COUNT] = {"taken", "ignored", "rejected", "left"};
  struct metrics *metrics = poller->settings.metrics;
  for (int i = 0; i < SQS_FATE_COUNT && metrics != NULL; i++) {
    char labels[32];
    (void)snprintf(labels, sizeof labels, "result=\"%s\"", words[i]);
    poller->messages[i] = metrics_counter(metrics, "crumbtrail_sqs_messages_total", labels,
                                          "Messages received from SQS; those that were left come again.");
  }
  if (metrics != NULL) {
    poller->errors = metrics_counter(metrics, "crumbtrail_sqs_errors_total", "", "Requests to SQS that failed.");
  }
}

static void free_poller(struct sqs_poller *poller)
{
  for (int i = 0; i < poller->receiver_count; i++) {
    aws_waiter_destroy(&poller->receivers[i].waiter);
    arena_free(poller->receivers[i].arena);
    buffer_free(&poller->receivers[i].scratch);
  }
  pthread_cond_destroy(&poller->changed);
  pthread_mutex_destroy(&poller->mutex);
  free(poller);
}

static void init_poller(struct sqs_poller *poller)
{
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&poller->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&poller->mutex, NULL);
  register_metrics(poller);
}

struct error sqs_poller_start(struct sqs_poller_settings settings, struct sqs_poller **poller)
{
  *poller = NULL;
  if (text_trim(text_from(settings.queue_urls)).length == 0) {
    return error_none();
  }
  struct sqs_poller *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  init_poller(made);
  struct error error = read_urls(made);
  if (error.code != ERROR_NONE) {
    free_poller(made);
    return error;
  }
  for (int i = 0; i < made->queue_count * RECEIVERS_PER_QUEUE; i++) {
    struct receiver_thread *receiver = &made->receivers[made->receiver_count++];
    *receiver = (struct receiver_thread){.queue = &made->queues[i / RECEIVERS_PER_QUEUE],
                                         .number = i % RECEIVERS_PER_QUEUE,
                                         .arena = arena_new(ARENA_FIRST_BYTES),
                                         .back_off_ms = BACK_OFF_FIRST_MS};
    aws_waiter_init(&receiver->waiter);
    if (pthread_create(&receiver->thread, NULL, run, receiver) != 0) {
      abort();
    }
  }
  *poller = made;
  return error_none();
}

void sqs_poller_stop(struct sqs_poller *poller)
{
  if (poller == NULL) {
    return;
  }
  pthread_mutex_lock(&poller->mutex);
  poller->is_stopping = true;
  pthread_cond_broadcast(&poller->changed);
  pthread_mutex_unlock(&poller->mutex);
  for (int i = 0; i < poller->receiver_count; i++) {
    aws_waiter_cancel(&poller->receivers[i].waiter);
  }
  for (int i = 0; i < poller->receiver_count; i++) {
    (void)pthread_join(poller->receivers[i].thread, NULL);
  }
  free_poller(poller);
}
