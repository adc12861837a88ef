/* What an event said beyond the columns of a breadcrumb: one JSON object, or nothing.
 *
 * In this order: members of the reported state that no column took; "reported" (those of them whose names are used below);
 * "event" (unknown members beside the state); "stale" (members that were older than the position); "address" (when `location`
 * was text); "thetopic"; "clientToken"; "filenm" (the object it came in). Pure. Thread: any, one at a time per arena and
 * scratch buffer. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_EXTRA_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_EXTRA_H

#include "ingest/events/event_shape.h"
#include "server/base/arena.h"

enum { EVENT_CONSUMED_MAX = 16 };

/* Which members a column took, and what counts as stale. */
struct event_kept {
  const struct event_view *view;
  const struct json *consumed[EVENT_CONSUMED_MAX];
  int consumed_count;
  struct text file;        /* that the event came in; may be empty */
  int64_t stale_before_us; /* a member with an older timestamp of its own is stale */
};

bool event_is_stale(const struct event_kept *kept, const struct json *member);

/* The object's text in the arena; data == NULL when there is nothing to keep. */
struct text event_extra(struct arena *arena, struct buffer *scratch, const struct event_kept *kept);

#endif
