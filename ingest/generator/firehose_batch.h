/* Events gathered as Firehose gathers them: by size and by time, whichever is reached first; and the two forms in which
 * Firehose hands them on, as the bytes of an object and as the body of a request to an HTTP endpoint.
 *
 * Owns its bytes. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_FIREHOSE_BATCH_H
#define CRUMBTRAIL_INGEST_GENERATOR_FIREHOSE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

struct firehose_settings {
  const char *separator; /* the rule's Firehose action adds it to every event; "": none */
  int64_t bytes_max;
  int64_t open_us; /* how much time may lie between the first and the last event */
  size_t events_max;
};

struct firehose_batch {
  struct firehose_settings settings;
  struct buffer bytes; /* the events one after the other, each with its separator: an object's content */
  size_t *ends;        /* of each event in `bytes` */
  size_t count;
  size_t capacity;
  int64_t oldest_us;
};

void firehose_batch_free(struct firehose_batch *batch);

/* Whether the batch must be handed on before that event is added. Never true for an empty one. */
bool firehose_batch_is_due(const struct firehose_batch *batch, struct text event, int64_t arrived_us);
void firehose_batch_add(struct firehose_batch *batch, struct text event, int64_t arrived_us);
void firehose_batch_clear(struct firehose_batch *batch);

/* Appends {"requestId":..,"timestamp":..,"records":[{"data":"base64"},..]}. */
void firehose_batch_write_request(const struct firehose_batch *batch, const char *request_id, int64_t sent_ms,
                                  struct buffer *body);

#endif
