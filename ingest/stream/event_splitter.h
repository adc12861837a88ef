/* Cuts a long input into JSON values while it arrives: one after the other with nothing, white space or commas between them, or
 * the elements of arrays of any length.
 *
 * Broken values are found as event_read finds them (server/json/broken.h), but looking at most EVENT_SPLITTER_AHEAD bytes
 * ahead; where no end can be found, reading goes on at the next byte that looks like the begin of a value. What comes out
 * depends on the bytes alone, not on how they were added. Memory: one value and what is looked ahead. Owns its buffers. Thread:
 * one at a time. */
#ifndef CRUMBTRAIL_INGEST_STREAM_EVENT_SPLITTER_H
#define CRUMBTRAIL_INGEST_STREAM_EVENT_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"

enum { EVENT_SPLITTER_VALUE_MAX = 1024 * 1024, EVENT_SPLITTER_AHEAD = 64 * 1024 };

struct event_splitter;

struct event_splitter *event_splitter_new(void);
void event_splitter_free(struct event_splitter *splitter); /* accepts NULL */

/* Copies the bytes. Take out what they make (until SPLIT_MORE) before adding more. */
void event_splitter_add(struct event_splitter *splitter, struct text bytes);
/* No more bytes come: what is open is broken. Until SPLIT_END was said; bytes may follow then, as of a new input. */
void event_splitter_end(struct event_splitter *splitter);

enum split_result { SPLIT_MORE, SPLIT_VALUE, SPLIT_BROKEN, SPLIT_END };

struct split_item {
  /* SPLIT_VALUE: a value whose brackets and strings are whole. SPLIT_BROKEN: what is none, at most EVENT_SPLITTER_VALUE_MAX
   * bytes of it. Borrowed until the next call. */
  struct text text;
  const char *reason; /* SPLIT_BROKEN */
};
enum split_result event_splitter_next(struct event_splitter *splitter, struct split_item *item);

#endif
