/* The listening socket, and the first look at what arrives on it.
 *
 * A look is recv(MSG_PEEK): nothing is consumed. GET /v1/stream with Upgrade: websocket goes one way, everything else the
 * other; a request that is not for /v1/stream is decided on its first bytes.
 * Thread: the HTTP thread, except listener_open. */
#ifndef CRUMBTRAIL_SERVER_HTTP_LISTENER_H
#define CRUMBTRAIL_SERVER_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

#define STREAM_PATH "/v1/stream"
enum { HTTP_HEAD_MAX = 16 * 1024 };

/* host:port, IPv4, [IPv6] or a name; the socket does not block. `port` becomes the real one. */
struct error listener_open(const char *address, int *socket, uint16_t *port) ERROR_MUST_CHECK;

enum head_kind { HEAD_UNDECIDED, HEAD_HTTP, HEAD_WEBSOCKET };
/* `head` is what has arrived so far. Pure. */
enum head_kind listener_classify(struct text head);

#endif
