/* Receives from the queues of the setting sqs-queue-url: notifications of S3 (also in messages of SNS), or events.
 *
 * Owns: a few threads for each queue. One waits in a long poll; the others help while full sets come. A message is deleted only
 * after what it says has committed; one that cannot be read goes to `rejected` first. While the database is away nothing is
 * received. A queue that fails is asked again with growing pauses. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_SQS_POLLER_H
#define CRUMBTRAIL_INGEST_OBJECTS_SQS_POLLER_H

#include "ingest/objects/sqs_intake.h"

struct aws_client;
struct metrics;
struct sqs_poller;

struct sqs_poller_settings {
  const char *queue_urls; /* comma separated; borrowed */
  struct aws_client *client;
  struct sqs_intake_settings intake;
  struct metrics *metrics; /* may be NULL */
};

/* ERROR_SETUP names sqs-queue-url. With no queue *poller is NULL. */
struct error sqs_poller_start(struct sqs_poller_settings settings, struct sqs_poller **poller) ERROR_MUST_CHECK;
/* Before object queue, batch writer and client stop; what is under way is ended. Accepts NULL. */
void sqs_poller_stop(struct sqs_poller *poller);

#endif
