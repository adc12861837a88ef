/* Takes events from the spool: reads each body again, as it would have been read when it came, and submits it to the writer.
 *
 * Thread: made and freed by main; the taker's calls come on the spool's thread. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_EVENTS_H
#define CRUMBTRAIL_INGEST_SPOOL_EVENTS_H

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "ingest/spool/spool.h"

struct spool_events;

struct spool_events *spool_events_new(struct batch_writer *writer, const struct event_settings *settings);
void spool_events_free(struct spool_events *events); /* after spool_stop; accepts NULL */

struct spool_taker spool_events_taker(struct spool_events *events);

#endif
