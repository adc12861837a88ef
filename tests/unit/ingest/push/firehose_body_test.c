/* Cases in tests/cases/firehose: NAME.input is a body, NAME.expected what is read from it, wherever it is cut. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/push/firehose_body.h"
#include "server/base/arena.h"

struct reading {
  struct firehose_body *body;
  struct buffer out;
  bool has_bytes; /* the last line is open */
  bool has_failed;
};

static void end_line(struct reading *reading)
{
  if (reading->has_bytes) {
    buffer_append_char(&reading->out, '\n');
  }
  reading->has_bytes = false;
}

static void show_bytes(struct buffer *out, struct text bytes)
{
  for (size_t i = 0; i < bytes.length; i++) {
    unsigned char byte = (unsigned char)bytes.data[i];
    if (byte >= 0x20 && byte < 0x7F) {
      buffer_append_char(out, (char)byte);
    } else {
      buffer_printf(out, "<%02x>", byte);
    }
  }
}

static void show(struct reading *reading, const struct firehose_token *token)
{
  switch (token->kind) {
  case FIREHOSE_RECORD:
    end_line(reading);
    buffer_printf(&reading->out, "record %u\n", token->index);
    break;
  case FIREHOSE_BYTES:
    show_bytes(&reading->out, token->bytes);
    reading->has_bytes = true;
    break;
  case FIREHOSE_BAD:
    end_line(reading);
    buffer_printf(&reading->out, "bad %u at %s: %s: ", token->index, token->field, token->reason);
    show_bytes(&reading->out, token->bytes);
    buffer_append_char(&reading->out, '\n');
    break;
  case FIREHOSE_MORE:
    break;
  }
}

static void say_error(struct reading *reading, const struct error *error)
{
  end_line(reading);
  buffer_printf(&reading->out, "error %s: %s\n", error->field, error->detail);
  reading->has_failed = true;
}

static void add(struct reading *reading, struct text bytes)
{
  struct firehose_token token;
  char *copy = malloc(bytes.length); /* so that the sanitizer sees what is read beyond */
  memcpy(copy, bytes.data, bytes.length);
  struct text rest = {copy, bytes.length};
  while (rest.length != 0 && !reading->has_failed) {
    struct error error = firehose_body_next(reading->body, &rest, &token);
    if (error.code != ERROR_NONE) {
      say_error(reading, &error);
    } else {
      show(reading, &token);
    }
  }
  free(copy);
}

static char *read_cut(struct text input, size_t first, size_t step)
{
  struct reading reading = {.body = firehose_body_new()};
  size_t length = first != 0 && first < input.length ? first : input.length;
  while (input.length != 0) {
    length = length < input.length ? length : input.length;
    add(&reading, (struct text){input.data, length});
    input = (struct text){input.data + length, input.length - length};
    length = step;
  }
  if (!reading.has_failed) {
    struct error error = firehose_body_end(reading.body);
    end_line(&reading);
    if (error.code != ERROR_NONE) {
      say_error(&reading, &error);
    } else {
      buffer_printf(&reading.out, "request id %.*s\n", TEXT_ARGS(firehose_body_request_id(reading.body)));
    }
  }
  firehose_body_free(reading.body);
  buffer_append_char(&reading.out, '\0');
  return reading.out.data;
}

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return TEXT("");
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static void assert_same(const char *name, const char *expected, char *is)
{
  if (strcmp(expected, is) != 0) {
    print_error("%s\n--- expected\n%s\n--- is\n%s\n", name, expected, is);
  }
  assert_string_equal(expected, is);
  free(is);
}

static void check_case(const char *name)
{
  struct arena *arena = arena_new(4096);
  int stem = (int)(strlen(name) - strlen(".input"));
  const char *expected_path = arena_printf(arena, CASES_FOLDER "/firehose/%.*s.expected", stem, name);
  struct text input = read_file(arena, arena_printf(arena, CASES_FOLDER "/firehose/%s", name));
  char *whole = read_cut(input, 0, input.length);
  if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
    FILE *file = fopen(expected_path, "wb");
    (void)fputs(whole, file);
    (void)fclose(file);
  }
  assert_same(name, text_to_cstring(arena, read_file(arena, expected_path)), strdup(whole));
  for (size_t at = 1; at < input.length; at++) {
    assert_same(name, whole, read_cut(input, at, input.length));
  }
  for (size_t step = 1; step < 9; step++) {
    assert_same(name, whole, read_cut(input, step, step));
  }
  free(whole);
  arena_free(arena);
}

static void test_cases(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/firehose");
  int cases = 0;
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      check_case(entry->d_name);
      cases++;
    }
  }
  (void)closedir(folder);
  assert_true(cases >= 10);
}

/* The largest record, and a bad one of which no more than a part is kept. */
static void test_large_records(void **state)
{
  (void)state;
  struct buffer body = {0};
  struct firehose_token token;
  size_t decoded = 0;
  size_t kept = 0;
  buffer_append_text(&body, TEXT("{\"records\":[{\"data\":\""));
  for (int i = 0; i < 341334; i++) {
    buffer_append_text(&body, TEXT("YWJj"));
  }
  buffer_append_text(&body, TEXT("\"},{\"data\":\"YWJj!"));
  for (int i = 0; i < 500000; i++) {
    buffer_append_text(&body, TEXT("YWJj"));
  }
  buffer_append_text(&body, TEXT("\"}],\"requestId\":\"r\"}"));
  struct firehose_body *reader = firehose_body_new();
  struct text rest = buffer_text(&body);
  while (rest.length != 0) {
    struct error error = firehose_body_next(reader, &rest, &token);
    assert_int_equal(error.code, ERROR_NONE);
    decoded += token.kind == FIREHOSE_BYTES ? token.bytes.length : 0;
    kept += token.kind == FIREHOSE_BAD ? token.bytes.length : 0;
  }
  struct error error = firehose_body_end(reader);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(decoded, 341335 * 3);
  assert_int_equal(kept, 1024 * 1024);
  firehose_body_free(reader);
  buffer_free(&body);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),
      cmocka_unit_test(test_large_records),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
