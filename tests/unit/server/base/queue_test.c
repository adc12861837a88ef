#include "tests/unit/cmocka_all.h"

#include <pthread.h>

#include "server/base/queue.h"

static void test_order_and_bound(void **state)
{
  (void)state;
  struct queue *queue = queue_new(3);
  int items[5];
  void *taken[5];
  for (int round = 0; round < 4; round++) {
    assert_true(queue_push(queue, &items[0]));
    assert_true(queue_push(queue, &items[1]));
    assert_true(queue_push(queue, &items[2]));
    assert_false(queue_push(queue, &items[3]));
    assert_int_equal(queue_depth(queue), 3);
    assert_int_equal(queue_take(queue, taken, 2, -1), 2);
    assert_ptr_equal(taken[0], &items[0]);
    assert_ptr_equal(taken[1], &items[1]);
    assert_true(queue_push(queue, &items[4]));
    assert_int_equal(queue_take(queue, taken, 5, 0), 2);
    assert_ptr_equal(taken[0], &items[2]);
    assert_ptr_equal(taken[1], &items[4]);
  }
  assert_int_equal(queue_take(queue, taken, 5, 0), 0);
  assert_int_equal(queue_take(queue, taken, 5, 1), 0);
  queue_free(queue);
  queue_free(NULL);
}

static void test_close_leaves_the_rest(void **state)
{
  (void)state;
  struct queue *queue = queue_new(3);
  int item;
  void *taken[2];
  assert_true(queue_push(queue, &item));
  queue_close(queue);
  assert_true(queue_is_closed(queue));
  assert_false(queue_push(queue, &item));
  assert_int_equal(queue_take(queue, taken, 2, -1), 1);
  assert_int_equal(queue_take(queue, taken, 2, -1), 0);
  queue_free(queue);
}

enum { THREADS = 4, EACH = 5000 };

struct worker {
  struct queue *queue;
  uintptr_t count;
  uintptr_t sum;
};

static void *push_all(void *context)
{
  struct worker *worker = context;
  for (uintptr_t i = 1; i <= EACH; i++) {
    while (!queue_push(worker->queue, (void *)i)) {
      sched_yield();
    }
  }
  return NULL;
}

static void *take_all(void *context)
{
  struct worker *worker = context;
  void *items[64];
  size_t count;
  while ((count = queue_take(worker->queue, items, 64, -1)) > 0) {
    for (size_t i = 0; i < count; i++) {
      worker->sum += (uintptr_t)items[i];
    }
    worker->count += count;
  }
  return NULL;
}

static void test_many_threads_lose_nothing(void **state)
{
  (void)state;
  struct queue *queue = queue_new(50);
  struct worker pushers[THREADS];
  struct worker takers[THREADS];
  pthread_t threads[2 * THREADS];
  for (int i = 0; i < THREADS; i++) {
    pushers[i] = takers[i] = (struct worker){.queue = queue};
    pthread_create(&threads[i], NULL, push_all, &pushers[i]);
    pthread_create(&threads[THREADS + i], NULL, take_all, &takers[i]);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  queue_close(queue);
  uintptr_t count = 0;
  uintptr_t sum = 0;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[THREADS + i], NULL);
    count += takers[i].count;
    sum += takers[i].sum;
  }
  assert_int_equal(count, THREADS * EACH);
  assert_int_equal(sum, (uintptr_t)THREADS * EACH * (EACH + 1) / 2);
  queue_free(queue);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order_and_bound),
      cmocka_unit_test(test_close_leaves_the_rest),
      cmocka_unit_test(test_many_threads_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
