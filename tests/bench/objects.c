/* Parts of the benchmark of objects; tests/bench/objects.sh puts them together.
 *
 *   bench_objects make FOLDER OBJECTS EVENTS FROM
 *     files as Firehose writes them: gzip, EVENTS events each; with 10,000 about 5 MiB
 *   bench_objects make-small FOLDER OBJECTS FROM
 *     files as a rule's S3 action writes them, one event each
 *   bench_objects direct CONNINFO FILE...
 *     ceiling: the events of these files, read beforehand, through the batch writer
 *   bench_objects fetch ENDPOINT BUCKET READERS < KEYS
 *     ceiling: the objects of these keys, a line each, fetched and forgotten; credentials from the environment
 *
 * FROM is the Unix time of the first event. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "server/aws/s3.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/gzip.h"

enum { VEHICLES = 10000, EVENT_BYTES_MAX = 2048, PIECE_BYTES = 256 * 1024, IN_FLIGHT = 16, NOISE_BYTES = 560 };

static _Noreturn void give_up(const char *what, const char *why)
{
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* ---- files ---- */

/* What the shadow was before: kept nowhere, but it makes an event as large, and as hard to compress, as Firehose's objects of
 * 5 MiB with 10,000 events say. */
static void append_noise(struct buffer *out, unsigned *seed)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int i = 0; i < NOISE_BYTES; i++) {
    buffer_append_char(out, letters[rand_r(seed) % 64]);
  }
}

static void append_event(struct buffer *out, uint64_t number, int64_t from_s, unsigned *seed)
{
  unsigned vehicle = (unsigned)(number % VEHICLES);
  unsigned round = (unsigned)(number / VEHICLES);
  long long at_s = from_s + round;
  buffer_printf(out, "{\"thingnm\":\"iotfleet_%05u\",\"thetopic\":\"$aws/things/iotfleet_%05u/shadow/update/documents\",",
                vehicle, vehicle);
  if (seed != NULL) {
    buffer_append_text(out, TEXT("\"previous\":{\"state\":{\"reported\":{\"note\":\""));
    append_noise(out, seed);
    buffer_printf(out, "\"}},\"version\":%u},", round);
  }
  buffer_printf(
      out,
      "\"current\":{\"state\":{\"reported\":{\"thingName\":\"iotfleet_%05u\",\"location\":{\"lat\":45.%07u,\"lon\":-122.%07u},"
      "\"address\":\"10895, Northwest Lost Park Drive, Cedar Mill, Washington County, Oregon, 97229\","
      "\"speed\":\"%u\",\"heading\":\"S\",\"ignition\":\"1\"}},\"metadata\":{\"reported\":{\"location\":{\"lat\":"
      "{\"timestamp\":%lld},\"lon\":{\"timestamp\":%lld}},\"speed\":{\"timestamp\":%lld}}},\"version\":%u},"
      "\"timestamp\":%lld}",
      vehicle, 4000000 + vehicle * 100 + round % 97, 5000000 + vehicle * 37 % 3000000 + round % 89, 10 + vehicle % 50, at_s,
      at_s, at_s, round + 1, at_s);
}

static void write_file(const char *path, struct text content)
{
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(content.data, 1, content.length, file) != content.length || fclose(file) != 0) {
    give_up(path, "cannot be written");
  }
}

static int make_main(const char *folder, unsigned objects, unsigned events, int64_t from_s)
{
  struct buffer plain = {0};
  struct buffer packed = {0};
  unsigned seed = 1;
  uint64_t number = 0;
  for (unsigned i = 0; i < objects; i++) {
    char path[4096];
    buffer_clear(&plain);
    buffer_clear(&packed);
    for (unsigned k = 0; k < events; k++, number++) {
      append_event(&plain, number, from_s, &seed);
      buffer_append_char(&plain, '\n');
    }
    gzip_compress(buffer_text(&plain), &packed);
    (void)snprintf(path, sizeof path, "%s/iotfleet-1-2024-05-20-00-28-53-%08u.gz", folder, i);
    write_file(path, buffer_text(&packed));
  }
  printf("objects=%u events=%llu object_mib=%.1f content_mib=%.1f\n", objects, (unsigned long long)number,
         (double)packed.length / 1048576, (double)plain.length / 1048576);
  buffer_free(&plain);
  buffer_free(&packed);
  return 0;
}

