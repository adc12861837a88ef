/* POST /ingest/iot: the HTTP action of an AWS IoT rule.
 *
 * Reads the events on the HTTP thread, hands them to the batch writer and answers after the commit: the answers of a whole
 * batch come back to the HTTP thread with one wake-up. Before its first event AWS IoT has the destination confirmed, which
 * comes here too (ingest/push/iot_destination.h). Thread: made and freed by main; the routes run on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_RECEIVER_H
#define CRUMBTRAIL_INGEST_PUSH_RECEIVER_H

#include "ingest/writer/batch_writer.h"
#include "ingest/push/confirmer.h"
#include "ingest/events/event_reader.h"
#include "server/http/router.h"

struct receiver;

struct receiver_settings {
  struct batch_writer *writer;
  struct confirmer *confirmer;
  const char *iot_accounts_allowed; /* whose destinations are confirmed by themselves; may be "" */
  const char *ingest_key;           /* of the header x-ingest-key; not "" */
  const char *ingest_key_next;      /* a second valid one while keys are changed; may be "" */
  const char *speed_unit;           /* these as in struct config */
  const char *temperature_unit;
  const char *temperature_field;
  int64_t stale_field_s;
  int64_t body_max_bytes;
  struct metrics *metrics; /* may be NULL */
};

/* The texts are borrowed. ERROR_SETUP names a wrong setting. */
struct error receiver_new(struct receiver_settings settings, struct receiver **receiver) ERROR_MUST_CHECK;
void receiver_free(struct receiver *receiver); /* accepts NULL; after the HTTP server has stopped */

struct route_table receiver_routes(struct receiver *receiver);

#endif
