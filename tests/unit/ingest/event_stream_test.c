/* However the bytes are cut, the same events and rejects come out; what they are stands in tests/cases/events (read by
 * event_read as well) and tests/cases/event_stream. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/event_stream.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/gzip.h"

/* 2026-11-22T12:00:00Z */
static const int64_t NOW_US = INT64_C(1795348800) * 1000000;

/* ---- a writer that keeps what it gets until it is told ---- */

static struct {
  struct delivery *first;
  struct delivery **end;
  size_t count;
  size_t capacity;
  struct error submit_error; /* said instead of taking */
  struct error outcome;
  struct batch_writer_waiter *waiters;
  struct buffer seen;
  size_t most_bytes;
  size_t bytes;
  bool spools;
} writer;

struct error batch_writer_submit(struct batch_writer *ignored, struct delivery *delivery)
{
  (void)ignored;
  if (writer.submit_error.code != ERROR_NONE) {
    return writer.submit_error;
  }
  if (writer.count == writer.capacity) {
    return error_make(ERROR_BUSY, "full");
  }
  delivery->next = NULL;
  *writer.end = delivery;
  writer.end = &delivery->next;
  writer.count++;
  writer.bytes += delivery->memory_bytes;
  writer.most_bytes = writer.bytes > writer.most_bytes ? writer.bytes : writer.most_bytes;
  return error_none();
}

bool batch_writer_wait_for_room(struct batch_writer *ignored, struct batch_writer_waiter *waiter)
{
  (void)ignored;
  if (writer.count == 0) {
    return false;
  }
  waiter->next = writer.waiters;
  writer.waiters = waiter;
  return true;
}

static void writer_reset(void)
{
  buffer_free(&writer.seen);
  memset(&writer, 0, sizeof writer);
  writer.end = &writer.first;
  writer.capacity = 1000000;
  writer.outcome = error_none();
  writer.submit_error = error_none();
}

static void render(struct buffer *out, const struct delivery *delivery)
{
  for (size_t i = 0; i < delivery->breadcrumb_count; i++) {
    const struct breadcrumb *breadcrumb = &delivery->breadcrumbs[i];
    buffer_printf(out, "breadcrumb %.*s at=", TEXT_ARGS(breadcrumb->vehicle));
    buffer_append_time(out, breadcrumb->recorded_at_us);
    buffer_printf(out, " version=%lld lat=%.6f lon=%.6f extra=%.*s\n", (long long)breadcrumb->version, breadcrumb->latitude_deg,
                  breadcrumb->longitude_deg, TEXT_ARGS(breadcrumb->extra));
  }
  for (size_t i = 0; i < delivery->reject_count; i++) {
    const struct rejected *reject = &delivery->rejects[i];
    struct text shown = text_cut(reject->body, 60);
    buffer_printf(out, "reject %u at %.*s: %.*s; %zu bytes: ", reject->index, TEXT_ARGS(reject->field),
                  TEXT_ARGS(reject->reason), reject->body.length);
    for (size_t j = 0; j < shown.length; j++) {
      unsigned char byte = (unsigned char)shown.data[j];
      buffer_append_char(out, byte >= 0x20 && byte < 0x7F ? (char)byte : '.');
    }
    buffer_append_char(out, '\n');
  }
}

/* Ends the oldest delivery. */
static void writer_store_one(void)
{
  struct delivery *delivery = writer.first;
  writer.first = delivery->next;
  writer.end = writer.first == NULL ? &writer.first : writer.end;
  writer.count--;
  writer.bytes -= delivery->memory_bytes;
  delivery->next = NULL;
  delivery->outcome = writer.outcome;
  delivery->is_spooled = writer.spools;
  if (writer.outcome.code == ERROR_NONE) {
    delivery->stored_count = delivery->breadcrumb_count;
    render(&writer.seen, delivery);
  }
  delivery->on_done(delivery);
  struct batch_writer_waiter *waiter = writer.waiters;
  writer.waiters = NULL;
  while (waiter != NULL) {
    struct batch_writer_waiter *next = waiter->next;
    waiter->on_room(waiter);
    waiter = next;
  }
}

/* ---- a source ---- */

struct source {
  struct event_stream *stream;
  struct event_stream_totals totals;
  bool has_finished;
  bool has_room;
  int rooms;
};

static void on_room(void *context)
{
  struct source *source = context;
  source->has_room = true;
  source->rooms++;
}

static void on_finished(void *context, const struct event_stream_totals *totals)
{
  struct source *source = context;
  source->totals = *totals;
  source->has_finished = true;
}

static struct event_settings event_settings;

static void begin(struct source *source, struct event_stream_settings settings)
{
  struct error error = event_settings_make("mph", "c", "temperature", 60, &event_settings);
  assert_int_equal(error.code, ERROR_NONE);
  *source = (struct source){0};
  settings.events = &event_settings;
  settings.source = SOURCE_S3;
  settings.received_at_us = NOW_US;
  settings.request_id = TEXT("object");
  settings.on_room = on_room;
  settings.on_finished = on_finished;
  settings.context = source;
  source->stream = event_stream_new(&settings);
}

static void wait_for_room(struct source *source)
{
  while (!source->has_room) {
    assert_non_null(writer.first);
    writer_store_one();
  }
  source->has_room = false;
}

