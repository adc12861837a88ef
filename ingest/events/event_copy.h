/* What event_read found, away from the trees that it was read from: these are ten times as large, and a reader that keeps
 * events for a while reads them in an arena of its own that is used again at once.
 *
 * Pure. Thread: any, one at a time per arena. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_COPY_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_COPY_H

#include "ingest/events/event_reader.h"

/* All of it lives in `arena` afterwards, and borrows from the body as before; the arena of event_read may be reset. */
void event_copy(struct arena *arena, struct text body, struct events *events);

#endif
