/* Cases in tests/cases/events: NAME.input is the body as it arrives, NAME.expected what becomes of it, a line each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ingest/events/event_copy.h"
#include "ingest/events/event_reader.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

/* 2026-11-22T12:00:00Z */
static const int64_t NOW_US = INT64_C(1795348800) * 1000000;

static struct event_settings settings_of(const char *speed_unit, const char *temperature_unit, const char *field)
{
  struct event_settings settings;
  struct error error = event_settings_make(speed_unit, temperature_unit, field, 60, &settings);
  assert_int_equal(error.code, ERROR_NONE);
  return settings;
}

static void append_number(struct buffer *out, const char *name, double value, int decimals)
{
  buffer_printf(out, " %s=", name);
  if (isnan(value)) {
    buffer_append_char(out, '-');
  } else {
    buffer_append_decimal(out, value, decimals);
  }
}

static void append_breadcrumb(struct buffer *out, const struct breadcrumb *breadcrumb)
{
  buffer_printf(out, "breadcrumb %.*s at=", TEXT_ARGS(breadcrumb->vehicle));
  buffer_append_time(out, breadcrumb->recorded_at_us);
  buffer_printf(out, " version=%lld", (long long)breadcrumb->version);
  append_number(out, "lat", breadcrumb->latitude_deg, 9);
  append_number(out, "lon", breadcrumb->longitude_deg, 9);
  append_number(out, "speed_kmh", (double)breadcrumb->speed_kmh, 3);
  append_number(out, "heading_deg", (double)breadcrumb->heading_deg, 2);
  append_number(out, "temperature_c", (double)breadcrumb->temperature_c, 3);
  buffer_printf(out, " ignition=%d flags=%d", breadcrumb->ignition, breadcrumb->flags);
  if (breadcrumb->extra.data != NULL) {
    buffer_printf(out, " extra=%.*s", TEXT_ARGS(breadcrumb->extra));
  }
  buffer_append_char(out, '\n');
}

static void render(struct buffer *out, const struct events *events)
{
  for (size_t i = 0; i < events->breadcrumb_count; i++) {
    append_breadcrumb(out, &events->breadcrumbs[i]);
  }
  for (size_t i = 0; i < events->reject_count; i++) {
    const struct rejected *reject = &events->rejects[i];
    struct text vehicle = reject->vehicle.data != NULL ? reject->vehicle : TEXT("-");
    buffer_printf(out, "reject %u %.*s at %.*s: %.*s\n", reject->index, TEXT_ARGS(vehicle), TEXT_ARGS(reject->field),
                  TEXT_ARGS(reject->reason));
  }
  if (events->confirmation_count != 0) {
    buffer_printf(out, "confirmation %.*s\n", TEXT_ARGS(events->confirmation_url));
  }
}

static void read_body(struct arena *arena, const struct event_settings *settings, struct text body, struct buffer *out)
{
  struct events events;
  struct buffer scratch = {0};
  struct event_input input = {.body = body, .now_us = NOW_US, .source = SOURCE_IOT_HTTP};
  struct arena *trees = arena_new(1024);
  event_read(trees, &scratch, settings, &input, &events);
  event_copy(arena, body, &events);
  arena_free(trees);
  render(out, &events);
  for (size_t i = 0; i < events.breadcrumb_count; i++) {
    const struct json *extra = NULL;
    if (events.breadcrumbs[i].extra.data != NULL) {
      struct error error = json_parse(arena, events.breadcrumbs[i].extra, JSON_LIMITS_DEFAULT, &extra);
      assert_int_equal(error.code, ERROR_NONE);
      assert_int_equal(extra->type, JSON_OBJECT);
    }
  }
  buffer_free(&scratch);
}

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return (struct text){NULL, 0};
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static int check_case(const char *input_path)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer out = {0};
  struct event_settings settings = settings_of("mph", "c", "temperature");
  size_t stem = strlen(input_path) - strlen(".input");
  read_body(arena, &settings, read_file(arena, input_path), &out);
  const char *expected_path = arena_printf(arena, "%.*s.expected", (int)stem, input_path);
  bool is_same = text_equal(buffer_text(&out), read_file(arena, expected_path));
  if (!is_same) {
    print_error("%s gives:\n%.*s", input_path, (int)out.length, out.data);
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      FILE *file = fopen(expected_path, "wb");
      (void)fwrite(out.data, 1, out.length, file);
      (void)fclose(file);
    }
  }
  buffer_free(&out);
  arena_free(arena);
  return is_same ? 0 : 1;
}

