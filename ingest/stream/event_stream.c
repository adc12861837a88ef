#include "ingest/stream/event_stream.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/stream/event_pieces.h"
#include "ingest/stream/event_splitter.h"
#include "server/http/gzip.h"

enum { SLICE_BYTES = 64 * 1024, GZIP_HEAD_MAX = 1024, GARBAGE_MAX = EVENT_SPLITTER_VALUE_MAX };

enum format {
  FORMAT_UNKNOWN, /* the first two bytes decide */
  FORMAT_PLAIN,
  FORMAT_GZIP,
  FORMAT_GARBAGE, /* behind the last member */
  FORMAT_DAMAGED, /* what follows cannot be read */
};

struct event_stream {
  struct event_stream_settings settings;
  struct event_pieces *pieces;
  struct event_splitter *splitter;
  EVP_MD_CTX *digest;
  enum format format;
  char first[2];
  size_t first_length;
  struct gunzip_stream *gunzip;
  char *inflated;         /* a slice */
  bool has_more_inflated; /* zlib may hold more than the slice had room for */
  struct buffer kept;     /* the first bytes of gzip, or of the garbage */
  struct buffer held;     /* what was taken and found no room yet, from held_at on */
  size_t held_at;
  uint64_t input_bytes;
  uint64_t content_bytes;
  bool is_ending; /* the splitter was told that the record, or the input, ends */
  bool has_input_ended;
};

static void on_pieces_finished(void *owner, struct event_stream_totals *totals)
{
  struct event_stream *stream = owner;
  totals->input_bytes = stream->input_bytes;
  totals->content_bytes = stream->content_bytes;
  if (stream->digest != NULL) {
    (void)EVP_DigestFinal_ex(stream->digest, totals->digest, NULL);
  }
  stream->settings.on_finished(stream->settings.context, totals);
  EVP_MD_CTX_free(stream->digest);
  event_splitter_free(stream->splitter);
  gunzip_stream_free(stream->gunzip);
  buffer_free(&stream->kept);
  buffer_free(&stream->held);
  free(stream->inflated);
  free(stream);
}

struct event_stream *event_stream_new(const struct event_stream_settings *settings)
{
  struct event_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) {
    error_out_of_memory(sizeof *stream);
  }
  stream->settings = *settings;
  stream->format = settings->is_plain ? FORMAT_PLAIN : FORMAT_UNKNOWN;
  stream->splitter = event_splitter_new();
  stream->pieces = event_pieces_new(settings, on_pieces_finished, stream);
  if (settings->with_digest) {
    stream->digest = EVP_MD_CTX_new();
    if (stream->digest == NULL || EVP_DigestInit_ex(stream->digest, EVP_sha256(), NULL) != 1) {
      error_out_of_memory(0);
    }
  }
  return stream;
}

/* ---- values on their way out ---- */

/* Takes out what the splitter has, as far as there is room. False: there was none, or the stream has failed. */
static bool drain(struct event_stream *stream)
{
  struct split_item item;
  while (event_pieces_state(stream->pieces) == EVENT_STREAM_TAKEN) {
    switch (event_splitter_next(stream->splitter, &item)) {
    case SPLIT_VALUE:
      event_pieces_add_value(stream->pieces, item.text);
      break;
    case SPLIT_BROKEN:
      event_pieces_add_broken(stream->pieces, NULL, item.reason, item.text);
      break;
    case SPLIT_MORE:
    case SPLIT_END:
      return true;
    }
  }
  return false;
}

static void add_content(struct event_stream *stream, struct text content)
{
  stream->content_bytes += content.length;
  event_splitter_add(stream->splitter, content);
}

/* ---- the bytes as they come ---- */

static struct text cut_off(struct text *rest, size_t length_max)
{
  struct text slice = {rest->data, rest->length < length_max ? rest->length : length_max};
  if (slice.length != 0) {
    *rest = (struct text){rest->data + slice.length, rest->length - slice.length};
  }
  return slice;
}

static void keep(struct event_stream *stream, struct text bytes, size_t length_max)
{
  size_t room = length_max - stream->kept.length;
  buffer_append(&stream->kept, bytes.data, bytes.length < room ? bytes.length : room);
}

static void inflate(struct event_stream *stream, struct text *rest)
{
  struct text before = *rest;
  size_t length = 0;
  bool is_between = gunzip_stream_may_end(stream->gunzip) && stream->first_length == 0;
  if (is_between && rest->length != 0 && rest->data[0] != '\x1f') {
    stream->format = FORMAT_GARBAGE;
    buffer_clear(&stream->kept);
    return;
  }
  stream->first_length = 0;
  struct error error = gunzip_stream_read(stream->gunzip, rest, stream->inflated, SLICE_BYTES, &length);
  if (stream->kept.length < GZIP_HEAD_MAX) {
    keep(stream, (struct text){before.data, before.length - rest->length}, GZIP_HEAD_MAX);
  }
  if (error.code != ERROR_NONE) {
    stream->format = FORMAT_DAMAGED;
  }
  stream->has_more_inflated = length == SLICE_BYTES && error.code == ERROR_NONE;
  add_content(stream, (struct text){stream->inflated, length});
}

static void begin_gzip(struct event_stream *stream)
{
  stream->format = FORMAT_GZIP;
  stream->gunzip = gunzip_stream_new();
  stream->inflated = malloc(SLICE_BYTES);
  if (stream->inflated == NULL) {
    error_out_of_memory(SLICE_BYTES);
  }
  struct text first = {stream->first, stream->first_length};
  inflate(stream, &first); /* the magic bytes alone make no content */
}

