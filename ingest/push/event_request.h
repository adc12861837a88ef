/* A request whose events go through the batch writer and which is answered after the commit, with all that were in its batch.
 *
 * Made and submitted on the HTTP thread; lives in the request's arena; answered on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_EVENT_REQUEST_H
#define CRUMBTRAIL_INGEST_PUSH_EVENT_REQUEST_H

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "server/http/http_server.h"
#include "server/http/request.h"

struct counter;

struct event_request {
  struct http_task task;
  struct delivery delivery;
  struct request *request;
  /* Called before the answer when all is stored or kept in `rejected`. NULL: nobody asks. */
  void (*on_stored)(struct event_request *stored);
  void *owner; /* the maker's */
};

/* `body` is what the events were read from. */
struct event_request *event_request_new(struct request *request, const struct events *events, struct text body,
                                        enum breadcrumb_source source);
/* The request's body cannot be read at all: it is kept in `rejected`, then the answer says what is wrong. */
struct event_request *event_request_reject(struct request *request, const struct error *reason, enum breadcrumb_source source);

/* An error: nothing was submitted, the caller answers; `refused` (may be NULL) counts that. */
struct error event_request_submit(struct event_request *event_request, struct batch_writer *writer,
                                  struct counter *refused) ERROR_MUST_CHECK;

#endif
