/* Where generated events go: standard output, the rule's HTTP action, Firehose's HTTP endpoint, or objects in S3.
 *
 * Owns what it sends with. Thread: one at a time; everything happens inside these calls. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_EVENT_SINK_H
#define CRUMBTRAIL_INGEST_GENERATOR_EVENT_SINK_H

#include <stdio.h>

#include "ingest/generator/http_sender.h"
#include "ingest/generator/outgoing_event.h"
#include "ingest/generator/sink_options.h"

struct event_sink;

/* `vehicles`: every event's vehicle number is less. The options must live as long as the sink. */
struct error event_sink_open(struct arena *arena, const struct config *config, const struct sink_options *options,
                             uint32_t vehicles, const volatile sig_atomic_t *stop, struct event_sink **sink) ERROR_MUST_CHECK;
void event_sink_close(struct event_sink *sink); /* accepts NULL */

/* Where to talk to the user: standard output, unless that is where the events go. */
FILE *event_sink_notes(const struct event_sink *sink);

/* Waits while as much as may be is on its way. False: stop was asked for, or nothing can succeed any more (wrong key, no
 * bucket, no room); the event then counts as neither sent nor failed. */
bool event_sink_take(struct event_sink *sink, const struct outgoing_event *event);
/* Lets what is on its way go on until that moment (clock_monotonic_us). */
void event_sink_wait(struct event_sink *sink, int64_t until_us);
bool event_sink_is_stopped(const struct event_sink *sink);
/* Hands on all there is and waits until it is answered; once stop is set at most `grace_ms` more, and no longer when all that
 * is left failed before and waits to be tried again: what is left then counts as failed. */
void event_sink_finish(struct event_sink *sink, int grace_ms);
/* What became of the events. True: nothing failed. */
bool event_sink_report(struct event_sink *sink, FILE *out);

/* Whether there is a server behind it that keeps a register of the vehicles. */
bool event_sink_has_register(const struct event_sink *sink);
/* A request without a body to another path of that server: ("PUT", "/v1/vehicles/iotfleet_1"). 404 answers a DELETE well. */
bool event_sink_call(struct event_sink *sink, const char *method, const char *path);

/* --- for the kinds of sinks --- */

struct event_sink_part {
  void *context;
  bool (*take)(void *context, const struct outgoing_event *event);
  bool (*flush)(void *context); /* never waits; true: nothing is held any more, apart from posts on their way */
  bool (*report)(void *context, FILE *out);
  void (*release)(void *context);
  bool (*only_retries)(void *context); /* what is held besides posts only waits to be tried again; NULL: always so */
};

#endif