static void add(struct source *source, struct text bytes)
{
  for (;;) {
    enum event_stream_state state = event_stream_add(source->stream, bytes);
    if (state != EVENT_STREAM_FULL) {
      assert_int_equal(state, EVENT_STREAM_TAKEN);
      return;
    }
    wait_for_room(source);
  }
}

static void finish(struct source *source)
{
  while (event_stream_finish(source->stream) == EVENT_STREAM_FULL) {
    wait_for_room(source);
  }
  while (!source->has_finished) {
    assert_non_null(writer.first);
    writer_store_one();
  }
}

/* What comes of the bytes when they are added in pieces that `cut` tells: the length of the next one. */
static char *read_in_pieces(struct text bytes, size_t (*cut)(void *state, size_t left), void *state, struct source *source)
{
  struct event_stream_settings settings = {.with_digest = true, .memory_max_bytes = 1};
  writer_reset();
  begin(source, settings);
  while (bytes.length != 0) {
    size_t length = cut(state, bytes.length);
    char *copy = malloc(length); /* so that the sanitizer sees what is read beyond */
    memcpy(copy, bytes.data, length);
    add(source, (struct text){copy, length});
    free(copy);
    bytes = (struct text){bytes.data + length, bytes.length - length};
  }
  finish(source);
  assert_int_equal(source->totals.outcome.code, ERROR_NONE);
  assert_int_equal(source->totals.events, source->totals.stored + source->totals.rejected);
  buffer_append_char(&writer.seen, '\0');
  char *seen = writer.seen.data;
  writer.seen = (struct buffer){0};
  return seen;
}

static size_t cut_never(void *state, size_t left)
{
  (void)state;
  return left;
}

static size_t cut_each(void *state, size_t left)
{
  (void)state;
  (void)left;
  return 1;
}

static size_t cut_once(void *state, size_t left)
{
  size_t *first = state;
  size_t length = *first != 0 && *first < left ? *first : left;
  *first = 0;
  return length;
}

static size_t cut_at_random(void *state, size_t left)
{
  unsigned int *seed = state;
  size_t length = 1 + (size_t)rand_r(seed) % (rand_r(seed) % 5 == 0 ? 100000 : 300);
  return length < left ? length : left;
}

static void assert_same(const char *name, const char *expected, char *seen)
{
  if (strcmp(expected, seen) != 0) {
    print_error("%s\n--- expected\n%.3000s\n--- is\n%.3000s\n", name, expected, seen);
  }
  assert_string_equal(expected, seen);
  free(seen);
}

static void check_cuts(const char *name, struct text bytes, const char *whole)
{
  struct source source;
  for (size_t at = 1; at < bytes.length && bytes.length < 3000; at++) {
    size_t first = at;
    assert_same(name, whole, read_in_pieces(bytes, cut_once, &first, &source));
  }
  if (bytes.length < 100000) {
    assert_same(name, whole, read_in_pieces(bytes, cut_each, NULL, &source));
  }
  for (unsigned int seed = 1; seed <= 5; seed++) {
    unsigned int state = seed;
    assert_same(name, whole, read_in_pieces(bytes, cut_at_random, &state, &source));
  }
  struct buffer packed = {0};
  size_t half = bytes.length / 2; /* two members */
  gzip_compress((struct text){bytes.data, half}, &packed);
  gzip_compress((struct text){bytes.data + half, bytes.length - half}, &packed);
  unsigned int seed = 7;
  assert_same(name, whole, read_in_pieces(buffer_text(&packed), cut_at_random, &seed, &source));
  assert_int_equal(source.totals.input_bytes, packed.length);
  assert_int_equal(source.totals.content_bytes, bytes.length);
  buffer_free(&packed);
}

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return TEXT("");
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 20);
  size_t length = fread(bytes, 1, 1 << 20, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static void write_expected(const char *path, const char *text)
{
  FILE *file = fopen(path, "wb");
  (void)fputs(text, file);
  (void)fclose(file);
}

static void check_folder(const char *folder, const char *expected_folder)
{
  DIR *directory = opendir(folder);
  int cases = 0;
  assert_non_null(directory);
  for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    if (!text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      continue;
    }
    struct source source;
    struct arena *arena = arena_new(4096);
    int stem = (int)(strlen(entry->d_name) - strlen(".input"));
    const char *expected = arena_printf(arena, "%s/%.*s.expected", expected_folder, stem, entry->d_name);
    struct text input = read_file(arena, arena_printf(arena, "%s/%s", folder, entry->d_name));
    char *whole = read_in_pieces(input, cut_never, NULL, &source);
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      write_expected(expected, whole);
    }
    assert_same(expected, text_to_cstring(arena, read_file(arena, expected)), strdup(whole));
    check_cuts(entry->d_name, input, whole);
    free(whole);
    arena_free(arena);
    cases++;
  }
  (void)closedir(directory);
  assert_true(cases >= 5);
}

static void test_cases_of_the_reader(void **state)
{
  (void)state;
  check_folder(CASES_FOLDER "/events", CASES_FOLDER "/event_stream/of_events");
}

static void test_cases_of_its_own(void **state)
{
  (void)state;
  check_folder(CASES_FOLDER "/event_stream", CASES_FOLDER "/event_stream");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases_of_the_reader),
      cmocka_unit_test(test_cases_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
