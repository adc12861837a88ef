#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "server/http/zip_stream.h"

struct sink {
  struct buffer bytes;
  size_t fail_after; /* 0: never */
};

static struct error take(void *context, const void *bytes, size_t length)
{
  struct sink *sink = context;
  if (sink->fail_after != 0 && sink->bytes.length + length > sink->fail_after) {
    return error_make(ERROR_CLIENT_GONE, "gone");
  }
  buffer_append(&sink->bytes, bytes, length);
  return error_none();
}

static struct error add_file(struct zip_stream *zip, const char *name, struct text content, struct zip_entry *entry)
{
  TRY(zip_stream_begin_entry(zip, name, INT64_C(1780000000000000)));
  TRY(zip_stream_add(zip, content));
  return zip_stream_end_entry(zip, entry);
}

static void test_an_entry_is_told_with_its_digest(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct sink sink = {0};
  struct zip_entry entry;
  struct zip_stream *zip = zip_stream_open(arena, take, &sink);
  assert_int_equal(add_file(zip, "a.txt", TEXT("abc"), &entry).code, ERROR_NONE);
  assert_int_equal(entry.bytes, 3);
  assert_string_equal(entry.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_int_equal(add_file(zip, "empty.txt", TEXT(""), &entry).code, ERROR_NONE);
  assert_int_equal(entry.bytes, 0);
  assert_string_equal(entry.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_int_equal(zip_stream_close(zip).code, ERROR_NONE);
  assert_memory_equal(sink.bytes.data, "PK\3\4", 4);
  const char *comment = sink.bytes.data + sink.bytes.length - 71;
  assert_memory_equal(comment, "sha256:", 7);
  assert_memory_equal(comment - 22, "PK\5\6", 4);
  assert_int_equal((unsigned char)comment[-2], 71);
  arena_free(arena);
  buffer_free(&sink.bytes);
}

static void test_a_sink_that_fails_is_told_as_it_failed(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct sink sink = {.fail_after = 100000};
  struct zip_stream *zip = zip_stream_open(arena, take, &sink);
  struct error error = zip_stream_begin_entry(zip, "noise", 0);
  unsigned char noise[4096];
  for (int i = 0; i < 100 && error.code == ERROR_NONE; i++) {
    for (size_t k = 0; k < sizeof noise; k++) {
      noise[k] = (unsigned char)rand();
    }
    error = zip_stream_add(zip, (struct text){(const char *)noise, sizeof noise});
  }
  assert_int_equal(error.code, ERROR_CLIENT_GONE);
  assert_int_equal(zip_stream_close(zip).code, ERROR_CLIENT_GONE);
  assert_true(sink.bytes.length <= 100000);
  arena_free(arena);
  buffer_free(&sink.bytes);
}

static void test_one_that_is_never_closed_is_freed(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct sink sink = {0};
  struct zip_stream *zip = zip_stream_open(arena, take, &sink);
  assert_int_equal(zip_stream_begin_entry(zip, "a", 0).code, ERROR_NONE);
  arena_free(arena);
  buffer_free(&sink.bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_entry_is_told_with_its_digest),
      cmocka_unit_test(test_a_sink_that_fails_is_told_as_it_failed),
      cmocka_unit_test(test_one_that_is_never_closed_is_freed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
