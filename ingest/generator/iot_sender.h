/* Sends events as the HTTP action of an AWS IoT rule does: one event a request, or an array when the rule batches.
 * Owns the open batch. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_IOT_SENDER_H
#define CRUMBTRAIL_INGEST_GENERATOR_IOT_SENDER_H

#include "ingest/generator/event_sink.h"

/* The URL and the HTTP sender must outlive it. 1 event: no arrays; more: up to so many, open for at most 20 ms. */
struct event_sink_part iot_sender_new(struct http_sender *http, const char *url, int batch_events);

#endif
