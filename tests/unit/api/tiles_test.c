#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "api/tiles.h"

static void paths_are_read_and_ranges_kept(void **state)
{
  (void)state;
  static const struct {
    const char *zoom, *column, *row;
    enum error_code code;
  } CASES[] = {
      {"0", "0", "0.mvt", ERROR_NONE},
      {"15", "32767", "32767.mvt", ERROR_NONE},
      {"15", "32768", "0.mvt", ERROR_NOT_FOUND},
      {"16", "0", "0.mvt", ERROR_NOT_FOUND},
      {"3", "7", "8.mvt", ERROR_NOT_FOUND},
      {"3", "-1", "0.mvt", ERROR_NOT_FOUND},
      {"3", "1", "0.png", ERROR_NOT_FOUND},
      {"3", "1", ".mvt", ERROR_BAD_INPUT},
      {"3", "one", "0.mvt", ERROR_BAD_INPUT},
      {"3.5", "1", "0.mvt", ERROR_BAD_INPUT},
      {"99999999999", "1", "0.mvt", ERROR_NOT_FOUND},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct tile_key key;
    struct error error = tile_key_read(text_from(CASES[i].zoom), text_from(CASES[i].column), text_from(CASES[i].row), &key);
    assert_int_equal(error.code, CASES[i].code);
  }
  struct tile_key key;
  assert_int_equal(tile_key_read(TEXT("12"), TEXT("650"), TEXT("1465.mvt"), &key).code, ERROR_NONE);
  assert_int_equal(key.zoom, 12);
  assert_int_equal(key.column, 650);
  assert_int_equal(key.row, 1465);
}

static bool has(struct tile_cache *cache, int64_t generation, int column, const char *expected)
{
  struct buffer tile = {0};
  struct tile_key key = {.generation = generation, .zoom = 9, .column = column, .row = 1};
  bool found = tile_cache_read(cache, key, &tile);
  if (found) {
    assert_true(text_equal(buffer_text(&tile), text_from(expected)));
  }
  buffer_free(&tile);
  return found;
}

static void keep(struct tile_cache *cache, int64_t generation, int column, const char *tile)
{
  tile_cache_keep(cache, (struct tile_key){.generation = generation, .zoom = 9, .column = column, .row = 1}, text_from(tile));
}

static void a_new_import_makes_old_tiles_stale(void **state)
{
  (void)state;
  struct tile_cache *cache = tile_cache_new(10000);
  keep(cache, 1, 5, "old");
  keep(cache, 1, 6, "");
  assert_true(has(cache, 1, 5, "old"));
  assert_true(has(cache, 1, 6, ""));
  assert_false(has(cache, 2, 5, ""));
  keep(cache, 1, 5, "newer");
  assert_true(has(cache, 1, 5, "newer"));
  tile_cache_free(cache);
}

static void the_least_used_tile_goes_first(void **state)
{
  (void)state;
  enum { ROOM = 10, TILE_BYTES = 100, OVERHEAD = 96 };
  char tile[TILE_BYTES + 1];
  memset(tile, 'x', TILE_BYTES);
  tile[TILE_BYTES] = '\0';
  struct tile_cache *cache = tile_cache_new(ROOM * (TILE_BYTES + OVERHEAD));
  for (int column = 0; column < ROOM; column++) {
    keep(cache, 1, column, tile);
  }
  assert_true(has(cache, 1, 0, tile)); /* used again: column 1 is now the oldest */
  keep(cache, 1, 100, tile);
  assert_true(has(cache, 1, 0, tile));
  assert_false(has(cache, 1, 1, tile));
  for (int column = 200; column < 5000; column++) {
    keep(cache, 1, column, tile);
  }
  assert_true(tile_cache_bytes(cache) <= ROOM * (TILE_BYTES + OVERHEAD));
  tile_cache_free(cache);
  tile_cache_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths_are_read_and_ranges_kept),
      cmocka_unit_test(a_new_import_makes_old_tiles_stale),
      cmocka_unit_test(the_least_used_tile_goes_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
