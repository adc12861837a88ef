#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "server/base/arena.h"

static void test_alignment_and_zeroes(void **state)
{
  (void)state;
  struct arena *arena = arena_new(64);
  for (size_t bytes = 0; bytes < 3000; bytes += 7) {
    unsigned char *memory = arena_alloc(arena, bytes);
    assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < bytes; i++) {
      assert_int_equal(memory[i], 0);
    }
    memset(memory, 0xAA, bytes);
  }
  arena_reset(arena);
  unsigned char *again = arena_alloc_array(arena, 100, 3);
  for (size_t i = 0; i < 300; i++) {
    assert_int_equal(again[i], 0);
  }
  assert_int_equal(arena_used_bytes(arena), 300);
  arena_free(arena);
  arena_free(NULL);
}

static void test_big_blocks_leave_the_current_one(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  char *small = arena_alloc_bytes(arena, 16);
  char *big = arena_alloc_bytes(arena, 10 * 1024 * 1024);
  char *next = arena_alloc_bytes(arena, 16);
  big[0] = big[10 * 1024 * 1024 - 1] = 'x';
  assert_true(next > small && next - small < 256);
  arena_free(arena);
}

static void test_many_blocks(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  char *pieces[2000];
  for (size_t i = 0; i < 2000; i++) {
    pieces[i] = arena_alloc_bytes(arena, 40);
    memset(pieces[i], (int)(i % 128), 40);
  }
  for (size_t i = 0; i < 2000; i++) {
    assert_int_equal(pieces[i][0], (char)(i % 128));
    assert_int_equal(pieces[i][39], (char)(i % 128));
  }
  assert_int_equal(arena_used_bytes(arena), 80000);
  arena_free(arena);
}

struct release {
  char *order;
  char letter;
};

static void note_release(void *object)
{
  struct release *release = object;
  release->order[strlen(release->order)] = release->letter;
}

static void test_deferred_in_reverse(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  char order[8] = "";
  struct release releases[3] = {{order, 'a'}, {order, 'b'}, {order, 'c'}};
  for (int i = 0; i < 3; i++) {
    arena_defer(arena, note_release, &releases[i]);
  }
  arena_reset(arena);
  assert_string_equal(order, "cba");
  arena_defer(arena, note_release, &releases[0]);
  arena_free(arena);
  assert_string_equal(order, "cbaa");
}

static void count_release(void *count)
{
  (*(int *)count)++;
}

static void test_within_ends_with_its_owner(void **state)
{
  (void)state;
  int released = 0;
  struct arena *owner = arena_new(1024);
  struct arena *inner = arena_new_within(owner, 1024);
  arena_defer(inner, count_release, &released);
  arena_reset(inner);
  assert_int_equal(released, 1);
  arena_defer(inner, count_release, &released);
  arena_free(owner);
  assert_int_equal(released, 2);
}

static void test_printf(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  assert_string_equal(arena_printf(arena, "%s-%d", "a", 7), "a-7");
  assert_int_equal(strlen(arena_printf(arena, "%05000d", 1)), 5000);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_alignment_and_zeroes),
      cmocka_unit_test(test_big_blocks_leave_the_current_one),
      cmocka_unit_test(test_many_blocks),
      cmocka_unit_test(test_deferred_in_reverse),
      cmocka_unit_test(test_within_ends_with_its_owner),
      cmocka_unit_test(test_printf),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
