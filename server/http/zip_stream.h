/* A ZIP archive on its way out, in constant memory: entries one after the other, of any length. The only door to libarchive.
 *
 * Says of each entry how long it is and its SHA-256. The archive's comment is "sha256:" and the SHA-256 of every byte before
 * the comment, so that a change of any byte shows. Thread: one at a time. */
#ifndef CRUMBTRAIL_SERVER_HTTP_ZIP_STREAM_H
#define CRUMBTRAIL_SERVER_HTTP_ZIP_STREAM_H

#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct zip_stream;

enum { ZIP_SHA256_HEX = 65 };

struct zip_entry {
  int64_t bytes; /* before compression */
  char sha256[ZIP_SHA256_HEX];
};

/* `write` takes the archive's bytes; its first error is what the calls here return. Freed with the arena. */
struct zip_stream *zip_stream_open(struct arena *arena, struct error (*write)(void *context, const void *bytes, size_t length),
                                   void *context);
struct error zip_stream_begin_entry(struct zip_stream *zip, const char *name, int64_t modified_at_us) ERROR_MUST_CHECK;
struct error zip_stream_add(struct zip_stream *zip, struct text bytes) ERROR_MUST_CHECK;
struct error zip_stream_end_entry(struct zip_stream *zip, struct zip_entry *entry) ERROR_MUST_CHECK;
/* Writes the directory and the comment. */
struct error zip_stream_close(struct zip_stream *zip) ERROR_MUST_CHECK;

#endif
