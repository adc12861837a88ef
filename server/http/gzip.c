#include "server/http/gzip.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* Measured on CSV and GeoJSON of breadcrumbs: level 5 is within 4 % of level 6 at half its time; a stream must keep up with the
 * database, and there level 1 to 3 costs little size. */
enum { LEVEL_WHOLE = 5, LEVEL_STREAM = 3, WINDOW_BITS_GZIP = 15 + 16, MEMORY_LEVEL = 8 };

/* The q of one element's parameters ("; q=0.5"); 1 when there is none. */
static double quality(struct text parameters)
{
  struct text part;
  while (text_split(&parameters, ';', &part)) {
    part = text_trim(part);
    double value = 0;
    if (part.length > 2 && (part.data[0] == 'q' || part.data[0] == 'Q') && part.data[1] == '=') {
      return text_to_double((struct text){part.data + 2, part.length - 2}, &value) ? value : 0;
    }
  }
  return 1;
}

bool gzip_is_accepted(struct text accept_encoding)
{
  bool any = false;
  struct text rest = accept_encoding;
  struct text element;
  while (text_split(&rest, ',', &element)) {
    struct text parameters = element;
    struct text coding;
    if (!text_split(&parameters, ';', &coding)) {
      continue;
    }
    coding = text_trim(coding);
    if (text_equal_ignoring_case(coding, TEXT("gzip")) || text_equal_ignoring_case(coding, TEXT("x-gzip"))) {
      return quality(parameters) > 0;
    }
    if (text_equal(coding, TEXT("*"))) {
      any = quality(parameters) > 0;
    }
  }
  return any;
}

bool gzip_is_worthwhile(struct text content_type)
{
  static const struct text KINDS[] = {
      {"application/json", 16},          {"application/geo+json", 20},
      {"application/problem+json", 24},  {"application/x-ndjson", 20},
      {"application/javascript", 22},    {"application/gpx+xml", 19},
      {"application/xml", 15},           {"image/svg+xml", 13},
      {"application/manifest+json", 25}, {"application/vnd.mapbox-vector-tile", 34},
  };
  struct text rest = content_type;
  struct text kind;
  if (!text_split(&rest, ';', &kind)) {
    return false;
  }
  kind = text_trim(kind);
  if (text_starts_with(kind, TEXT("text/"))) {
    return true;
  }
  for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
    if (text_equal_ignoring_case(kind, KINDS[i])) {
      return true;
    }
  }
  return false;
}

struct gzip_stream {
  z_stream zlib;
};

static struct gzip_stream *stream_new(int level)
{
  struct gzip_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL ||
      deflateInit2(&stream->zlib, level, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
    abort();
  }
  return stream;
}

struct gzip_stream *gzip_stream_new(void)
{
  return stream_new(LEVEL_STREAM);
}

void gzip_stream_free(struct gzip_stream *stream)
{
  if (stream == NULL) {
    return;
  }
  deflateEnd(&stream->zlib);
  free(stream);
}

void gzip_stream_add(struct gzip_stream *stream, struct text plain, bool finish, struct buffer *out)
{
  z_stream *zlib = &stream->zlib;
  assert(plain.length <= UINT32_MAX);
  zlib->next_in = (Bytef *)(uintptr_t)plain.data; /* zlib's interface lacks the const; it does not write there */
  zlib->avail_in = (uInt)plain.length;
  do {
    enum { ROOM_BYTES = 16 * 1024 };
    buffer_reserve(out, ROOM_BYTES);
    zlib->next_out = (Bytef *)out->data + out->length;
    zlib->avail_out = ROOM_BYTES;
    deflate(zlib, finish ? Z_FINISH : Z_NO_FLUSH);
    out->length += ROOM_BYTES - zlib->avail_out;
  } while (zlib->avail_out == 0);
}

void gzip_compress(struct text plain, struct buffer *out)
{
  struct gzip_stream *stream = stream_new(LEVEL_WHOLE);
  gzip_stream_add(stream, plain, true, out);
  gzip_stream_free(stream);
}