static int make_small_main(const char *folder, unsigned objects, int64_t from_s)
{
  struct buffer plain = {0};
  for (unsigned i = 0; i < objects; i++) {
    char path[4096];
    buffer_clear(&plain);
    append_event(&plain, i, from_s, NULL);
    (void)snprintf(path, sizeof path, "%s/thingname=iotfleet_%05u", folder, i % VEHICLES);
    (void)mkdir(path, 0755);
    (void)snprintf(path, sizeof path, "%s/thingname=iotfleet_%05u/%lld", folder, i % VEHICLES,
                   (long long)(from_s + i / VEHICLES) * 1000);
    write_file(path, buffer_text(&plain));
  }
  printf("objects=%u bytes=%zu\n", objects, plain.length);
  buffer_free(&plain);
  return 0;
}

/* ---- the writer alone ---- */

struct direct {
  struct batch_writer *writer;
  struct arena *arena;
  struct event_settings events;
  struct buffer scratch;
  struct delivery *deliveries;
  size_t count;
  size_t capacity;
  atomic_size_t next;
  atomic_size_t done;
  atomic_ullong stored;
};

static void direct_submit(struct direct *direct)
{
  size_t at = atomic_fetch_add(&direct->next, 1);
  if (at >= direct->count) {
    return;
  }
  struct error error = batch_writer_submit(direct->writer, &direct->deliveries[at]);
  if (error.code != ERROR_NONE) {
    give_up("submit", error.detail);
  }
}

static void direct_done(struct delivery *first)
{
  struct direct *direct = first->owner;
  for (struct delivery *delivery = first, *next = NULL; delivery != NULL; delivery = next) {
    next = delivery->next;
    (void)atomic_fetch_add(&direct->stored, delivery->stored_count);
    direct_submit(direct);
    (void)atomic_fetch_add(&direct->done, 1);
  }
}

static void direct_add(struct direct *direct, struct text body)
{
  struct events events;
  struct event_input input = {.body = body, .now_us = clock_now_us(), .source = SOURCE_S3, .file = TEXT("s3://bucket/object")};
  event_read(direct->arena, &direct->scratch, &direct->events, &input, &events);
  if (direct->count == direct->capacity) {
    direct->capacity = direct->capacity == 0 ? 256 : direct->capacity * 2;
    direct->deliveries = realloc(direct->deliveries, direct->capacity * sizeof *direct->deliveries);
    if (direct->deliveries == NULL) {
      abort();
    }
  }
  direct->deliveries[direct->count++] = (struct delivery){.breadcrumbs = events.breadcrumbs,
                                                          .breadcrumb_count = events.breadcrumb_count,
                                                          .source = SOURCE_S3,
                                                          .received_at_us = clock_now_us(),
                                                          .request_id = TEXT("bench"),
                                                          .on_done = direct_done,
                                                          .owner = direct};
}

static void direct_read_file(struct direct *direct, const char *path)
{
  FILE *file = fopen(path, "rb");
  struct buffer packed = {0};
  struct text plain;
  struct stat status;
  if (file == NULL || fstat(fileno(file), &status) != 0) {
    give_up(path, "cannot be read");
  }
  buffer_reserve(&packed, (size_t)status.st_size);
  packed.length = fread(packed.data, 1, (size_t)status.st_size, file);
  (void)fclose(file);
  struct error error = gzip_inflate(direct->arena, buffer_text(&packed), (size_t)1 << 30, &plain);
  if (error.code != ERROR_NONE) {
    give_up(path, error.detail);
  }
  buffer_free(&packed);
  while (plain.length != 0) {
    size_t length = plain.length < PIECE_BYTES ? plain.length : PIECE_BYTES;
    const char *end = length < plain.length ? memrchr(plain.data, '\n', length) : NULL;
    length = end != NULL ? (size_t)(end - plain.data) + 1 : length;
    direct_add(direct, (struct text){plain.data, length});
    plain = (struct text){plain.data + length, plain.length - length};
  }
}

