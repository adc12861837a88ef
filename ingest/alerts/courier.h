/* The courier: the thread that sends what the outbox holds, as webhooks, mail and SNS messages.
 *
 * Takes messages with a lease, sends many at once (at most a few to each channel, so that a slow receiver holds up nobody
 * else), and writes down what came of them. Every server runs one; they share the outbox. What the database does not know to
 * have arrived is sent again under the same message_id. Owns its thread, one connection to the database, those to the
 * receivers. Thread: start and stop from main. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_COURIER_H
#define CRUMBTRAIL_INGEST_ALERTS_COURIER_H

#include "server/aws/client.h"
#include "server/base/error.h"
#include "server/config.h"
#include "server/db/connection.h"
#include "server/egress.h"
#include "server/metrics.h"

struct courier;

struct courier_settings {
  struct db_settings database; /* its texts are borrowed until courier_stop, as everything else */
  const struct config *config;
  const struct egress *egress;
  struct aws_client *aws;
  struct metrics *metrics;
};

struct error courier_start(struct courier_settings settings, struct courier **courier) ERROR_MUST_CHECK;
/* What is under way is broken off, to be sent again. Frees; accepts NULL. */
void courier_stop(struct courier *courier);

#endif
