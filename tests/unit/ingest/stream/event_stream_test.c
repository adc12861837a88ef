/* However the bytes are cut, the same events and rejects come out; what they are stands in tests/cases/events (read by
 * event_read as well) and tests/cases/event_stream. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/stream/event_stream.h"
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
    print_error("%s\n--- expected\n%s\n--- is\n%s\n", name, expected, seen);
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

/* ---- long inputs ---- */

static void append_event(struct buffer *out, int number)
{
  buffer_printf(out, "{\"thingName\":\"g%d\",\"lat\":1,\"lon\":2}", number);
}

static void append_times(struct buffer *out, struct text bytes, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    buffer_append_text(out, bytes);
  }
}

static size_t count_lines(const char *seen, const char *start)
{
  size_t count = 0;
  for (const char *at = seen; at != NULL && *at != '\0'; at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL) {
    count += strncmp(at, start, strlen(start)) == 0;
  }
  return count;
}

/* Reads it whole and cut; the caller frees what is seen. */
static char *read_long(struct buffer *input, struct event_stream_totals *totals)
{
  struct source source;
  char *whole = read_in_pieces(buffer_text(input), cut_never, NULL, &source);
  *totals = source.totals;
  for (unsigned int seed = 1; seed <= 3; seed++) {
    unsigned int state = seed;
    assert_same("long", whole, read_in_pieces(buffer_text(input), cut_at_random, &state, &source));
  }
  buffer_free(input);
  return whole;
}

static void test_values_that_are_too_large(void **state)
{
  (void)state;
  struct buffer input = {0};
  struct event_stream_totals totals;
  append_event(&input, 0);
  buffer_append_text(&input, TEXT("{\"a\":\"")); /* whole, but for its size */
  append_times(&input, TEXT("0123456789abcdef"), 200000);
  buffer_append_text(&input, TEXT("\"}"));
  append_event(&input, 1);
  buffer_append_text(&input, TEXT("[{\"a\":[")); /* cut off when it is too large already: the next value ends it */
  append_times(&input, TEXT("{\"b\":1},"), 200000);
  append_event(&input, 2);
  append_event(&input, 3);
  buffer_append_text(&input, TEXT("]\n\""));
  append_times(&input, TEXT("x"), 2000000);
  buffer_append_text(&input, TEXT("\"\n"));
  append_event(&input, 4);
  char *seen = read_long(&input, &totals);
  assert_int_equal(count_lines(seen, "breadcrumb g"), 4); /* the third one stood in the middle of the array */
  assert_non_null(strstr(seen, "a value may have 1048576 bytes (3200008 bytes, of which the first 1048576 are kept)"));
  assert_non_null(strstr(seen, "breadcrumb g3"));
  assert_non_null(strstr(seen, "breadcrumb g4"));
  assert_int_equal(totals.rejected, 3);
  free(seen);
}

static void test_broken_values_without_an_end(void **state)
{
  (void)state;
  struct buffer input = {0};
  struct event_stream_totals totals;
  append_event(&input, 0);
  buffer_append_text(&input, TEXT("{\"a\":{\"b\" 1,")); /* no end within what is looked ahead */
  append_times(&input, TEXT("\"c\":[1,2,3],"), 20000);
  buffer_append_text(&input, TEXT("\n"));
  append_event(&input, 1);
  append_times(&input, TEXT("{\"a\":{\"b\":1}"), 20000); /* each cut off by the next: linear time */
  append_event(&input, 2);
  char *seen = read_long(&input, &totals);
  assert_int_equal(count_lines(seen, "breadcrumb g"), 3);
  free(seen);
}

