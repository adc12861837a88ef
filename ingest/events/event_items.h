/* The values of a body: one, an array of them, or several of both back to back, with commas and white space between them.
 *
 * Pure; what is found lives in the arena and borrows from the body. Thread: any, one at a time per arena. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_ITEMS_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/arena.h"
#include "server/json/reader.h"

struct event_item {
  struct event_item *next;
  const struct json *value; /* NULL when it could not be read */
  struct text broken;       /* then: its bytes, and why */
  struct text reason;
};

struct event_items {
  struct event_item *first;
  size_t count;
  bool has_array; /* of values, at the top */
};

/* What the JSON reader refuses is an item alone. An array without an end is one more, behind its elements. */
struct event_items event_items_find(struct arena *arena, struct text body);

#endif
