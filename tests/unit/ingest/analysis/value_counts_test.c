#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "ingest/analysis/value_counts.h"

enum { VALUES = 500 };

static int ascending(const void *a, const void *b)
{
  const int64_t left = *(const int64_t *)a;
  const int64_t right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static struct text saved(const struct value_counts *counts, struct buffer *out)
{
  buffer_clear(out);
  value_counts_save(counts, out);
  return buffer_text(out);
}

static void ranks_are_those_of_the_sorted_values(void **state)
{
  (void)state;
  struct value_counts counts = {0};
  int64_t values[VALUES];
  srand(7);
  for (int i = 0; i < VALUES; i++) {
    values[i] = rand() % 60 - 20;
    value_counts_add(&counts, values[i], 1);
  }
  qsort(values, VALUES, sizeof values[0], ascending);
  assert_int_equal(counts.total, VALUES);
  for (int i = 0; i < VALUES; i++) {
    assert_int_equal(value_counts_at(&counts, i), values[i]);
  }
  value_counts_free(&counts);
}

static void the_order_of_adding_does_not_show(void **state)
{
  (void)state;
  struct value_counts up = {0};
  struct value_counts down = {0};
  struct value_counts merged = {0};
  struct value_counts copy = {0};
  for (int64_t i = 0; i < 100; i++) {
    value_counts_add(&up, i / 2, 1);
    value_counts_add(&down, (99 - i) / 2, 1);
    value_counts_add(i % 3 == 0 ? &merged : &copy, i / 2, 1);
  }
  value_counts_merge(&merged, &copy);
  value_counts_copy(&copy, &merged);
  struct buffer first = {0};
  struct buffer second = {0};
  const struct text expected = saved(&up, &first);
  assert_true(text_equal(expected, saved(&down, &second)));
  assert_true(text_equal(expected, saved(&merged, &second)));
  assert_true(text_equal(expected, saved(&copy, &second)));
  value_counts_clear(&copy);
  assert_int_equal(copy.total, 0);
  value_counts_free(&up);
  value_counts_free(&down);
  value_counts_free(&merged);
  value_counts_free(&copy);
  buffer_free(&first);
  buffer_free(&second);
}

static bool loads(struct text bytes, struct value_counts *counts)
{
  struct state_reader reader = {.rest = &bytes};
  value_counts_load(counts, &reader);
  return !reader.broken;
}

static void what_was_saved_is_loaded_and_nothing_else(void **state)
{
  (void)state;
  struct value_counts counts = {0};
  struct value_counts loaded = {0};
  struct buffer out = {0};
  struct buffer again = {0};
  value_counts_add(&counts, 41, 2);
  value_counts_add(&counts, 40, 1);
  const struct text bytes = saved(&counts, &out);
  assert_true(loads(bytes, &loaded));
  assert_true(text_equal(bytes, saved(&loaded, &again)));
  for (size_t length = 0; length < bytes.length; length++) {
    assert_false(loads((struct text){bytes.data, length}, &loaded));
  }
  buffer_clear(&again);
  state_put_int32(&again, 2);
  for (int i = 0; i < 2; i++) { /* twice the same value */
    state_put_int64(&again, 40);
    state_put_int64(&again, 1);
  }
  assert_false(loads(buffer_text(&again), &loaded));
  buffer_clear(&again);
  state_put_int32(&again, -1);
  assert_false(loads(buffer_text(&again), &loaded));
  value_counts_free(&counts);
  value_counts_free(&loaded);
  buffer_free(&out);
  buffer_free(&again);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranks_are_those_of_the_sorted_values),
      cmocka_unit_test(the_order_of_adding_does_not_show),
      cmocka_unit_test(what_was_saved_is_loaded_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