/* Many broken values in a row are no list of events: one reject, however long. */
static void test_junk(void **state)
{
  (void)state;
  struct buffer input = {0};
  struct event_stream_totals totals;
  unsigned int random = 1;
  append_event(&input, 0);
  for (size_t i = 0; i < 3000000; i++) {
    buffer_append_char(&input, (char)(rand_r(&random) >> 8));
  }
  buffer_append_text(&input, TEXT("}\n"));
  append_event(&input, 1);
  append_times(&input, TEXT("{1},"), 5000);
  append_event(&input, 2);
  append_times(&input, TEXT("1 "), 5000);
  char *seen = read_long(&input, &totals);
  assert_non_null(strstr(seen, "breadcrumb g0"));
  assert_non_null(strstr(seen, "breadcrumb g1"));
  assert_non_null(strstr(seen, "breadcrumb g2"));
  assert_non_null(
      strstr(seen, "no event among the last 1000 values and 12000 bytes more, of which the first 12000 are kept; 12000"));
  assert_non_null(strstr(seen, ": 11111"));
  assert_true(totals.rejected > 2002 && totals.rejected < 3002);
  free(seen);
}

static void test_many_events_in_little_memory(void **state)
{
  (void)state;
  struct source source;
  struct buffer array = {0};
  struct buffer packed = {0};
  buffer_append_char(&array, '[');
  for (int i = 0; i < 200000; i++) {
    append_event(&array, i);
    buffer_append_text(&array, TEXT(",\n"));
  }
  array.length -= 2;
  buffer_append_char(&array, ']');
  gzip_compress(buffer_text(&array), &packed);
  writer_reset();
  writer.capacity = 2; /* others fill the rest of the queue */
  begin(&source, (struct event_stream_settings){.with_digest = true, .memory_max_bytes = 2000000});
  for (struct text rest = buffer_text(&packed); rest.length != 0;) {
    size_t length = rest.length < 16384 ? rest.length : 16384;
    add(&source, (struct text){rest.data, length});
    rest = (struct text){rest.data + length, rest.length - length};
    buffer_clear(&writer.seen);
  }
  finish(&source);
  assert_int_equal(source.totals.stored, 200000);
  assert_int_equal(source.totals.content_bytes, array.length);
  assert_true(writer.most_bytes < 2000000);
  assert_true(source.rooms > 10);
  unsigned char digest[EVENT_STREAM_DIGEST_BYTES];
  SHA256((const unsigned char *)packed.data, packed.length, digest);
  assert_memory_equal(source.totals.digest, digest, sizeof digest);
  buffer_free(&array);
  buffer_free(&packed);
}

/* ---- gzip that is none ---- */

static char *read_bytes(struct text bytes)
{
  struct source source;
  char *seen = read_in_pieces(bytes, cut_never, NULL, &source);
  assert_same("bytes", seen, read_in_pieces(bytes, cut_each, NULL, &source));
  return seen;
}

static void test_damaged_gzip(void **state)
{
  (void)state;
  struct buffer plain = {0};
  struct buffer packed = {0};
  for (int i = 0; i < 100; i++) {
    append_event(&plain, i);
  }
  gzip_compress(buffer_text(&plain), &packed);
  size_t whole = packed.length;
  char *seen = read_bytes((struct text){packed.data, whole - 8}); /* without its trailer */
  assert_int_equal(count_lines(seen, "breadcrumb g"), 100);
  assert_non_null(strstr(seen, "gzip that is damaged or cut off after 3490 bytes of its content"));
  free(seen);
  buffer_append_text(&packed, TEXT("garbage"));
  seen = read_bytes(buffer_text(&packed));
  assert_int_equal(count_lines(seen, "breadcrumb g"), 100);
  assert_non_null(strstr(seen, "not gzip: bytes behind the last member; 7 bytes: garbage"));
  free(seen);
  packed.length = whole;
  memset(packed.data + 40, 0xFF, 20); /* how far it is read depends on how it is cut */
  struct source source;
  seen = read_in_pieces(buffer_text(&packed), cut_never, NULL, &source);
  assert_non_null(strstr(seen, "gzip that is damaged"));
  free(seen);
  seen = read_bytes(TEXT("\x1f")); /* not yet gzip */
  assert_int_equal(count_lines(seen, "reject 0 at $: not acceptable JSON"), 1);
  free(seen);
  seen = read_bytes(TEXT("\x1f\x8b"));
  assert_int_equal(count_lines(seen, "reject 0 at $: gzip that is damaged or cut off after 0 bytes"), 1);
  free(seen);
  buffer_free(&plain);
  buffer_free(&packed);
}