static void test_cases(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/events");
  int cases = 0;
  int failures = 0;
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      char path[512];
      (void)snprintf(path, sizeof(path), "%s/events/%s", CASES_FOLDER, entry->d_name);
      failures += check_case(path);
      cases++;
    }
  }
  (void)closedir(folder);
  assert_true(cases >= 20);
  assert_int_equal(failures, 0);
}

static void expect(const struct event_settings *settings, const char *body, const char *expected)
{
  struct arena *arena = arena_new(4096);
  struct buffer out = {0};
  read_body(arena, settings, text_from(body), &out);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, expected);
  buffer_free(&out);
  arena_free(arena);
}

static void test_units(void **state)
{
  (void)state;
  struct event_settings settings = settings_of("ms", "f", "cargo_temp");
  expect(&settings,
         "{\"thingName\":\"v\",\"lat\":1,\"lon\":2,\"timestamp\":1700000000,\"speed\":10,\"cargo_temp\":14,\"temperature\":3}",
         "breadcrumb v at=2023-11-14T22:13:20Z version=0 lat=1 lon=2 speed_kmh=36 heading_deg=- temperature_c=-10 ignition=-1 "
         "flags=0 extra={\"temperature\":3}\n");
  settings = settings_of("kmh", "c", "temperature");
  expect(&settings,
         "{\"thingName\":\"v\",\"lat\":1,\"lon\":2,\"timestamp\":1700000000,\"speed\":\"10.5\",\"temperature\":\"-18.25\"}",
         "breadcrumb v at=2023-11-14T22:13:20Z version=0 lat=1 lon=2 speed_kmh=10.5 heading_deg=- temperature_c=-18.25 "
         "ignition=-1 flags=0\n");
}

static void test_wrong_settings(void **state)
{
  (void)state;
  struct event_settings settings;
  struct error error = event_settings_make("knots", "c", "temperature", 60, &settings);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_string_equal(error.field, "speed-unit");
  error = event_settings_make("mph", "k", "temperature", 60, &settings);
  assert_string_equal(error.field, "temperature-unit");
}

static void test_name_from_envelope(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer scratch = {0};
  struct event_settings settings = settings_of("mph", "c", "temperature");
  struct events events;
  struct event_input input = {.body = TEXT("{\"lat\":1,\"lon\":2}"), .vehicle_hint = TEXT("from_key"), .now_us = NOW_US};
  event_read(arena, &scratch, &settings, &input, &events);
  assert_int_equal(events.breadcrumb_count, 1);
  assert_true(text_equal(events.breadcrumbs[0].vehicle, TEXT("from_key")));
  assert_true(events.breadcrumbs[0].recorded_at_us == NOW_US);
  buffer_free(&scratch);
  arena_free(arena);
}

/* The article's column filenm; an event's own member of that name does not take its place. */
static void test_file_of_object(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer scratch = {0};
  struct event_settings settings = settings_of("mph", "c", "temperature");
  struct events events;
  struct event_input input = {.body = TEXT("{\"lat\":1,\"lon\":2,\"filenm\":\"x\"}"),
                              .vehicle_hint = TEXT("a"),
                              .file = TEXT("s3://bucket/a \"key\""),
                              .now_us = NOW_US};
  event_read(arena, &scratch, &settings, &input, &events);
  assert_int_equal(events.breadcrumb_count, 1);
  assert_string_equal(text_to_cstring(arena, events.breadcrumbs[0].extra),
                      "{\"reported\":{\"filenm\":\"x\"},\"filenm\":\"s3://bucket/a \\\"key\\\"\"}");
  buffer_free(&scratch);
  arena_free(arena);
}

static void test_bytes_of_rejects(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer scratch = {0};
  struct event_settings settings = settings_of("mph", "c", "temperature");
  struct events events;
  struct event_input input = {.body = TEXT(" [ 1, {\"lat\" : 01 } ,{\"a\":\"x},\n{}, {\"a\":\"y}] \n")};
  const char *expected[] = {"1", "{\"lat\" : 01 }", "{\"a\":\"x}", "{}", "{\"a\":\"y}] \n"};
  event_read(arena, &scratch, &settings, &input, &events);
  assert_int_equal(events.breadcrumb_count, 0);
  assert_int_equal(events.reject_count, 5);
  for (size_t i = 0; i < events.reject_count; i++) {
    assert_int_equal(events.rejects[i].index, i);
    assert_true(text_equal(events.rejects[i].body, text_from(expected[i])));
  }
  buffer_free(&scratch);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),          cmocka_unit_test(test_units),
      cmocka_unit_test(test_wrong_settings), cmocka_unit_test(test_name_from_envelope),
      cmocka_unit_test(test_file_of_object), cmocka_unit_test(test_bytes_of_rejects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
