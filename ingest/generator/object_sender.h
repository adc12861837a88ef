/* Writes events to S3 as the rule's S3 action (an object each) or Firehose (many in one) does, many puts at a time, and tells a
 * webhook of every object that is there. What fails for a while is put again until stopped.
 * Owns the open batch and the client of AWS. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_OBJECT_SENDER_H
#define CRUMBTRAIL_INGEST_GENERATOR_OBJECT_SENDER_H

#include "ingest/generator/event_sink.h"

/* The headers of the notifications, for http_sender_new; in the arena, NULL-terminated. */
const char *const *object_sender_headers(struct arena *arena, const struct sink_options *options, const char *ingest_key);

/* `http` carries the notifications, and ends the waiting when an object is there. It, the settings' texts and the options must
 * outlive the sender. */
struct error object_sender_new(struct http_sender *http, const struct config *config, const struct sink_options *options,
                               uint32_t vehicles, struct event_sink_part *part) ERROR_MUST_CHECK;

#endif
