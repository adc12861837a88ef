/* One delivery of Firehose on its way: from the body's bytes to the answer. All on the HTTP thread; what other threads bring
 * comes as tasks. It frees itself when the request has been released and all that is under way has come back. */
#ifndef CRUMBTRAIL_INGEST_PUSH_FIREHOSE_DELIVERY_H
#define CRUMBTRAIL_INGEST_PUSH_FIREHOSE_DELIVERY_H

#include "ingest/push/firehose.h"

struct counter;
struct firehose_delivery;

/* Each may be NULL. */
struct firehose_counters {
  struct counter *refused;  /* deliveries that found no room, or no database */
  struct counter *repeated; /* those whose id was taken before: not read */
};

/* Asks the log of messages first, when the request has an id. `settings` is borrowed until it frees itself. */
struct firehose_delivery *firehose_delivery_new(const struct firehose_settings *settings, struct request *request,
                                                struct text request_id, struct firehose_counters counters);

/* These as in struct body_handler. */
struct error firehose_delivery_data(void *delivery, struct text *bytes) ERROR_MUST_CHECK;
struct error firehose_delivery_end(void *delivery, bool *waits) ERROR_MUST_CHECK;
void firehose_delivery_release(void *delivery);

/* The id to be answered with: the header's, else the body's as far as it was read; may be empty. */
struct text firehose_delivery_request_id(const struct firehose_delivery *delivery);

#endif
