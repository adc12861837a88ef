/* POST /ingest/firehose: the HTTP endpoint that Amazon Data Firehose delivers to (protocol 1.0).
 *
 * Bodies of any length are read in constant memory: each record's bytes go on to an event stream as they come. The answer is in
 * Firehose's own form and comes when all is committed, kept in `rejected` or in the spool; whatever else happens makes Firehose
 * send the same again, so nothing is ever answered 413, which would make it give up. A request id that was taken already is
 * answered at once. Thread: made and freed by main; the routes run on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_FIREHOSE_H
#define CRUMBTRAIL_INGEST_PUSH_FIREHOSE_H

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "ingest/push/message_log.h"
#include "ingest/push/sender_keys.h"
#include "server/http/router.h"

struct firehose;

struct firehose_settings {
  struct batch_writer *writer;
  struct message_log *messages;
  struct sender_keys keys; /* of the header X-Amz-Firehose-Access-Key */
  struct event_settings events;
  int64_t body_max_bytes;  /* as sent, and decompressed */
  struct metrics *metrics; /* may be NULL */
};

struct firehose *firehose_new(struct firehose_settings settings);
void firehose_free(struct firehose *firehose); /* accepts NULL; after the HTTP server has stopped */

struct route_table firehose_routes(struct firehose *firehose);

#endif
