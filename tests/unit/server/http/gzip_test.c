#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "server/http/gzip.h"

static void test_reads_accept_encoding(void **state)
{
  (void)state;
  const char *const yes[] = {
      "gzip", "GZIP", "x-gzip", "*", "deflate, gzip", "gzip;q=0.001", "br;q=1.0, gzip ; q=0.8", "identity;q=0, *;q=0.5"};
  const char *const no[] = {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "gzip;q=x", "notgzip", ",,"};
  for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
    assert_true(gzip_is_accepted(text_from(yes[i])));
  }
  for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
    assert_false(gzip_is_accepted(text_from(no[i])));
  }
}

static void test_knows_what_is_worth_it(void **state)
{
  (void)state;
  assert_true(gzip_is_worthwhile(TEXT("text/csv; charset=utf-8; header=present")));
  assert_true(gzip_is_worthwhile(TEXT("application/geo+json")));
  assert_true(gzip_is_worthwhile(TEXT("application/gpx+xml")));
  assert_false(gzip_is_worthwhile(TEXT("image/png")));
  assert_true(gzip_is_worthwhile(TEXT("application/vnd.mapbox-vector-tile"))); /* names stand in it as text */
  assert_false(gzip_is_worthwhile(TEXT("application/octet-stream")));
  assert_false(gzip_is_worthwhile(TEXT("")));
}

static void test_returns_what_was_given(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct buffer plain = {0};
  struct buffer packed = {0};
  for (int i = 0; i < 50000; i++) {
    buffer_printf(&plain, "%d,", i * 7919 % 1000);
  }
  struct gzip_stream *stream = gzip_stream_new();
  size_t half = plain.length / 2;
  gzip_stream_add(stream, (struct text){plain.data, half}, false, &packed);
  gzip_stream_add(stream, (struct text){plain.data + half, plain.length - half}, true, &packed);
  gzip_stream_free(stream);
  gzip_compress(TEXT("and a second member"), &packed);

  struct text back;
  struct error error = gzip_inflate(arena, buffer_text(&packed), plain.length + 100, &back);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(back.length, plain.length + 19);
  assert_memory_equal(back.data, plain.data, plain.length);
  /* The cap is exact. */
  assert_int_equal(gzip_inflate(arena, buffer_text(&packed), back.length, &back).code, ERROR_NONE);
  assert_int_equal(gzip_inflate(arena, buffer_text(&packed), back.length - 1, &back).code, ERROR_BODY_TOO_LARGE);
  /* A cut or garbled one is not taken for a whole. */
  assert_int_equal(gzip_inflate(arena, (struct text){packed.data, packed.length - 1}, 1000000, &back).code, ERROR_BAD_INPUT);
  packed.data[packed.length / 2] ^= 1;
  assert_int_equal(gzip_inflate(arena, buffer_text(&packed), 1000000, &back).code, ERROR_BAD_INPUT);
  buffer_free(&plain);
  buffer_free(&packed);
  arena_free(arena);
}

static void test_gives_what_had_no_room(void **state)
{
  (void)state;
  char out[1000];
  struct buffer plain = {0};
  struct buffer packed = {0};
  for (int i = 0; i < 2500; i++) {
    buffer_append_char(&plain, 'a');
  }
  gzip_compress(buffer_text(&plain), &packed);
  struct gunzip_stream *stream = gunzip_stream_new();
  assert_true(gunzip_stream_may_end(stream));
  struct text rest = buffer_text(&packed);
  static const size_t expected[] = {1000, 1000, 500, 0};
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    size_t length;
    assert_int_equal(gunzip_stream_read(stream, &rest, out, sizeof out, &length).code, ERROR_NONE);
    assert_int_equal(length, expected[i]);
    assert_int_equal(gunzip_stream_may_end(stream), i >= 2);
    if (rest.length == 0) {
      rest = (struct text){0}; /* what had no room is asked for without any input */
    }
  }
  gunzip_stream_free(stream);
  buffer_free(&plain);
  buffer_free(&packed);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reads_accept_encoding),
      cmocka_unit_test(test_knows_what_is_worth_it),
      cmocka_unit_test(test_returns_what_was_given),
      cmocka_unit_test(test_gives_what_had_no_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
