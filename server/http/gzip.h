/* gzip, both ways, and what a client and a content type have to say about it. The only door to zlib.
 * Thread: any, one at a time per object. */
#ifndef CRUMBTRAIL_SERVER_HTTP_GZIP_H
#define CRUMBTRAIL_SERVER_HTTP_GZIP_H

#include <stdbool.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

/* Whether Accept-Encoding allows gzip (RFC 9110, 12.5.3): "gzip", "x-gzip" or "*", unless their q is 0. */
bool gzip_is_accepted(struct text accept_encoding);
/* Text, JSON, CSV, XML, SVG and scripts; not what is compressed already. */
bool gzip_is_worthwhile(struct text content_type);

/* The whole of a small answer. */
void gzip_compress(struct text plain, struct buffer *out);

/* A whole body into the arena. ERROR_BODY_TOO_LARGE when it grows over inflated_max, ERROR_BAD_INPUT when it is damaged. */
struct error gzip_inflate(struct arena *arena, struct text compressed, size_t inflated_max,
                          struct text *plain) ERROR_MUST_CHECK;

/* A stream in pieces. */
struct gzip_stream;
struct gzip_stream *gzip_stream_new(void);
void gzip_stream_free(struct gzip_stream *stream); /* accepts NULL */
/* Compresses, appending to `out` what is ready; `finish` ends the stream. */
void gzip_stream_add(struct gzip_stream *stream, struct text plain, bool finish, struct buffer *out);

/* The other way in pieces; several members in a row are one stream (RFC 1952, 2.2). */
struct gunzip_stream;
struct gunzip_stream *gunzip_stream_new(void);
void gunzip_stream_free(struct gunzip_stream *stream); /* accepts NULL */
/* Takes from the start of *compressed, which it cuts off, until that is used up, a member ends or `capacity` bytes have come
 * out. With less than `capacity`, nothing is left to come of what was taken. ERROR_BAD_INPUT: damaged; what came out before it
 * is good. */
struct error gunzip_stream_read(struct gunzip_stream *stream, struct text *compressed, char *out, size_t capacity,
                                size_t *length) ERROR_MUST_CHECK;
/* At the end of a member (or before the first): the input may end here. */
bool gunzip_stream_may_end(const struct gunzip_stream *stream);

#endif
