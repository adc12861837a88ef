/* Events that are held back and sent later, out of order. Owns their bytes. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_LATE_QUEUE_H
#define CRUMBTRAIL_INGEST_GENERATOR_LATE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"

struct late_event {
  int64_t due; /* the running number of the event after which it goes out */
  int64_t order;
  int vehicle;
  struct text event;
};

struct late_queue {
  struct late_event *events; /* a heap, the first due on top */
  size_t count;
  size_t capacity;
  int64_t added;
};

void late_queue_free(struct late_queue *queue);
void late_queue_add(struct late_queue *queue, int64_t due, int vehicle, struct text event); /* copies */
/* Takes the first one that is due at `now`; the caller gives its bytes back by late_event_free. */
bool late_queue_take(struct late_queue *queue, int64_t now, struct late_event *event);
void late_event_free(struct late_event *event);

#endif
