/* However a long input is cut, the same comes out: the first four bytes say how, the rest is the input, plain or gzip. Seeds:
 * tests/cases/events and tests/cases/event_stream behind four bytes. */
#include <stdlib.h>
#include <string.h>

#include "ingest/stream/event_stream.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/gzip.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static const int64_t NOW_US = INT64_C(1795348800) * US_PER_SECOND;

/* A writer that stores at once what it is asked for next. */
static struct delivery *waiting;
static struct batch_writer_waiter *waiter_for_room;
static struct buffer seen;
static struct event_settings settings;

struct error batch_writer_submit(struct batch_writer *writer, struct delivery *delivery)
{
  (void)writer;
  if (waiting != NULL) {
    return error_make(ERROR_BUSY, "full");
  }
  waiting = delivery;
  return error_none();
}

bool batch_writer_wait_for_room(struct batch_writer *writer, struct batch_writer_waiter *waiter)
{
  (void)writer;
  waiter_for_room = waiting != NULL ? waiter : NULL;
  return waiting != NULL;
}

static bool is_storable(struct text value)
{
  return text_is_utf8(value) && (value.length == 0 || memchr(value.data, '\0', value.length) == NULL);
}

/* What the spool would make of the body is the same. */
static void check_body(const struct delivery *delivery)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer scratch = {0};
  struct events events;
  struct event_input input = {.body = delivery->body, .now_us = NOW_US, .source = SOURCE_S3};
  event_read(arena, &scratch, &settings, &input, &events);
  REQUIRE(delivery->breadcrumb_count == 0 || events.breadcrumb_count == delivery->breadcrumb_count);
  REQUIRE(events.reject_count != 0 || delivery->reject_count == 0 || delivery->breadcrumb_count == 0);
  buffer_free(&scratch);
  arena_free(arena);
}

static void note(const struct delivery *delivery)
{
  for (size_t i = 0; i < delivery->breadcrumb_count; i++) {
    const struct breadcrumb *breadcrumb = &delivery->breadcrumbs[i];
    buffer_printf(&seen, "%.*s %.9f %.9f %lld %.*s\n", TEXT_ARGS(breadcrumb->vehicle), breadcrumb->latitude_deg,
                  breadcrumb->longitude_deg, (long long)breadcrumb->recorded_at_us, TEXT_ARGS(breadcrumb->extra));
  }
  for (size_t i = 0; i < delivery->reject_count; i++) {
    const struct rejected *reject = &delivery->rejects[i];
    REQUIRE(reject->field.length != 0 && is_storable(reject->field));
    REQUIRE(reject->reason.length != 0 && is_storable(reject->reason));
    REQUIRE(reject->vehicle.data == NULL || is_storable(reject->vehicle));
    buffer_printf(&seen, "%u %.*s %.*s ", reject->index, TEXT_ARGS(reject->field), TEXT_ARGS(reject->reason));
    buffer_append_text(&seen, reject->body);
    buffer_append_char(&seen, '\n');
  }
}

static void store(void)
{
  struct delivery *delivery = waiting;
  struct batch_writer_waiter *waiter = waiter_for_room;
  REQUIRE(delivery != NULL);
  note(delivery);
  check_body(delivery);
  delivery->outcome = error_none();
  delivery->stored_count = delivery->breadcrumb_count;
  delivery->next = NULL;
  waiting = NULL;
  waiter_for_room = NULL;
  delivery->on_done(delivery);
  if (waiter != NULL) {
    waiter->on_room(waiter);
  }
}

struct source {
  bool has_room;
  bool has_finished;
  struct event_stream_totals totals;
};

static void on_room(void *context)
{
  ((struct source *)context)->has_room = true;
}

static void on_finished(void *context, const struct event_stream_totals *totals)
{
  struct source *source = context;
  source->totals = *totals;
  source->has_finished = true;
}

static void wait_for_room(struct source *source)
{
  while (!source->has_room) {
    store();
  }
  source->has_room = false;
}

static void add(struct event_stream *stream, struct source *source, const uint8_t *data, size_t length)
{
  char *copy = malloc(length); /* so that the sanitizer sees what is read beyond */
  memcpy(copy, data, length);
  while (event_stream_add(stream, (struct text){copy, length}) == EVENT_STREAM_FULL) {
    wait_for_room(source);
  }
  free(copy);
}

/* Pieces of up to `longest` bytes; 0: one. */
static struct text read_cut(const uint8_t *data, size_t size, unsigned int seed, size_t longest)
{
  struct source source = {0};
  struct event_stream_settings stream_settings = {.events = &settings,
                                                  .source = SOURCE_S3,
                                                  .received_at_us = NOW_US,
                                                  .memory_max_bytes = longest == 0 ? 0 : 1,
                                                  .on_room = on_room,
                                                  .on_finished = on_finished,
                                                  .context = &source};
  struct event_stream *stream = event_stream_new(&stream_settings);
  for (size_t at = 0; at < size;) {
    size_t length = longest == 0 ? size : 1 + (size_t)rand_r(&seed) % longest;
    length = length < size - at ? length : size - at;
    add(stream, &source, data + at, length);
    at += length;
  }
  while (event_stream_finish(stream) == EVENT_STREAM_FULL) {
    wait_for_room(&source);
  }
  while (!source.has_finished) {
    store();
  }
  REQUIRE(source.totals.outcome.code == ERROR_NONE);
  REQUIRE(source.totals.events == source.totals.stored + source.totals.rejected);
  REQUIRE(source.totals.input_bytes == size);
  struct text all = buffer_text(&seen);
  seen = (struct buffer){0};
  return all;
}

/* A few KiB of gzip can hold megabytes of "{}", each a reject: that takes half a minute here and finds nothing else. */
static bool grows_large(const uint8_t *data, size_t size)
{
  enum { INFLATED_MAX = 128 * 1024 };
  if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) {
    return false;
  }
  struct arena *arena = arena_new(1 << 16);
  struct text plain;
  struct error error = gzip_inflate(arena, (struct text){(const char *)data, size}, INFLATED_MAX, &plain);
  arena_free(arena);
  return error.code == ERROR_BODY_TOO_LARGE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 4) {
    return 0;
  }
  struct error error = event_settings_make("mph", "c", "temperature", 60, &settings);
  REQUIRE(error.code == ERROR_NONE);
  if (grows_large(data + 4, size - 4)) {
    return 0;
  }
  unsigned int seed = data[0] | (unsigned int)data[1] << 8 | (unsigned int)data[2] << 16;
  struct text whole = read_cut(data + 4, size - 4, 0, 0);
  struct text cut = read_cut(data + 4, size - 4, seed, (size_t)1 + data[3]);
  REQUIRE(text_equal(whole, cut));
  free((char *)(uintptr_t)whole.data);
  free((char *)(uintptr_t)cut.data);
  return 0;
}
