#include "ingest/spool_events.h"

#include <stdlib.h>

#include "ingest/events/event_copy.h"

struct spool_events {
  struct batch_writer *writer;
  struct event_settings settings;
  struct arena *trees; /* of one body at a time */
  struct buffer scratch;
};

enum { TREES_ARENA_BYTES = 64 * 1024 };

/* An entry on its way through the writer; lives in its chunk's arena. */
struct respooled {
  struct delivery delivery;
  struct spool_entry *entry;
};

static bool is_ready(void *context)
{
  const struct spool_events *events = context;
  batch_writer_relieve(events->writer);
  return batch_writer_is_ready(events->writer) && !batch_writer_is_stuck(events->writer);
}

static void on_done(struct delivery *first)
{
  while (first != NULL) {
    struct delivery *next = first->next;
    struct spool_entry *entry = ((struct respooled *)first->owner)->entry;
    /* Bad input: the database refused the data, and they are in `rejected`. */
    bool is_done = first->outcome.code == ERROR_NONE || first->outcome.code == ERROR_BAD_INPUT;
    entry->next = NULL;
    spool_give_back(entry, is_done);
    first = next;
  }
}

/* What has no time of its own gets that of its arrival, not of today. */
static void submit(struct spool_events *events, struct spool_entry *entry, struct arena *arena)
{
  struct events found;
  struct event_input input = {
      .body = entry->body, .vehicle_hint = entry->vehicle_hint, .now_us = entry->received_at_us, .source = entry->source};
  event_read(events->trees, &events->scratch, &events->settings, &input, &found);
  event_copy(arena, entry->body, &found);
  arena_reset(events->trees);
  struct respooled *respooled = arena_alloc(arena, sizeof *respooled);
  respooled->entry = entry;
  respooled->delivery = (struct delivery){.breadcrumbs = found.breadcrumbs,
                                          .breadcrumb_count = found.breadcrumb_count,
                                          .rejects = found.rejects,
                                          .reject_count = found.reject_count,
                                          .body = entry->body,
                                          .vehicle_hint = entry->vehicle_hint,
                                          .request_id = entry->request_id,
                                          .received_at_us = entry->received_at_us,
                                          .memory_bytes = entry->body.length,
                                          .source = entry->source,
                                          .is_continuation = entry->is_continuation,
                                          .is_repeatable = true,
                                          .on_done = on_done,
                                          .owner = respooled};
  struct error error = batch_writer_submit(events->writer, &respooled->delivery);
  if (error.code != ERROR_NONE) {
    entry->next = NULL;
    spool_give_back(entry, false);
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

struct spool_events *spool_events_new(struct batch_writer *writer, const struct event_settings *settings)
{
  struct spool_events *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->writer = writer;
  made->settings = *settings;
  made->trees = arena_new(TREES_ARENA_BYTES);
  return made;
}

void spool_events_free(struct spool_events *events)
{
  if (events != NULL) {
    arena_free(events->trees);
    buffer_free(&events->scratch);
    free(events);
  }
}

struct spool_taker spool_events_taker(struct spool_events *events)
{
  return (struct spool_taker){.context = events, .is_ready = is_ready, .take = take};
}
