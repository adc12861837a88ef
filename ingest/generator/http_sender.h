/* Sends events as the HTTP action of an AWS IoT rule does: POST, one event a request or an array, over kept connections.
 *
 * What is refused for a while (503, 429, other 5xx) or meets a lost connection is sent again, with growing pauses, until it is
 * delivered or the stop flag is set; what is refused for good is counted and its reason kept. Nothing is dropped silently.
 * Owns its connections (libcurl's multi interface). Thread: one at a time; everything happens inside these calls. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_HTTP_SENDER_H
#define CRUMBTRAIL_INGEST_GENERATOR_HTTP_SENDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct http_sender;

struct http_sender_settings {
  const char *url;        /* http://127.0.0.1:8080/ingest/iot */
  const char *ingest_key; /* header x-ingest-key; "" = none */
  int connections;        /* requests at a time */
  int batch_events;       /* 1: one event a request; more: arrays of up to so many, open for at most 20 ms */
  const volatile sig_atomic_t *stop;
};

struct http_sender_totals {
  int64_t sent; /* events handed over; the rest adds up to it */
  int64_t stored;
  int64_t duplicates;
  int64_t rejected; /* answered: cannot be read */
  int64_t failed;   /* refused for good, not answered as promised, or not delivered when stopped */
  int64_t requests;
  int64_t retries;
  int64_t calls_failed; /* of http_sender_call */
};

struct error http_sender_new(struct http_sender_settings settings, struct http_sender **sender) ERROR_MUST_CHECK;
void http_sender_free(struct http_sender *sender); /* accepts NULL */

/* Waits while all connections are busy. False: stop was asked for, or no event can succeed (wrong key, wrong path). The event
 * then counts as neither sent nor failed. */
bool http_sender_event(struct http_sender *sender, struct text event);
/* A request without a body to another path of the same server: ("PUT", "/v1/vehicles/iotfleet_1"). 404 answers a DELETE well.
 */
bool http_sender_call(struct http_sender *sender, const char *method, const char *path);
/* Lets transfers go on until that moment (clock_monotonic_us). */
void http_sender_run(struct http_sender *sender, int64_t until_us);
/* Until everything is answered; once stop is set at most `grace_ms` more, then what is left counts as failed. */
void http_sender_finish(struct http_sender *sender, int grace_ms);

struct http_sender_totals http_sender_totals(const struct http_sender *sender);
/* Why the first event failed, or the first call; "" when none did. */
const char *http_sender_failure(const struct http_sender *sender);

#endif
