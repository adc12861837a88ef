#include "ingest/generator/late_queue.h"

#include <stdlib.h>

static bool comes_before(const struct late_event *a, const struct late_event *b)
{
  return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void swap(struct late_event *a, struct late_event *b)
{
  struct late_event kept = *a;
  *a = *b;
  *b = kept;
}

void late_event_free(struct late_event *event)
{
  free((void *)(uintptr_t)event->event.data);
  event->event = (struct text){0};
}

void late_queue_free(struct late_queue *queue)
{
  for (size_t i = 0; i < queue->count; i++) {
    late_event_free(&queue->events[i]);
  }
  free(queue->events);
  *queue = (struct late_queue){0};
}

void late_queue_add(struct late_queue *queue, int64_t due, int vehicle, struct text event)
{
  if (queue->count == queue->capacity) {
    queue->capacity = queue->capacity == 0 ? 64 : queue->capacity * 2;
    queue->events = realloc(queue->events, queue->capacity * sizeof *queue->events);
  }
  char *copy = malloc(event.length + 1);
  if (queue->events == NULL || copy == NULL) {
    abort();
  }
  memcpy(copy, event.data, event.length);
  size_t at = queue->count++;
  queue->events[at] = (struct late_event){due, queue->added++, vehicle, {copy, event.length}};
  while (at > 0 && comes_before(&queue->events[at], &queue->events[(at - 1) / 2])) {
    swap(&queue->events[at], &queue->events[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
}

bool late_queue_take(struct late_queue *queue, int64_t now, struct late_event *event)
{
  if (queue->count == 0 || queue->events[0].due > now) {
    return false;
  }
  *event = queue->events[0];
  queue->events[0] = queue->events[--queue->count];
  for (size_t at = 0;;) {
    size_t first = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < queue->count; child++) {
      if (comes_before(&queue->events[child], &queue->events[first])) {
        first = child;
      }
    }
    if (first == at) {
      return true;
    }
    swap(&queue->events[at], &queue->events[first]);
    at = first;
  }
}
