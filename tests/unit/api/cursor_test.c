#include "tests/unit/cmocka_all.h"

#include "api/cursor.h"

static void a_cursor_gives_back_its_key(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  for (size_t length = 0; length <= CURSOR_KEY_MAX; length++) {
    unsigned char key[CURSOR_KEY_MAX];
    for (size_t i = 0; i < length; i++) {
      key[i] = (unsigned char)(i * 37 + length);
    }
    const struct text cursor = cursor_make(arena, 17, key, length);
    struct text read;
    assert_int_equal(cursor_read(arena, cursor, 17, &read).code, ERROR_NONE);
    assert_int_equal(read.length, length);
    assert_memory_equal(read.data, key, length);
  }
  arena_free(arena);
}

static void a_cursor_belongs_to_its_filter(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct text cursor = cursor_make(arena, 17, "iotfleet_1", 10);
  struct text key;
  const struct error error = cursor_read(arena, cursor, 18, &key);
  assert_int_equal(error.code, ERROR_BAD_INPUT);
  assert_string_equal(error.field, "cursor");
  arena_free(arena);
}

static void any_change_is_seen(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct text cursor = cursor_make(arena, 17, "iotfleet_1", 10);
  struct text key;
  for (size_t i = 0; i < cursor.length; i++) {
    for (int change = 1; change < 128; change++) {
      char *changed = text_to_cstring(arena, cursor);
      changed[i] = (char)(changed[i] ^ change);
      assert_int_equal(cursor_read(arena, (struct text){changed, cursor.length}, 17, &key).code, ERROR_BAD_INPUT);
    }
    assert_int_equal(cursor_read(arena, (struct text){cursor.data, i}, 17, &key).code, ERROR_BAD_INPUT);
  }
  arena_free(arena);
}

static void nonsense_is_refused(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  char long_text[1024];
  memset(long_text, 'A', sizeof long_text);
  struct text key;
  assert_int_equal(cursor_read(arena, TEXT(""), 17, &key).code, ERROR_BAD_INPUT);
  assert_int_equal(cursor_read(arena, TEXT("AAAA"), 17, &key).code, ERROR_BAD_INPUT);
  assert_int_equal(cursor_read(arena, TEXT("a+b/"), 17, &key).code, ERROR_BAD_INPUT);
  assert_int_equal(cursor_read(arena, (struct text){"AAAA\0AAAAAAAAAA", 15}, 17, &key).code, ERROR_BAD_INPUT);
  assert_int_equal(cursor_read(arena, (struct text){long_text, sizeof long_text}, 17, &key).code, ERROR_BAD_INPUT);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cursor_gives_back_its_key),
      cmocka_unit_test(a_cursor_belongs_to_its_filter),
      cmocka_unit_test(any_change_is_seen),
      cmocka_unit_test(nonsense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
