/* The messages of one receive: each becomes announced objects, events or a reject, and may be deleted once that has committed.
 *
 * Waits for the object queue and the batch writer. Thread: the caller's, any but theirs. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_SQS_INTAKE_H
#define CRUMBTRAIL_INGEST_OBJECTS_SQS_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "ingest/objects/object_queue.h"
#include "server/aws/sqs.h"
#include "server/base/arena.h"

struct sqs_intake_settings {
  struct object_queue *objects;
  struct batch_writer *writer;
  struct event_settings events;
};

/* What became of a message. All but LEFT are to be deleted. */
enum sqs_fate {
  SQS_TAKEN,    /* its objects or events are in the database */
  SQS_IGNORED,  /* nothing for us: a test, a deletion */
  SQS_REJECTED, /* it cannot be read: it is in `rejected` with the reason */
  SQS_LEFT,     /* it could not be stored now: it comes again */
  SQS_FATE_COUNT
};

/* `scratch` is cleared and reused. *fates live in the arena, one for each message. */
void sqs_intake_take(const struct sqs_intake_settings *settings, struct arena *arena, struct buffer *scratch,
                     const struct sqs_message *messages, size_t count, enum sqs_fate **fates);

#endif
