/* From a gzip object in memory to committed rows by an event stream, held against the same rows from memory by the same writer.
 *
 *   bench_event_stream CONNINFO OBJECTS FROM
 *     objects of 10,000 events each, in turn with as many rows; FROM is the Unix time of the first event
 *   bench_event_stream read OBJECTS
 *     without a database: what finding, inflating and reading the events costs
 *
 * tests/bench/event_stream.sh starts a database for it. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/stream/event_splitter.h"
#include "ingest/stream/event_stream.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/gzip.h"

enum { EVENTS = 10000, ROWS_PER_DELIVERY = 400, ADD_BYTES = 16 * 1024 };

/* The founding article's rule on its generator's shadow. */
static void append_event(struct buffer *out, unsigned vehicle, long long at_s, unsigned version)
{
  buffer_printf(out,
                "{\"thingnm\":\"iotfleet_%05u\",\"thetopic\":\"$aws/things/iotfleet_%05u/shadow/update/documents\","
                "\"current\":{\"state\":{\"reported\":{\"thingName\":\"iotfleet_%05u\",\"location\":{\"lat\":45.%07u,"
                "\"lon\":-122.%07u},\"address\":\"%u, Northwest Lost Park Drive, Cedar Mill, Washington County, Oregon, 97229, "
                "United States of America\",\"speed\":\"%u\",\"heading\":\"S\",\"ignition\":\"1\"}},\"metadata\":{\"reported\":"
                "{\"location\":{\"lat\":{\"timestamp\":%lld},\"lon\":{\"timestamp\":%lld}},\"speed\":{\"timestamp\":%lld}}},"
                "\"version\":%u},\"timestamp\":%lld,\"clientToken\":\"t-%08u\"}",
                vehicle, vehicle, vehicle, 4000000 + vehicle * 100 + version % 97, 5000000 + vehicle * 37, vehicle,
                10 + vehicle % 50, at_s, at_s, at_s, version, at_s, version * 2654435761U % 100000000U);
}

static struct buffer make_object(int64_t at_s)
{
  struct buffer plain = {0};
  struct buffer packed = {0};
  for (unsigned i = 0; i < EVENTS; i++) {
    append_event(&plain, i % 2500, at_s + i / 2500, (unsigned)(at_s % 1000000) + i / 2500);
  }
  gzip_compress(buffer_text(&plain), &packed);
  buffer_free(&plain);
  return packed;
}

static struct event_settings settings_of_events(void)
{
  struct event_settings settings;
  struct error error = event_settings_make("mph", "c", "temperature", 60, &settings);
  if (error.code != ERROR_NONE) {
    exit(1);
  }
  return settings;
}

/* ---- by the stream ---- */

struct source {
  sem_t wake; /* room, or finished */
  struct event_stream_totals totals;
};

static void on_room(void *context)
{
  (void)sem_post(&((struct source *)context)->wake);
}

static void on_finished(void *context, const struct event_stream_totals *totals)
{
  struct source *source = context;
  source->totals = *totals;
  (void)sem_post(&source->wake);
}

static void wait_for(struct source *source)
{
  while (sem_wait(&source->wake) != 0) {
  }
}

static void stream_object(struct batch_writer *writer, const struct event_settings *events, struct text object)
{
  struct source source;
  (void)sem_init(&source.wake, 0, 0);
  struct event_stream_settings settings = {.writer = writer,
                                           .events = events,
                                           .source = SOURCE_S3,
                                           .with_digest = true,
                                           .request_id = TEXT("bench"),
                                           .received_at_us = clock_now_us(),
                                           .on_room = on_room,
                                           .on_finished = on_finished,
                                           .context = &source};
  struct event_stream *stream = event_stream_new(&settings);
  while (object.length != 0) {
    struct text part = {object.data, object.length < ADD_BYTES ? object.length : ADD_BYTES};
    while (event_stream_add(stream, part) == EVENT_STREAM_FULL) {
      wait_for(&source);
    }
    object = (struct text){object.data + part.length, object.length - part.length};
  }
  while (event_stream_finish(stream) == EVENT_STREAM_FULL) {
    wait_for(&source);
  }
  wait_for(&source);
  if (source.totals.outcome.code != ERROR_NONE || source.totals.stored != EVENTS) {
    fprintf(stderr, "stored %llu of %d: %s\n", (unsigned long long)source.totals.stored, EVENTS, source.totals.outcome.detail);
    exit(1);
  }
  (void)sem_destroy(&source.wake);
}

/* ---- from memory ---- */

static sem_t DIRECT_DONE;

static void on_direct_done(struct delivery *first)
{
  for (; first != NULL; first = first->next) {
    if (first->outcome.code != ERROR_NONE || first->stored_count != first->breadcrumb_count) {
      fprintf(stderr, "stored %zu of %zu: %s\n", first->stored_count, first->breadcrumb_count, first->outcome.detail);
      exit(1);
    }
    (void)sem_post(&DIRECT_DONE);
  }
}