static void look_at_first(struct event_stream *stream, struct text *rest)
{
  while (stream->first_length < sizeof stream->first && rest->length != 0) {
    stream->first[stream->first_length++] = cut_off(rest, 1).data[0];
  }
  if (stream->first_length < sizeof stream->first) {
    return;
  }
  if (memcmp(stream->first, "\x1f\x8b", 2) == 0) {
    begin_gzip(stream);
  } else {
    stream->format = FORMAT_PLAIN;
    add_content(stream, (struct text){stream->first, stream->first_length});
  }
}

static void take_slice(struct event_stream *stream, struct text *rest)
{
  switch (stream->format) {
  case FORMAT_UNKNOWN:
    look_at_first(stream, rest);
    break;
  case FORMAT_PLAIN:
    add_content(stream, cut_off(rest, SLICE_BYTES));
    break;
  case FORMAT_GZIP:
    inflate(stream, rest);
    break;
  case FORMAT_GARBAGE:
    keep(stream, cut_off(rest, rest->length), GARBAGE_MAX);
    break;
  case FORMAT_DAMAGED:
    (void)cut_off(rest, rest->length);
    break;
  }
}

/* False: no room; *rest is what is left then. */
static bool feed(struct event_stream *stream, struct text *rest)
{
  while (drain(stream)) {
    if (rest->length == 0 && !stream->has_more_inflated) {
      return true;
    }
    take_slice(stream, rest);
  }
  return false;
}

static bool feed_held(struct event_stream *stream)
{
  struct text rest = buffer_text(&stream->held);
  (void)cut_off(&rest, stream->held_at);
  bool has_room = feed(stream, &rest);
  stream->held_at = stream->held.length - rest.length;
  if (rest.length == 0) {
    buffer_clear(&stream->held);
    stream->held_at = 0;
  }
  return has_room;
}

/* Runs until there is no room, and says so only when on_room will follow. */
static enum event_stream_state wait_or_fail(struct event_stream *stream, bool (*run)(struct event_stream *stream))
{
  while (!run(stream)) {
    if (event_pieces_state(stream->pieces) == EVENT_STREAM_FAILED) {
      return EVENT_STREAM_FAILED;
    }
    if (event_pieces_wait_for_room(stream->pieces)) {
      return EVENT_STREAM_FULL;
    }
  }
  return EVENT_STREAM_TAKEN;
}

enum event_stream_state event_stream_add(struct event_stream *stream, struct text bytes)
{
  enum event_stream_state state = wait_or_fail(stream, feed_held);
  if (state != EVENT_STREAM_TAKEN) {
    return state;
  }
  stream->input_bytes += bytes.length;
  if (stream->digest != NULL) {
    (void)EVP_DigestUpdate(stream->digest, bytes.data, bytes.length);
  }
  if (!feed(stream, &bytes)) {
    buffer_append_text(&stream->held, bytes);
  }
  return EVENT_STREAM_TAKEN;
}

/* ---- ends ---- */

static bool end_values(struct event_stream *stream)
{
  if (!stream->is_ending) {
    if (!feed_held(stream)) {
      return false;
    }
    stream->is_ending = true;
    event_splitter_end(stream->splitter);
  }
  if (!drain(stream)) {
    return false;
  }
  stream->is_ending = false;
  return true;
}

enum event_stream_state event_stream_begin_record(struct event_stream *stream, uint32_t index)
{
  enum event_stream_state state = wait_or_fail(stream, end_values);
  if (state == EVENT_STREAM_TAKEN) {
    event_pieces_begin_record(stream->pieces, index);
  }
  return state;
}

enum event_stream_state event_stream_reject(struct event_stream *stream, const char *field, const char *reason,
                                            struct text bytes)
{
  enum event_stream_state state = wait_or_fail(stream, end_values);
  if (state == EVENT_STREAM_TAKEN) {
    event_pieces_add_broken(stream->pieces, field, reason, bytes);
  }
  return state;
}

/* What gzip has left; what it gave is in the splitter. */
static void end_input(struct event_stream *stream)
{
  if (stream->format == FORMAT_UNKNOWN) {
    add_content(stream, (struct text){stream->first, stream->first_length});
  }
  if (stream->format == FORMAT_GZIP && !gunzip_stream_may_end(stream->gunzip)) {
    stream->format = FORMAT_DAMAGED;
  }
}

static void reject_rest(struct event_stream *stream)
{
  char reason[160];
  if (stream->format == FORMAT_GARBAGE) {
    event_pieces_add_broken(stream->pieces, NULL, "not gzip: bytes behind the last member", buffer_text(&stream->kept));
  } else if (stream->format == FORMAT_DAMAGED) {
    (void)snprintf(reason, sizeof reason,
                   "gzip that is damaged or cut off after %" PRIu64 " bytes of its content; only its first bytes are kept here",
                   stream->content_bytes);
    event_pieces_add_broken(stream->pieces, NULL, reason, buffer_text(&stream->kept));
  }
}

static bool end_all(struct event_stream *stream)
{
  if (!stream->has_input_ended) {
    if (!feed_held(stream)) {
      return false;
    }
    stream->has_input_ended = true;
    end_input(stream);
  }
  return end_values(stream);
}

enum event_stream_state event_stream_finish(struct event_stream *stream)
{
  enum event_stream_state state = wait_or_fail(stream, end_all);
  if (state == EVENT_STREAM_FULL) {
    return state;
  }
  if (state == EVENT_STREAM_TAKEN) {
    reject_rest(stream);
  }
  event_pieces_finish(stream->pieces);
  return EVENT_STREAM_TAKEN;
}

void event_stream_abandon(struct event_stream *stream, struct error outcome)
{
  event_pieces_abandon(stream->pieces, outcome);
}
