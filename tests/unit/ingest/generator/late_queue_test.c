#include "tests/unit/cmocka_all.h"

#include "ingest/generator/late_queue.h"
#include "ingest/generator/random.h"

static void events_come_out_when_they_are_due(void **state)
{
  (void)state;
  struct late_queue queue = {0};
  struct random random = random_seeded(3, 1);
  enum { COUNT = 500 };
  for (int i = 0; i < COUNT; i++) {
    late_queue_add(&queue, random_integer(&random, 0, 99), i, TEXT("event"));
  }
  int taken = 0;
  int64_t last_order = -1;
  int64_t last_due = -1;
  for (int64_t now = 0; now < 100; now++) {
    for (struct late_event event; late_queue_take(&queue, now, &event); taken++) {
      assert_int_equal(event.due, now);
      assert_true(event.due > last_due || event.order > last_order);
      assert_true(text_equal(event.event, TEXT("event")));
      last_due = event.due;
      last_order = event.order;
      late_event_free(&event);
    }
  }
  assert_int_equal(taken, COUNT);
  late_queue_add(&queue, 7, 0, TEXT("left behind"));
  late_queue_free(&queue);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(events_come_out_when_they_are_due)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
