#include "ingest/objects/object_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/aws/s3.h"
#include "server/base/clock.h"

enum { ARENA_FIRST_BYTES = 1024, MAGIC_BYTES_MAX = 16 };

/* ---- the transfer, on the client's thread ---- */

/* "\"d41d8cd9\"" -> "d41d8cd9". */
static struct text without_quotes(struct text etag)
{
  if (text_starts_with(etag, TEXT("W/"))) {
    etag = (struct text){etag.data + 2, etag.length - 2};
  }
  if (etag.length >= 2 && etag.data[0] == '"' && etag.data[etag.length - 1] == '"') {
    etag = (struct text){etag.data + 1, etag.length - 2};
  }
  return etag;
}

static void on_stream_room(void *context)
{
  struct object_read *read = context;
  atomic_store(&read->has_room, true);
  if (atomic_load(&read->is_finishing)) {
    read->settings->on_room(read->settings->context);
  } else {
    aws_resume(read->request);
  }
}

static void on_stream_finished(void *context, const struct event_stream_totals *totals)
{
  struct object_read *read = context;
  read->totals = *totals;
  read->has_totals = true;
  read->stream = NULL;
  read->settings->on_done(read, read->settings->context);
}

static struct event_stream *new_stream(struct object_read *read)
{
  const struct object_read_settings *settings = read->settings;
  struct text url =
      text_from(arena_printf(read->arena, "s3://%.*s/%.*s", TEXT_ARGS(read->claim.bucket), TEXT_ARGS(read->claim.key)));
  struct event_stream_settings stream = {
      .writer = settings->writer,
      .events = settings->events,
      .source = SOURCE_S3,
      .with_digest = true,
      .vehicle_hint = object_key_vehicle(settings->patterns, read->arena, read->claim.key),
      .is_repeatable = true,
      .file = url,
      .request_id = url,
      .received_at_us = clock_now_us(),
      .memory_max_bytes = settings->memory_max_bytes,
      .on_room = on_stream_room,
      .on_finished = on_stream_finished,
      .context = read,
  };
  return event_stream_new(&stream);
}

/* A version that was asked for by its id is the one that was announced, whatever its etag. */
static void on_head(struct aws_request *request, void *context)
{
  struct object_read *read = context;
  struct text value;
  if (aws_request_header(request, "etag", &value)) {
    read->etag = text_copy(read->arena, without_quotes(value));
  }
  if (!aws_request_header(request, "content-length", &value) || !text_to_int64(value, &read->length_bytes)) {
    read->length_bytes = -1;
  }
  read->is_replaced = read->claim.version_id.length == 0 && read->claim.etag.length != 0 && read->etag.length != 0 &&
                      !text_equal(read->claim.etag, read->etag);
  if (!read->is_replaced) {
    read->stream = new_stream(read);
  }
}

static enum aws_flow on_data(struct aws_request *request, struct text bytes, void *context)
{
  struct object_read *read = context;
  (void)request;
  if (read->received_bytes == 0) {
    read->unreadable = object_unreadable(text_cut(bytes, MAGIC_BYTES_MAX));
  }
  if (read->is_replaced || read->unreadable != NULL) {
    return AWS_STOP;
  }
  switch (event_stream_add(read->stream, bytes)) {
  case EVENT_STREAM_TAKEN:
    read->received_bytes += (int64_t)bytes.length;
    return AWS_GO_ON;
  case EVENT_STREAM_FULL:
    return AWS_PAUSE;
  case EVENT_STREAM_FAILED:
  default:
    return AWS_STOP;
  }
}

static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct object_read *read = context;
  (void)request;
  read->answer = *outcome;
  read->settings->on_transferred(read, read->settings->context);
}

struct object_read *object_read_new(const struct object_read_settings *settings, const struct object_claim *claim)
{
  struct object_read *read = calloc(1, sizeof *read);
  if (read == NULL) {
    abort();
  }
  struct arena *arena = arena_new(ARENA_FIRST_BYTES);
  read->arena = arena;
  read->settings = settings;
  read->length_bytes = -1;
  read->claim = *claim;
  read->claim.bucket = text_copy(arena, claim->bucket);
  read->claim.key = text_copy(arena, claim->key);
  read->claim.version_key = text_copy(arena, claim->version_key);
  read->claim.version_id = text_copy(arena, claim->version_id);
  read->claim.etag = text_copy(arena, claim->etag);
  return read;
}

void object_read_skip(struct object_read *read)
{
  read->answer = (struct aws_outcome){.result = AWS_CANCELLED};
  read->settings->on_done(read, read->settings->context);
}

void object_read_start(struct object_read *read)
{
  const struct object_read_settings *settings = read->settings;
  struct s3_object object = {read->claim.bucket, read->claim.key, read->claim.version_id};
  struct aws_handlers handlers = {.context = read, .on_head = on_head, .on_data = on_data, .on_done = on_done};
  read->request = s3_get_request(object, (struct s3_range){0, 0}, handlers);
  struct error error = aws_submit(settings->client, read->request);
  if (error.code != ERROR_NONE) { /* no room, or stopping: as if it had been cancelled */
    read->answer = (struct aws_outcome){.result = AWS_CANCELLED, .is_temporary = true, .error = error};
    settings->on_transferred(read, settings->context);
  }
}

/* ---- its end, on the fetcher's thread ---- */

/* Whether all that was announced has come, so that its end is the end of the input. */
static bool is_whole(const struct object_read *read)
{
  return read->answer.result == AWS_OK && !read->is_replaced && read->unreadable == NULL &&
         (read->length_bytes < 0 || read->length_bytes == read->received_bytes);
}

void object_read_give_up(struct object_read *read)
{
  atomic_store(&read->is_finishing, true);
  if (read->stream == NULL) {
    read->settings->on_done(read, read->settings->context);
  } else {
    event_stream_abandon(read->stream, error_make(ERROR_CLIENT_GONE, "the transfer broke off"));
  }
}

bool object_read_finish(struct object_read *read)
{
  if (read->stream == NULL || !is_whole(read)) {
    object_read_give_up(read);
    return true;
  }
  atomic_store(&read->is_finishing, true);
  atomic_store(&read->has_room, false);
  return event_stream_finish(read->stream) != EVENT_STREAM_FULL;
}

void object_read_cancel(struct object_read *read)
{
  aws_cancel(read->request);
}

struct object_decision object_read_decide(const struct object_read *read)
{
  char replaced_by[128];
  (void)snprintf(replaced_by, sizeof replaced_by, "%.*s", TEXT_ARGS(read->etag));
  /* What a stream that was abandoned says of itself is our own word. */
  bool is_of_writer = read->has_totals && read->totals.outcome.code != ERROR_CLIENT_GONE;
  struct object_attempt attempt = {.answer = &read->answer,
                                   .stored = is_of_writer ? &read->totals.outcome : NULL,
                                   .unreadable = read->unreadable,
                                   .replaced_by = read->is_replaced ? replaced_by : NULL,
                                   .length_bytes = read->length_bytes,
                                   .received_bytes = read->received_bytes,
                                   .tries = read->claim.tries};
  return object_decide(&attempt);
}

void object_read_free(struct object_read *read)
{
  if (read != NULL) {
    aws_request_free(read->request);
    arena_free(read->arena);
    free(read);
  }
}