/* Grows by doubling, so that a body of a few bytes that claims nothing cannot make us reserve the whole cap. */
static struct error inflate_all(z_stream *zlib, struct arena *arena, size_t inflated_max, struct text *plain)
{
  size_t capacity = 4096;
  while (capacity < inflated_max && capacity < (size_t)zlib->avail_in * 4) {
    capacity *= 2;
  }
  capacity = capacity < inflated_max + 1 ? capacity : inflated_max + 1;
  char *bytes = arena_alloc_bytes(arena, capacity);
  size_t length = 0;
  for (;;) {
    zlib->next_out = (Bytef *)bytes + length;
    zlib->avail_out = (uInt)(capacity - length);
    int result = inflate(zlib, Z_NO_FLUSH);
    length = capacity - zlib->avail_out;
    if (length > inflated_max) {
      return error_make(ERROR_BODY_TOO_LARGE, "the decompressed body is over %zu bytes", inflated_max);
    }
    if (result == Z_STREAM_END && zlib->avail_in == 0) {
      *plain = (struct text){bytes, length};
      return error_none();
    }
    if (result == Z_STREAM_END) { /* several gzip members in a row are one body (RFC 1952, 2.2) */
      inflateReset(zlib);
      continue;
    }
    if (result != Z_OK || (zlib->avail_in == 0 && zlib->avail_out != 0)) {
      return error_make(ERROR_BAD_INPUT, "the body is not valid gzip");
    }
    if (zlib->avail_out == 0) {
      size_t more = capacity * 2 < inflated_max + 1 ? capacity * 2 : inflated_max + 1;
      char *larger = arena_alloc_bytes(arena, more);
      memcpy(larger, bytes, length);
      bytes = larger;
      capacity = more;
    }
  }
}

struct error gzip_inflate(struct arena *arena, struct text compressed, size_t inflated_max, struct text *plain)
{
  z_stream zlib = {0};
  if (inflateInit2(&zlib, WINDOW_BITS_GZIP) != Z_OK) {
    abort();
  }
  zlib.next_in = (Bytef *)(uintptr_t)compressed.data;
  zlib.avail_in = (uInt)compressed.length;
  struct error result = inflate_all(&zlib, arena, inflated_max, plain);
  inflateEnd(&zlib);
  return result;
}

struct gunzip_stream {
  z_stream zlib;
  bool may_end;
};

struct gunzip_stream *gunzip_stream_new(void)
{
  struct gunzip_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL || inflateInit2(&stream->zlib, WINDOW_BITS_GZIP) != Z_OK) {
    abort();
  }
  stream->may_end = true;
  return stream;
}

void gunzip_stream_free(struct gunzip_stream *stream)
{
  if (stream != NULL) {
    inflateEnd(&stream->zlib);
    free(stream);
  }
}

struct error gunzip_stream_read(struct gunzip_stream *stream, struct text *compressed, char *out, size_t capacity,
                                size_t *length)
{
  z_stream *zlib = &stream->zlib;
  size_t slice = compressed->length < UINT_MAX ? compressed->length : UINT_MAX;
  zlib->next_in = (Bytef *)(uintptr_t)compressed->data;
  zlib->avail_in = (uInt)slice;
  zlib->next_out = (Bytef *)out;
  zlib->avail_out = (uInt)capacity;
  int result = Z_OK;
  /* Once the input is used up, inflate may still hold bytes that had no room. */
  stream->may_end = stream->may_end && slice == 0;
  while (zlib->avail_out != 0 && !stream->may_end && result == Z_OK) {
    result = inflate(zlib, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      stream->may_end = true;
      result = inflateReset(zlib);
    }
  }
  *length = capacity - zlib->avail_out;
  size_t taken = slice - zlib->avail_in;
  if (taken != 0) { /* without any input there may be no pointer to add to */
    *compressed = (struct text){compressed->data + taken, compressed->length - taken};
  }
  if (result != Z_OK && result != Z_BUF_ERROR) {
    return error_make(ERROR_BAD_INPUT, "the body is not valid gzip");
  }
  return error_none();
}

bool gunzip_stream_may_end(const struct gunzip_stream *stream)
{
  return stream->may_end;
}
