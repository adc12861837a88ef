/* The sender: a thread that sends the ledger's changes of desired states to AWS IoT, each vehicle's in their order, and reads
 * the shadows that fell behind.
 *
 * The ledger (desired_change) is the truth: a change is claimed there for a while, sent, and what AWS said is written back.
 * Killed in between, it is sent again when the claim is over: the same state twice is harmless. Several servers share the
 * ledger. Owns: its thread, one connection, the requests in flight. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_DESIRED_SENDER_H
#define CRUMBTRAIL_INGEST_SHADOW_DESIRED_SENDER_H

#include "ingest/shadow/shadow_keeper.h"
#include "server/aws/client.h"

struct desired_sender;

struct desired_sender_settings {
  struct db_settings database;   /* its texts are borrowed until desired_sender_stop */
  struct aws_client *aws;        /* outlives the sender */
  struct shadow_keeper *shadows; /* gets AWS's answers; outlives the sender */
  struct metrics *metrics;       /* may be NULL */
};

struct error desired_sender_start(struct desired_sender_settings settings, struct desired_sender **sender) ERROR_MUST_CHECK;
/* Ends what is in flight; it is sent again by the next who runs. Accepts NULL. */
void desired_sender_stop(struct desired_sender *sender);

#endif
