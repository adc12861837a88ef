/* Everything that turns objects of S3 into events: the queue of announced objects, the fetcher, the receivers of SQS, the
 * sweep.
 *
 * Makes and ends them in the order in which they need each other. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_INTAKE_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_INTAKE_H

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/config.h"
#include "server/db/connection.h"

struct aws_client;
struct batch_writer;
struct metrics;
struct object_intake;
struct object_queue;

struct object_intake_settings {
  const struct config *config;
  struct arena *arena;         /* lives as long as the intake */
  struct db_settings database; /* each part sets its own name */
  struct batch_writer *writer;
  struct aws_client *aws; /* for queues and listings; objects have a client of their own */
  struct metrics *metrics;
};

/* On an error *intake is what was made so far, to be drained and freed like a whole one. ERROR_SETUP names the setting. */
struct error object_intake_start(struct object_intake_settings settings, struct object_intake **intake) ERROR_MUST_CHECK;

/* Where notifications are announced. */
struct object_queue *object_intake_queue(const struct object_intake *intake);

/* Takes nothing more and finishes what it can within grace_ms. Before the batch writer stops; accepts NULL. */
void object_intake_drain(struct object_intake *intake, int grace_ms);
/* After the batch writer has stopped, before the client does; accepts NULL. */
void object_intake_free(struct object_intake *intake);

#endif
