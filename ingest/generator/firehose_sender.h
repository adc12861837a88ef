/* Sends events as Firehose does to an HTTP endpoint: gathered, each as a record in base64, with a request id that stays the
 * same when a request is sent again. Owns the open batch. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_FIREHOSE_SENDER_H
#define CRUMBTRAIL_INGEST_GENERATOR_FIREHOSE_SENDER_H

#include "ingest/generator/event_sink.h"

/* The headers that every request carries, for http_sender_new; in the arena, NULL-terminated. */
const char *const *firehose_sender_headers(struct arena *arena, const struct sink_options *options, const char *ingest_key);

/* The options and the HTTP sender must outlive it. */
struct event_sink_part firehose_sender_new(struct http_sender *http, const struct sink_options *options);

#endif
