/* The bounded window between a query worker that makes an answer and the HTTP thread that sends it.
 *
 * Made by response_begin on the worker. The worker writes and ends; the HTTP thread reads and says when the client is gone.
 * Owns its bytes. Freed by the HTTP thread with the request, after the worker has finished. */
#ifndef CRUMBTRAIL_SERVER_HTTP_RESPONSE_STREAM_H
#define CRUMBTRAIL_SERVER_HTTP_RESPONSE_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct request;
struct response_stream;

/* `stopping` becomes true when the process stops: writes then fail. */
struct response_stream *response_stream_new(struct request *request, bool compress, const atomic_bool *stopping);
void response_stream_free(struct response_stream *stream); /* accepts NULL */

/* Worker: blocks while the window is full. ERROR_CLIENT_GONE when the client is gone, ERROR_SHUTTING_DOWN when stopping. */
struct error response_stream_write(struct response_stream *stream, struct text bytes) ERROR_MUST_CHECK;
/* Worker: no more will come; `complete` false breaks the transfer off. What is left to send may block like a write. */
void response_stream_end(struct response_stream *stream, bool complete);

/* HTTP thread: copies up to `capacity` bytes. */
enum stream_read { STREAM_BYTES, STREAM_WAIT, STREAM_END, STREAM_BROKEN };
/* After STREAM_WAIT the worker's next write wakes the HTTP thread, which resumes the connection. */
enum stream_read response_stream_read(struct response_stream *stream, char *out, size_t capacity, size_t *length);
/* HTTP thread: the client is gone; the worker stops at its next write. */
void response_stream_abandon(struct response_stream *stream);

#endif
