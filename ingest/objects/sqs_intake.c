#include "ingest/objects/sqs_intake.h"

#include <pthread.h>

#include "ingest/objects/announcement.h"
#include "ingest/objects/notification.h"
#include "server/base/clock.h"
#include "server/log.h"

struct intake {
  const struct sqs_intake_settings *settings;
  struct arena *arena;
  struct buffer *scratch;
  enum sqs_fate *fates;
  size_t count;
  struct announcement *announcements;
  size_t announcement_count;
  size_t announcement_capacity;
  bool *has_announcements; /* of each message */
  struct announcing announcing;
  struct delivery *deliveries; /* of each message; owner NULL: it has none */
  pthread_mutex_t mutex;       /* guards pending */
  pthread_cond_t done;
  size_t pending;
};

/* ---- coming back ---- */

static void one_done(struct intake *intake)
{
  pthread_mutex_lock(&intake->mutex);
  intake->pending--;
  pthread_cond_signal(&intake->done);
  pthread_mutex_unlock(&intake->mutex);
}

static void on_announced(struct announcing *first)
{
  for (struct announcing *announcing = first; announcing != NULL;) {
    struct announcing *next = announcing->next; /* it is gone once its owner knows */
    one_done(announcing->owner);
    announcing = next;
  }
}

static void on_stored(struct delivery *first)
{
  for (struct delivery *delivery = first; delivery != NULL;) {
    struct delivery *next = delivery->next;
    one_done(delivery->owner);
    delivery = next;
  }
}

/* ---- reading ---- */

static void add_announcements(struct intake *intake, size_t index, const struct notification *notification)
{
  size_t needed = intake->announcement_count + notification->created_count;
  if (needed > intake->announcement_capacity) {
    size_t capacity = needed * 2;
    struct announcement *grown = arena_alloc_array(intake->arena, capacity, sizeof *grown);
    if (intake->announcement_count != 0) {
      memcpy(grown, intake->announcements, intake->announcement_count * sizeof *grown);
    }
    intake->announcements = grown;
    intake->announcement_capacity = capacity;
  }
  memcpy(intake->announcements + intake->announcement_count, notification->created,
         notification->created_count * sizeof *intake->announcements);
  intake->announcement_count = needed;
  intake->has_announcements[index] = true;
}

static struct delivery *add_delivery(struct intake *intake, size_t index, const struct sqs_message *message)
{
  struct delivery *delivery = &intake->deliveries[index];
  *delivery =
      (struct delivery){.body = message->body,
                        .request_id = text_from(arena_printf(intake->arena, "sqs:%.*s", TEXT_ARGS(message->message_id))),
                        .received_at_us = clock_now_us(),
                        .memory_bytes = message->body.length,
                        .source = SOURCE_SNS,
                        .is_repeatable = true,
                        .on_done = on_stored,
                        .owner = intake};
  return delivery;
}

static void add_events(struct intake *intake, size_t index, const struct sqs_message *message, struct text body)
{
  struct delivery *delivery = add_delivery(intake, index, message);
  struct event_input input = {.body = body, .now_us = delivery->received_at_us, .source = SOURCE_SNS};
  struct events events;
  event_read(intake->arena, intake->scratch, &intake->settings->events, &input, &events);
  delivery->body = body;
  delivery->breadcrumbs = events.breadcrumbs;
  delivery->breadcrumb_count = events.breadcrumb_count;
  delivery->rejects = events.rejects;
  delivery->reject_count = events.reject_count;
  if (events.breadcrumb_count + events.reject_count == 0) {
    delivery->owner = NULL;
  } else if (events.breadcrumb_count == 0) {
    intake->fates[index] = SQS_REJECTED;
  }
}

static void add_reject(struct intake *intake, size_t index, const struct sqs_message *message, const struct error *error)
{
  struct rejected *reject = arena_alloc(intake->arena, sizeof *reject);
  struct delivery *delivery = add_delivery(intake, index, message);
  *reject = (struct rejected){.field = rejected_storable(text_copy(intake->arena, text_from(error->field))),
                              .reason = rejected_storable(text_copy(intake->arena, text_from(error->detail))),
                              .body = message->body};
  delivery->rejects = reject;
  delivery->reject_count = 1;
  intake->fates[index] = SQS_REJECTED;
  LOG_WARNING("sqs_message_rejected", "message_id=%s field=%s detail=%s", log_quote(message->message_id),
              log_quote_cstring(error->field), log_quote_cstring(error->detail));
}

