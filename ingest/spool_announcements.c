#include "ingest/spool_announcements.h"

#include <stdlib.h>

#include "ingest/objects/notification.h"
#include "ingest/events/rejected.h"

struct spool_announcements {
  struct object_queue *objects;
  struct batch_writer *writer;
};

/* An entry on its way to the queue, or to `rejected`; lives in its chunk's arena. */
struct respooled_notification {
  struct announcing announcing;
  struct delivery delivery;
  struct rejected rejected;
  struct spool_entry *entry;
};

static void give_back(struct spool_entry *entry, bool is_done)
{
  entry->next = NULL;
  spool_give_back(entry, is_done);
}

static bool is_ready(void *context)
{
  const struct spool_announcements *announcements = context;
  return object_queue_is_ready(announcements->objects) && batch_writer_is_ready(announcements->writer);
}

static void on_announced(struct announcing *first)
{
  while (first != NULL) {
    struct announcing *next = first->next;
    struct respooled_notification *respooled = first->owner;
    give_back(respooled->entry, first->outcome.code == ERROR_NONE);
    first = next;
  }
}

static void on_rejected(struct delivery *first)
{
  while (first != NULL) {
    struct delivery *next = first->next;
    struct respooled_notification *respooled = first->owner;
    give_back(respooled->entry, first->outcome.code == ERROR_NONE || first->outcome.code == ERROR_BAD_INPUT);
    first = next;
  }
}

static struct error announce(struct spool_announcements *announcements, struct respooled_notification *respooled,
                             const struct notification *notification)
{
  bool is_of_sns = respooled->entry->source == SOURCE_SNS;
  enum found_by by_webhook = notification->is_eventbridge ? FOUND_BY_EVENTBRIDGE : FOUND_BY_WEBHOOK;
  respooled->announcing = (struct announcing){.announcements = notification->created,
                                              .announcement_count = notification->created_count,
                                              .found_by = is_of_sns ? FOUND_BY_SNS : by_webhook,
                                              .on_done = on_announced,
                                              .owner = respooled};
  return object_queue_announce(announcements->objects, &respooled->announcing);
}

static struct error reject(struct spool_announcements *announcements, struct respooled_notification *respooled,
                           struct arena *arena, const struct error *reason)
{
  struct spool_entry *entry = respooled->entry;
  respooled->rejected = (struct rejected){.vehicle = {NULL, 0},
                                          .field = rejected_storable(text_copy(arena, text_from(reason->field))),
                                          .reason = rejected_storable(text_copy(arena, text_from(reason->detail))),
                                          .body = entry->body};
  respooled->delivery = (struct delivery){.rejects = &respooled->rejected,
                                          .reject_count = 1,
                                          .body = entry->body,
                                          .request_id = entry->request_id,
                                          .received_at_us = entry->received_at_us,
                                          .memory_bytes = entry->body.length,
                                          .source = entry->source,
                                          .is_repeatable = true,
                                          .on_done = on_rejected,
                                          .owner = respooled};
  return batch_writer_submit(announcements->writer, &respooled->delivery);
}

static void submit(struct spool_announcements *announcements, struct spool_entry *entry, struct arena *arena)
{
  struct respooled_notification *respooled = arena_alloc(arena, sizeof *respooled);
  struct notification notification;
  respooled->entry = entry;
  struct error reason = notification_read(arena, entry->body, &notification);
  if (reason.code == ERROR_NONE && notification.is_events) {
    reason = notification.not_a_form;
  }
  struct error error = reason.code == ERROR_NONE ? announce(announcements, respooled, &notification)
                                                 : reject(announcements, respooled, arena, &reason);
  if (error.code != ERROR_NONE) {
    give_back(entry, false);
  }
}

static void take(void *context, struct spool_entry *first, struct arena *arena)
{
  while (first != NULL) {
    struct spool_entry *next = first->next;
    submit(context, first, arena);
    first = next;
  }
}

struct spool_announcements *spool_announcements_new(struct object_queue *objects, struct batch_writer *writer)
{
  struct spool_announcements *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->objects = objects;
  made->writer = writer;
  return made;
}

void spool_announcements_free(struct spool_announcements *announcements)
{
  free(announcements);
}

struct spool_taker spool_announcements_taker(struct spool_announcements *announcements)
{
  return (struct spool_taker){.context = announcements, .is_ready = is_ready, .take = take};
}
