/* A request that announces objects of S3 and is answered after they are rows of ingest_object; while the database is away,
 * after the notification is in the spool.
 *
 * Made and submitted on the HTTP thread; lives in the request's arena; answered on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_OBJECT_REQUEST_H
#define CRUMBTRAIL_INGEST_PUSH_OBJECT_REQUEST_H

#include "ingest/objects/notification.h"
#include "ingest/objects/object_queue.h"
#include "ingest/spool/spool.h"
#include "server/http/http_server.h"
#include "server/http/request.h"

struct counter;

struct object_request {
  struct http_task task;
  struct announcing announcing;
  struct spool_entry entry;
  bool is_spooled;
  struct request *request;
  struct spool *spool; /* NULL: there is none */
  const struct notification *notification;
  /* Called before the answer when the objects are announced, not when they are spooled. NULL: nobody asks. */
  void (*on_announced)(struct object_request *announced);
  void *owner; /* the maker's */
};

/* `notification` was read from the request's body and is no error and no events; it lives as long as the request. */
struct object_request *object_request_new(struct request *request, const struct notification *notification,
                                          enum found_by found_by, struct spool *spool);

/* Answers at once when there is nothing to read. An error: nothing was announced, the caller answers; `refused` (may be NULL)
 * counts that. */
struct error object_request_submit(struct object_request *object_request, struct object_queue *queue,
                                   struct counter *refused) ERROR_MUST_CHECK;

#endif