static void read_message(struct intake *intake, size_t index, const struct sqs_message *message)
{
  struct notification notification;
  struct error error = notification_read(intake->arena, message->body, &notification);
  intake->fates[index] = SQS_IGNORED;
  if (error.code != ERROR_NONE) {
    add_reject(intake, index, message, &error);
    return;
  }
  if (notification.created_count != 0) {
    intake->fates[index] = SQS_TAKEN;
    add_announcements(intake, index, &notification);
  }
  if (notification.is_events) {
    intake->fates[index] = SQS_TAKEN;
    add_events(intake, index, message, notification.events);
  }
  for (size_t i = 0; i < notification.ignored_count; i++) {
    LOG_DEBUG("notification_ignored", "message_id=%s what=%s", log_quote(message->message_id),
              log_quote(notification.ignored[i].what));
  }
}

/* ---- storing ---- */

/* What cannot be submitted has come back at once. */
static void submit_deliveries(struct intake *intake)
{
  for (size_t i = 0; i < intake->count; i++) {
    struct delivery *delivery = &intake->deliveries[i];
    struct error error = delivery->owner != NULL ? batch_writer_submit(intake->settings->writer, delivery) : error_none();
    if (error.code != ERROR_NONE) {
      delivery->outcome = error;
      one_done(intake);
    }
  }
}

static void submit_announcements(struct intake *intake)
{
  intake->announcing = (struct announcing){.announcements = intake->announcements,
                                           .announcement_count = intake->announcement_count,
                                           .found_by = FOUND_BY_SQS,
                                           .on_done = on_announced,
                                           .owner = intake};
  struct error error =
      intake->announcement_count != 0 ? object_queue_announce(intake->settings->objects, &intake->announcing) : error_none();
  if (error.code != ERROR_NONE) {
    intake->announcing.outcome = error;
    one_done(intake);
  }
}

static void store(struct intake *intake)
{
  intake->pending = intake->announcement_count != 0;
  for (size_t i = 0; i < intake->count; i++) {
    intake->pending += intake->deliveries[i].owner != NULL;
  }
  submit_deliveries(intake);
  submit_announcements(intake);
  pthread_mutex_lock(&intake->mutex);
  while (intake->pending != 0) {
    pthread_cond_wait(&intake->done, &intake->mutex);
  }
  pthread_mutex_unlock(&intake->mutex);
}

static void judge(struct intake *intake, size_t index)
{
  const struct delivery *delivery = &intake->deliveries[index];
  bool is_left = intake->has_announcements[index] && intake->announcing.outcome.code != ERROR_NONE;
  if (delivery->owner != NULL && delivery->outcome.code == ERROR_BAD_INPUT) {
    intake->fates[index] = SQS_REJECTED; /* the database refuses what it says, and has kept it */
  } else if (delivery->owner != NULL && delivery->outcome.code != ERROR_NONE) {
    is_left = true;
  }
  if (is_left) {
    intake->fates[index] = SQS_LEFT;
  }
}

void sqs_intake_take(const struct sqs_intake_settings *settings, struct arena *arena, struct buffer *scratch,
                     const struct sqs_message *messages, size_t count, enum sqs_fate **fates)
{
  struct intake intake = {.settings = settings,
                          .arena = arena,
                          .scratch = scratch,
                          .fates = arena_alloc_array(arena, count, sizeof(enum sqs_fate)),
                          .count = count,
                          .has_announcements = arena_alloc_array(arena, count, sizeof(bool)),
                          .deliveries = arena_alloc_array(arena, count, sizeof(struct delivery))};
  pthread_mutex_init(&intake.mutex, NULL);
  pthread_cond_init(&intake.done, NULL);
  for (size_t i = 0; i < count; i++) {
    read_message(&intake, i, &messages[i]);
  }
  store(&intake);
  for (size_t i = 0; i < count; i++) {
    judge(&intake, i);
  }
  pthread_cond_destroy(&intake.done);
  pthread_mutex_destroy(&intake.mutex);
  *fates = intake.fates;
}