static int direct_main(const char *conninfo, char **files)
{
  struct direct direct = {.arena = arena_new(1 << 20)};
  struct error error = event_settings_make("mph", "c", "temperature", 60, &direct.events);
  for (; error.code == ERROR_NONE && *files != NULL; files++) {
    direct_read_file(&direct, *files);
  }
  struct batch_writer_settings settings = {
      .database = {.conninfo = conninfo, .application_name = "bench", .connect_timeout_s = 5}, .queue_max = 8192};
  if (error.code == ERROR_NONE) {
    error = batch_writer_start(settings, &direct.writer);
  }
  if (error.code != ERROR_NONE) {
    give_up("direct", error.detail);
  }
  int64_t began_us = clock_monotonic_us();
  for (int i = 0; i < IN_FLIGHT; i++) {
    direct_submit(&direct);
  }
  while (atomic_load(&direct.done) < direct.count) {
    (void)usleep(2000);
  }
  double took_s = (double)(clock_monotonic_us() - began_us) / 1e6;
  batch_writer_stop(direct.writer, 2000);
  printf("events=%llu seconds=%.2f events_per_s=%.0f\n", (unsigned long long)atomic_load(&direct.stored), took_s,
         (double)atomic_load(&direct.stored) / took_s);
  buffer_free(&direct.scratch);
  free(direct.deliveries);
  arena_free(direct.arena);
  return 0;
}

/* ---- fetching alone ---- */

struct fetch {
  atomic_size_t done;
  atomic_ullong bytes;
};

static enum aws_flow on_data(struct aws_request *request, struct text bytes, void *context)
{
  struct fetch *fetch = context;
  (void)request;
  (void)atomic_fetch_add(&fetch->bytes, bytes.length);
  return AWS_GO_ON;
}

static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct fetch *fetch = context;
  if (outcome->result != AWS_OK) {
    give_up("fetch", outcome->error.detail);
  }
  aws_request_free(request);
  (void)atomic_fetch_add(&fetch->done, 1);
}

static int fetch_main(const char *endpoint, const char *bucket, int readers)
{
  struct fetch fetch = {0};
  struct aws_client *client = NULL;
  struct aws_settings settings = {.s3_endpoint_url = endpoint, .requests_max = readers};
  struct error error = aws_client_start(settings, &client);
  char key[1100];
  size_t started = 0;
  int64_t began_us = clock_monotonic_us();
  while (error.code == ERROR_NONE && fgets(key, sizeof key, stdin) != NULL) {
    struct s3_object object = {.bucket = text_from(bucket), .key = {key, strcspn(key, "\n")}};
    struct aws_handlers handlers = {.context = &fetch, .on_data = on_data, .on_done = on_done};
    while (started - atomic_load(&fetch.done) >= (size_t)readers * 4) {
      (void)usleep(500);
    }
    error = aws_submit(client, s3_get_request(object, (struct s3_range){0, 0}, handlers));
    started++;
  }
  while (error.code == ERROR_NONE && atomic_load(&fetch.done) < started) {
    (void)usleep(500);
  }
  if (error.code != ERROR_NONE) {
    give_up("fetch", error.detail);
  }
  double took_s = (double)(clock_monotonic_us() - began_us) / 1e6;
  aws_client_stop(client);
  printf("objects=%zu mib=%.1f seconds=%.2f objects_per_s=%.0f mib_per_s=%.1f\n", started,
         (double)atomic_load(&fetch.bytes) / 1048576, took_s, (double)started / took_s,
         (double)atomic_load(&fetch.bytes) / 1048576 / took_s);
  return 0;
}

int main(int count, char **arguments)
{
  const char *command = count > 1 ? arguments[1] : "";
  if (strcmp(command, "make") == 0 && count == 6) {
    return make_main(arguments[2], (unsigned)atoi(arguments[3]), (unsigned)atoi(arguments[4]), atoll(arguments[5]));
  }
  if (strcmp(command, "make-small") == 0 && count == 5) {
    return make_small_main(arguments[2], (unsigned)atoi(arguments[3]), atoll(arguments[4]));
  }
  if (strcmp(command, "direct") == 0 && count >= 4) {
    return direct_main(arguments[2], arguments + 3);
  }
  if (strcmp(command, "fetch") == 0 && count == 5) {
    return fetch_main(arguments[2], arguments[3], atoi(arguments[4]));
  }
  fprintf(stderr, "usage: see tests/bench/objects.c\n");
  return 2;
}
