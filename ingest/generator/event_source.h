/* The stream of events of a simulated fleet, in the order in which they are sent: every vehicle in turn, some held back, some
 * twice, some wrong, as the options say. Owns the fleet and the shadows. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_EVENT_SOURCE_H
#define CRUMBTRAIL_INGEST_GENERATOR_EVENT_SOURCE_H

#include "ingest/generator/fleet.h"
#include "ingest/generator/outgoing_event.h"
#include "ingest/generator/simulate_options.h"

struct event_source;

/* The map and `planted` (or NULL) must live as long as the source. */
struct event_source *event_source_new(const struct simulate_options *options, struct street_map map, struct planted *planted);
void event_source_free(struct event_source *source); /* accepts NULL */
const struct fleet *event_source_fleet(const struct event_source *source);

/* When the next event happens, in simulated time; INT64_MAX: all moves are done, only held back events are left. */
int64_t event_source_next_us(const struct event_source *source);
/* The next event; false when there is none left. Lives until the next call. */
bool event_source_next(struct event_source *source, struct outgoing_event *event);
/* How many are held back now. */
int64_t event_source_held_back(const struct event_source *source);

#endif
