/* What a message of SNS brings, once it is known to be genuine: notifications of S3 or events, taken once.
 *
 * Everything here runs on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_SNS_CONTENT_H
#define CRUMBTRAIL_INGEST_PUSH_SNS_CONTENT_H

#include <stdbool.h>

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "ingest/push/message_log.h"
#include "ingest/objects/object_queue.h"
#include "server/http/request.h"

struct counter;
struct spool;

/* Where it goes; lives longer than the requests. */
struct sns_path {
  struct batch_writer *writer;
  struct object_queue *objects;
  struct message_log *messages;
  struct spool *spool; /* for notifications while the database is away; NULL: none */
  struct event_settings events;
  struct buffer scratch;
  struct counter *refused; /* messages that found no room, or no database; may be NULL */
  bool is_stopping;        /* nothing is handed on any more */
};

/* The request's body is the message, or with raw delivery its content. Answered when what it brought is committed; an error:
 * the caller answers. */
struct error sns_content_take(struct sns_path *path, struct request *request, struct text message_id) ERROR_MUST_CHECK;

#endif
