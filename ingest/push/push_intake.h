/* Everything that AWS pushes beside plain events: messages of SNS, notifications by webhooks, requests to confirm that it may
 * send.
 *
 * Makes and ends the receivers with what they need: the log of messages, the confirmer, a client for links. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_PUSH_PUSH_INTAKE_H
#define CRUMBTRAIL_INGEST_PUSH_PUSH_INTAKE_H

#include "ingest/events/event_reader.h"
#include "ingest/push/sender_keys.h"
#include "server/base/error.h"
#include "server/config.h"
#include "server/db/connection.h"
#include "server/http/router.h"

struct batch_writer;
struct confirmer;
struct message_log;
struct metrics;
struct object_queue;
struct push_intake;
struct spool;

struct push_intake_settings {
  const struct config *config;
  struct db_settings database; /* each part sets its own name and time limit */
  struct sender_keys keys;
  struct event_settings events;
  struct batch_writer *writer;
  struct object_queue *objects;
  struct spool *spool; /* NULL: none */
  struct metrics *metrics;
};

/* On an error *intake is what was made so far, to be stopped and freed like a whole one. ERROR_SETUP names the setting. */
struct error push_intake_start(struct push_intake_settings settings, struct push_intake **intake) ERROR_MUST_CHECK;

/* For the other receivers; they live until push_intake_free, stopped from push_intake_stop on. */
struct message_log *push_intake_messages(const struct push_intake *intake);
struct confirmer *push_intake_confirmer(const struct push_intake *intake);

void push_intake_add_routes(struct push_intake *intake, struct router *router);

/* After the HTTP server has drained, before the writer and the queue of objects stop: hands them nothing more. Accepts NULL. */
void push_intake_stop(struct push_intake *intake, int grace_ms);
/* After the HTTP server has stopped. Accepts NULL. */
void push_intake_free(struct push_intake *intake);

#endif