/* ---- records ---- */

static void begin_record(struct source *source, uint32_t index)
{
  while (event_stream_begin_record(source->stream, index) == EVENT_STREAM_FULL) {
    wait_for_room(source);
  }
}

static void test_records(void **state)
{
  (void)state;
  struct source source;
  const char *const records[] = {"{\"thingName\":\"g0\",\"lat\":1,\"lon\":2}\n",
                                 "",
                                 "{\"thingName\":\"half\",\"la",
                                 "t\":1}",
                                 "[{\"thingName\":\"g1\",\"lat\":1,\"lon\":2},{\"thingName\":\"x\",\"lat\":91,\"lon\":2},",
                                 "{\"thingName\":\"g2\",\"lat\":1,\"lon\":2}{\"thingName\":\"no position\"}"};
  writer_reset();
  begin(&source, (struct event_stream_settings){.is_plain = true, .memory_max_bytes = 1});
  for (uint32_t i = 0; i < 6; i++) {
    begin_record(&source, i);
    add(&source, text_from(records[i]));
  }
  while (event_stream_reject(source.stream, "records[5].data", "not base64", TEXT("!!")) == EVENT_STREAM_FULL) {
    wait_for_room(&source);
  }
  finish(&source);
  buffer_append_char(&writer.seen, '\0');
  assert_int_equal(count_lines(writer.seen.data, "breadcrumb g"), 3);
  const char *const rejects[] = {"reject 0 at records[2]: not acceptable JSON at byte 23: string without an end; 23 bytes",
                                 "reject 0 at records[3]: not acceptable JSON",
                                 "reject 1 at records[4][1].lat: expected -90..90",
                                 "reject 2 at records[4][2]: not acceptable JSON: the input ends where ',' or ']' should be",
                                 "reject 1 at records[5][1]: no position",
                                 "reject 2 at records[5].data: not base64; 2 bytes: !!"};
  for (size_t i = 0; i < sizeof rejects / sizeof rejects[0]; i++) {
    if (count_lines(writer.seen.data, rejects[i]) != 1) {
      print_error("%s is not in\n%s", rejects[i], writer.seen.data);
    }
    assert_int_equal(count_lines(writer.seen.data, rejects[i]), 1);
  }
  assert_int_equal(source.totals.events, 9);
}

/* ---- what the writer says ---- */

static void test_a_writer_that_fails(void **state)
{
  (void)state;
  struct source source;
  struct buffer input = {0};
  for (int i = 0; i < 100000; i++) {
    append_event(&input, i);
  }
  writer_reset(); /* says no at once */
  writer.submit_error = error_make(ERROR_DATABASE_AWAY, "away");
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  assert_int_equal(event_stream_add(source.stream, buffer_text(&input)), EVENT_STREAM_TAKEN);
  assert_int_equal(event_stream_add(source.stream, buffer_text(&input)), EVENT_STREAM_FAILED);
  assert_int_equal(event_stream_finish(source.stream), EVENT_STREAM_TAKEN);
  assert_true(source.has_finished);
  assert_int_equal(source.totals.outcome.code, ERROR_DATABASE_AWAY);
  writer_reset(); /* fails later */
  writer.outcome = error_make(ERROR_QUERY_TIMEOUT, "slow");
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 1});
  assert_int_equal(event_stream_add(source.stream, buffer_text(&input)), EVENT_STREAM_TAKEN);
  assert_int_equal(event_stream_add(source.stream, buffer_text(&input)), EVENT_STREAM_FULL);
  wait_for_room(&source);
  assert_int_equal(event_stream_add(source.stream, buffer_text(&input)), EVENT_STREAM_FAILED);
  event_stream_abandon(source.stream, error_make(ERROR_CLIENT_GONE, "gone"));
  assert_true(source.has_finished);
  assert_int_equal(source.totals.outcome.code, ERROR_QUERY_TIMEOUT); /* the first */
  writer_reset(); /* is full, and nothing is under way that would make room */
  writer.capacity = 0;
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  assert_int_equal(event_stream_add(source.stream, buffer_text(&input)), EVENT_STREAM_TAKEN);
  assert_int_equal(event_stream_finish(source.stream), EVENT_STREAM_TAKEN);
  assert_true(source.has_finished);
  assert_int_equal(source.totals.outcome.code, ERROR_BUSY);
  buffer_free(&input);
}

