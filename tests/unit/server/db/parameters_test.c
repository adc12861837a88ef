#include "server/db/parameters.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct db_parameters *begin(void **state)
{
  struct arena *arena = arena_new(256);
  *state = arena;
  return db_parameters_new(arena);
}

static int end(void **state)
{
  arena_free(*state);
  return 0;
}

/* Parameter `index` has these bytes. */
static void assert_bytes(const struct db_parameters *parameters, int index, const char *bytes, size_t length)
{
  assert_true(index < parameters->count);
  assert_int_equal(parameters->formats[index], 1);
  assert_int_equal(parameters->lengths[index], length);
  assert_non_null(parameters->values[index]);
  assert_memory_equal(parameters->values[index], bytes, length);
}

#define ASSERT_BYTES(parameters, index, literal) assert_bytes(parameters, index, literal, sizeof(literal) - 1)

static void test_scalars(void **state)
{
  struct db_parameters *parameters = begin(state);
  db_add_null(parameters);
  db_add_bool(parameters, true);
  db_add_int32(parameters, -2);
  db_add_int64(parameters, 0x0102030405060708);
  db_add_double(parameters, 1.0);
  db_add_double(parameters, (double)NAN);
  db_add_text(parameters, TEXT("ab"));
  db_add_time(parameters, DB_EPOCH_US + 1);
  db_add_time(parameters, DB_EPOCH_US - 1);
  assert_null(parameters->values[0]);
  ASSERT_BYTES(parameters, 1, "\1");
  ASSERT_BYTES(parameters, 2, "\xff\xff\xff\xfe");
  ASSERT_BYTES(parameters, 3, "\1\2\3\4\5\6\7\10");
  ASSERT_BYTES(parameters, 4, "\x3f\xf0\0\0\0\0\0\0");
  assert_null(parameters->values[5]);
  ASSERT_BYTES(parameters, 6, "ab");
  ASSERT_BYTES(parameters, 7, "\0\0\0\0\0\0\0\1");
  ASSERT_BYTES(parameters, 8, "\xff\xff\xff\xff\xff\xff\xff\xff");
  db_add_time(parameters, INT64_MAX);
  db_add_time(parameters, INT64_MIN);
  ASSERT_BYTES(parameters, 9, "\x7f\xff\xff\xff\xff\xff\xff\xff");
  ASSERT_BYTES(parameters, 10, "\x80\0\0\0\0\0\0\0");
}

/* Empty is not NULL, also when the slice points nowhere. */
static void test_empty_text_is_not_null(void **state)
{
  struct db_parameters *parameters = begin(state);
  db_add_text(parameters, (struct text){NULL, 0});
  db_add_text(parameters, TEXT(""));
  ASSERT_BYTES(parameters, 0, "");
  ASSERT_BYTES(parameters, 1, "");
}

static void test_empty_array_has_no_dimension(void **state)
{
  struct db_parameters *parameters = begin(state);
  db_add_int64_array(parameters, NULL, NULL, 0);
  db_add_text_array(parameters, NULL, 0);
  ASSERT_BYTES(parameters, 0, "\0\0\0\0\0\0\0\0\0\0\0\x14");
  ASSERT_BYTES(parameters, 1, "\0\0\0\0\0\0\0\0\0\0\0\x19");
}

static void test_fixed_arrays(void **state)
{
  struct db_parameters *parameters = begin(state);
  const uint8_t second_is_null[] = {0, 1};
  const uint8_t nothing_is_null[] = {0, 0};
  db_add_int16_array(parameters, (const int16_t[]){1, 2}, second_is_null, 2);
  db_add_int32_array(parameters, (const int32_t[]){1, -1}, nothing_is_null, 2);
  db_add_float4_array(parameters, (const float[]){1.0F}, NULL, 1);
  db_add_bool_array(parameters, (const uint8_t[]){0, 7}, NULL, 2);
  db_add_time_array(parameters, (const int64_t[]){DB_EPOCH_US}, NULL, 1);
  ASSERT_BYTES(parameters, 0, "\0\0\0\1\0\0\0\1\0\0\0\x15\0\0\0\2\0\0\0\1\0\0\0\2\0\1\xff\xff\xff\xff");
  ASSERT_BYTES(parameters, 1, "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2\0\0\0\1\0\0\0\4\0\0\0\1\0\0\0\4\xff\xff\xff\xff");
  ASSERT_BYTES(parameters, 2, "\0\0\0\1\0\0\0\0\0\0\2\xbc\0\0\0\1\0\0\0\1\0\0\0\4\x3f\x80\0\0");
  ASSERT_BYTES(parameters, 3, "\0\0\0\1\0\0\0\0\0\0\0\x10\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\0\1\1");
  ASSERT_BYTES(parameters, 4, "\0\0\0\1\0\0\0\0\0\0\4\xa0\0\0\0\1\0\0\0\1\0\0\0\10\0\0\0\0\0\0\0\0");
}

static void test_slice_arrays(void **state)
{
  struct db_parameters *parameters = begin(state);
  db_add_text_array(parameters, (const struct text[]){TEXT("a"), {NULL, 0}, TEXT("")}, 3);
  db_add_jsonb_array(parameters, (const struct text[]){TEXT("{}")}, 1);
  ASSERT_BYTES(parameters, 0, "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\3\0\0\0\1\0\0\0\1a\xff\xff\xff\xff\0\0\0\0");
  ASSERT_BYTES(parameters, 1, "\0\0\0\1\0\0\0\0\0\0\x0e\xda\0\0\0\1\0\0\0\1\0\0\0\3\1{}");
}

static void test_many_parameters(void **state)
{
  struct db_parameters *parameters = begin(state);
  for (int i = 0; i < 100; i++) {
    db_add_int32(parameters, i);
  }
  assert_int_equal(parameters->count, 100);
  ASSERT_BYTES(parameters, 0, "\0\0\0\0");
  ASSERT_BYTES(parameters, 99, "\0\0\0\x63");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_scalars, end),
      cmocka_unit_test_teardown(test_empty_text_is_not_null, end),
      cmocka_unit_test_teardown(test_empty_array_has_no_dimension, end),
      cmocka_unit_test_teardown(test_fixed_arrays, end),
      cmocka_unit_test_teardown(test_slice_arrays, end),
      cmocka_unit_test_teardown(test_many_parameters, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
