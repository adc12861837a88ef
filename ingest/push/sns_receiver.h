/* POST /ingest/sns: messages of Amazon SNS, whose content is notifications of S3 or events.
 *
 * A message is taken when its topic is allowed, it is young, and its signature is that of the topic's region; it is answered
 * after what it brought is committed. 4xx is final for SNS, so everything that may be our fault, or the network's, is answered
 * 5xx. Raw delivery is not signed and needs the senders' key. Thread: made and freed by main; the routes run on the HTTP
 * thread, which owns what is kept between requests. */
#ifndef CRUMBTRAIL_INGEST_PUSH_SNS_RECEIVER_H
#define CRUMBTRAIL_INGEST_PUSH_SNS_RECEIVER_H

#include "ingest/writer/batch_writer.h"
#include "ingest/push/confirmer.h"
#include "ingest/events/event_reader.h"
#include "ingest/push/message_log.h"
#include "ingest/objects/object_queue.h"
#include "ingest/push/sender_keys.h"
#include "server/aws/client.h"
#include "server/http/router.h"

struct sns_receiver;
struct spool;

struct sns_receiver_settings {
  struct batch_writer *writer;
  struct object_queue *objects;
  struct message_log *messages;
  struct spool *spool; /* NULL: none */
  struct confirmer *confirmer;
  struct aws_client *client;
  const char *link_endpoint_url; /* "" = AWS's own */
  const char *topics_allowed;    /* ARNs, comma separated; "" = none */
  struct sender_keys keys;
  struct event_settings events;
  struct metrics *metrics; /* may be NULL */
};

/* The texts are borrowed. ERROR_SETUP names sns-topics-allowed. */
struct error sns_receiver_new(struct sns_receiver_settings settings, struct sns_receiver **receiver) ERROR_MUST_CHECK;
/* Hands on nothing more; messages on their way are answered 503. While the HTTP thread still runs; accepts NULL. */
void sns_receiver_stop(struct sns_receiver *receiver);
void sns_receiver_free(struct sns_receiver *receiver); /* accepts NULL; after the HTTP server has stopped */

struct route_table sns_receiver_routes(struct sns_receiver *receiver);

#endif
