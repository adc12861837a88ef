/* Where the next value begins behind one that is broken in a way that its end cannot be found. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_RESYNC_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_RESYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/text.h"

/* White space and commas may stand between values. */
static inline bool event_is_separator(char byte)
{
  return byte == ' ' || byte == ',' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* What was seen so far; zeroed at the start. */
struct event_resync {
  bool after_close;   /* the last byte that is no separator is a closing bracket */
  bool after_newline; /* there was a line's end since the last byte that is no white space */
};

/* The first bracket of a line, or an object right behind a closing bracket: SIZE_MAX when there is none yet. Elements of an
 * array have commas between them. */
size_t event_resync_find(struct event_resync *resync, struct text bytes, bool in_array);

/* The same in what is no value itself, and may well be the end of one, so that its quotes cannot be paired: only an object
 * that nothing but an end can stand before. */
size_t event_resync_in_junk(struct text bytes);

#endif