static double write_rows(struct batch_writer *writer, const struct event_settings *settings, struct text object)
{
  static struct delivery deliveries[EVENTS / ROWS_PER_DELIVERY];
  struct arena *arena = arena_new(1 << 20);
  struct buffer scratch = {0};
  struct text plain;
  struct events events;
  struct error error = gzip_inflate(arena, object, 1 << 28, &plain);
  if (error.code != ERROR_NONE) {
    exit(1);
  }
  struct event_input input = {.body = plain, .now_us = clock_now_us(), .source = SOURCE_S3};
  event_read(arena, &scratch, settings, &input, &events);
  int64_t started_us = clock_monotonic_us();
  for (size_t i = 0; i < EVENTS / ROWS_PER_DELIVERY; i++) {
    deliveries[i] = (struct delivery){.breadcrumbs = events.breadcrumbs + i * ROWS_PER_DELIVERY,
                                      .breadcrumb_count = ROWS_PER_DELIVERY,
                                      .body = plain,
                                      .request_id = TEXT("bench"),
                                      .received_at_us = input.now_us,
                                      .source = SOURCE_S3,
                                      .on_done = on_direct_done};
    error = batch_writer_submit(writer, &deliveries[i]);
    if (error.code != ERROR_NONE) {
      fprintf(stderr, "submit: %s\n", error.detail);
      exit(1);
    }
  }
  for (size_t i = 0; i < EVENTS / ROWS_PER_DELIVERY; i++) {
    while (sem_wait(&DIRECT_DONE) != 0) {
    }
  }
  double took_s = (double)(clock_monotonic_us() - started_us) / 1e6;
  buffer_free(&scratch);
  arena_free(arena);
  return took_s;
}

static int compare(const char *conninfo, int objects, int64_t from_s)
{
  struct batch_writer *writer = NULL;
  struct event_settings events = settings_of_events();
  struct batch_writer_settings settings = {
      .database = {.conninfo = conninfo, .application_name = "bench", .connect_timeout_s = 5}, .queue_max = 8192};
  struct error error = batch_writer_start(settings, &writer);
  if (error.code != ERROR_NONE) {
    return 1;
  }
  double direct_s = 0;
  double stream_s = 0;
  size_t bytes = 0;
  (void)sem_init(&DIRECT_DONE, 0, 0);
  for (int i = -1; i < objects; i++) { /* the first pair makes partitions and vehicles */
    struct buffer of_rows = make_object(from_s + (i + 1) * 20);
    struct buffer object = make_object(from_s + (i + 1) * 20 + 10);
    double rows_s = write_rows(writer, &events, buffer_text(&of_rows));
    int64_t started_us = clock_monotonic_us();
    stream_object(writer, &events, buffer_text(&object));
    direct_s += i < 0 ? 0 : rows_s;
    stream_s += i < 0 ? 0 : (double)(clock_monotonic_us() - started_us) / 1e6;
    bytes = object.length;
    buffer_free(&of_rows);
    buffer_free(&object);
  }
  batch_writer_stop(writer, 2000);
  printf("object_bytes=%zu direct_events_per_s=%.0f stream_events_per_s=%.0f of_direct=%.2f\n", bytes,
         objects * (double)EVENTS / direct_s, objects * (double)EVENTS / stream_s, direct_s / stream_s);
  return 0;
}

/* ---- without a database ---- */

static int64_t split(struct text object, struct event_splitter *splitter, size_t *values)
{
  static char slice[64 * 1024];
  struct gunzip_stream *gunzip = gunzip_stream_new();
  size_t length = sizeof slice;
  struct split_item item;
  int64_t split_us = 0;
  while (object.length != 0 || length == sizeof slice) {
    struct error error = gunzip_stream_read(gunzip, &object, slice, sizeof slice, &length);
    if (error.code != ERROR_NONE) {
      exit(1);
    }
    int64_t started_us = clock_thread_cpu_us();
    event_splitter_add(splitter, (struct text){slice, length});
    while (event_splitter_next(splitter, &item) == SPLIT_VALUE) {
      (*values)++;
    }
    split_us += clock_thread_cpu_us() - started_us;
  }
  gunzip_stream_free(gunzip);
  return split_us;
}

static int read_only(int objects)
{
  struct buffer object = make_object(1700000000);
  struct event_splitter *splitter = event_splitter_new();
  size_t values = 0;
  int64_t split_us = 0;
  int64_t started_us = clock_thread_cpu_us();
  for (int i = 0; i < objects; i++) {
    split_us += split(buffer_text(&object), splitter, &values);
  }
  double events = objects * (double)EVENTS;
  printf("values=%zu us_per_event_inflate=%.3f us_per_event_split=%.3f\n", values,
         (double)(clock_thread_cpu_us() - started_us - split_us) / events, (double)split_us / events);
  event_splitter_free(splitter);
  buffer_free(&object);
  return 0;
}

int main(int count, char **arguments)
{
  if (count == 3 && strcmp(arguments[1], "read") == 0) {
    return read_only(atoi(arguments[2]));
  }
  if (count == 4) {
    return compare(arguments[1], atoi(arguments[2]), atoll(arguments[3]));
  }
  fprintf(stderr, "bench_event_stream CONNINFO OBJECTS FROM | read OBJECTS\n");
  return 2;
}
