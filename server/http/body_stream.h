/* Bodies that are handed to their handler as they arrive: too large to be held, or worth reading before they are complete.
 *
 * All on the HTTP thread. The handler says when it is full; the connection is then not read from until it says that it goes on.
 * gzip is undone on the way. The body's own deadline goes on while it is read and stands still while the handler is full. */
#ifndef CRUMBTRAIL_SERVER_HTTP_BODY_STREAM_H
#define CRUMBTRAIL_SERVER_HTTP_BODY_STREAM_H

#include <stdbool.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct request;

struct body_handler {
  /* The head has been admitted. *stream is what the others get; it is theirs until `release`. */
  struct error (*begin)(struct request *request, void *context, void **stream);
  /* Takes what it can and cuts that off *bytes. What it leaves is given again, with more behind it, after
   * request_continue_body. An error is the answer, once the rest of the body has been read and thrown away. */
  struct error (*data)(void *stream, struct text *bytes);
  /* The body is complete. *waits: not yet, it is called again after request_continue_body. Else the answer follows by
   * request_complete, possibly at once; an error is the answer. Not called when the answer is an error already. */
  struct error (*end)(void *stream, bool *waits);
  /* The last call, in any case: the request has been answered, or its connection is gone. The request must not be touched. */
  void (*release)(void *stream);
  int timeout_ms; /* from the head to the end of the body; 0: as for other bodies */
};

/* The handler can take more; harmless when it was not asked to wait. HTTP thread. */
void request_continue_body(struct request *request);

/* What `begin` has made; NULL before. For a route's write_error. HTTP thread. */
void *request_body_stream(const struct request *request);

#endif