static void test_what_is_abandoned(void **state)
{
  (void)state;
  struct source source;
  struct buffer input = {0};
  for (int i = 0; i < 20500; i++) {
    append_event(&input, i);
  }
  writer_reset();
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  add(&source, buffer_text(&input));
  assert_true(writer.count >= 2);
  event_stream_abandon(source.stream, error_make(ERROR_CLIENT_GONE, "gone"));
  assert_false(source.has_finished); /* deliveries are under way */
  while (writer.first != NULL) {
    writer_store_one();
  }
  assert_true(source.has_finished);
  assert_int_equal(source.totals.outcome.code, ERROR_CLIENT_GONE);
  assert_true(source.totals.stored > 0 && source.totals.stored < 20500);
  writer_reset(); /* while it waits for room: the writer still holds on to it */
  writer.capacity = 1;
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  add(&source, buffer_text(&input));
  assert_non_null(writer.waiters);
  event_stream_abandon(source.stream, error_make(ERROR_CLIENT_GONE, "gone"));
  while (writer.first != NULL) {
    writer_store_one();
  }
  assert_true(source.has_finished);
  writer_reset(); /* nothing was read yet */
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  add(&source, TEXT("{\"thingName\":\"half\""));
  event_stream_abandon(source.stream, error_make(ERROR_CLIENT_GONE, "gone"));
  assert_true(source.has_finished);
  assert_int_equal(source.totals.events, 0);
  buffer_free(&input);
}

static void test_totals(void **state)
{
  (void)state;
  struct source source;
  writer_reset();
  writer.spools = true;
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  add(&source, TEXT("{\"thingName\":\"g\",\"lat\":1,\"lon\":2}{}"));
  finish(&source);
  assert_int_equal(source.totals.spooled, 2);
  assert_int_equal(source.totals.stored + source.totals.rejected, 0);
  writer_reset();
  writer.outcome = error_make(ERROR_BAD_INPUT, "the database refuses it");
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  add(&source, TEXT("{\"thingName\":\"g\",\"lat\":1,\"lon\":2}{}"));
  finish(&source);
  assert_int_equal(source.totals.outcome.code, ERROR_NONE);
  assert_int_equal(source.totals.rejected, 2);
  writer_reset();
  begin(&source, (struct event_stream_settings){.memory_max_bytes = 0});
  finish(&source);
  assert_int_equal(source.totals.events, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases_of_the_reader),
      cmocka_unit_test(test_cases_of_its_own),
      cmocka_unit_test(test_values_that_are_too_large),
      cmocka_unit_test(test_broken_values_without_an_end),
      cmocka_unit_test(test_junk),
      cmocka_unit_test(test_many_events_in_little_memory),
      cmocka_unit_test(test_damaged_gzip),
      cmocka_unit_test(test_records),
      cmocka_unit_test(test_a_writer_that_fails),
      cmocka_unit_test(test_what_is_abandoned),
      cmocka_unit_test(test_totals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
