/* A request that announces objects of S3 and is answered after they are rows of ingest_object.
 *
 * Made and submitted on the HTTP thread; lives in the request's arena; answered on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_OBJECT_REQUEST_H
#define CRUMBTRAIL_INGEST_OBJECT_REQUEST_H

#include "ingest/notification.h"
#include "ingest/object_queue.h"
#include "server/http/http_server.h"
#include "server/http/request.h"

struct counter;

struct object_request {
  struct http_task task;
  struct announcing announcing;
  struct request *request;
  const struct notification *notification;
  /* Called before the answer when the objects are announced. NULL: nobody asks. */
  void (*on_announced)(struct object_request *announced);
  void *owner; /* the maker's */
};

/* `notification` is no error and no events; it lives as long as the request. */
struct object_request *object_request_new(struct request *request, const struct notification *notification,
                                          enum found_by found_by);

/* Answers at once when there is nothing to read. An error: nothing was announced, the caller answers; `refused` (may be NULL)
 * counts that. */
struct error object_request_submit(struct object_request *object_request, struct object_queue *queue,
                                   struct counter *refused) ERROR_MUST_CHECK;

#endif
