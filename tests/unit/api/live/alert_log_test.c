#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "api/live/alert_log.h"

static void add(struct alert_log *log, int64_t seq)
{
  char json[64];
  const int length = snprintf(json, sizeof json, "{\"seq\":%lld}", (long long)seq);
  const struct alert_frame frame = {seq, 7, TEXT("truck"), {json, (size_t)length}};
  alert_log_add(log, &frame);
}

static void frames_come_in_order_and_once(void **state)
{
  (void)state;
  struct alert_log *log = alert_log_new();
  assert_null(alert_log_next(log, 0));
  assert_true(alert_log_reaches(log, 0));
  add(log, 5);
  add(log, 9);
  add(log, 9);
  add(log, 4);
  const struct alert_frame *first = alert_log_next(log, 0);
  assert_int_equal(first->seq, 5);
  assert_true(text_equal(first->json, TEXT("{\"seq\":5}")) && text_equal(first->vehicle, TEXT("truck")));
  assert_int_equal(alert_log_next(log, 5)->seq, 9);
  assert_int_equal(alert_log_next(log, 8)->seq, 9);
  assert_null(alert_log_next(log, 9));
  alert_log_free(log);
}

static void the_oldest_give_way_and_it_is_known(void **state)
{
  (void)state;
  struct alert_log *log = alert_log_new();
  for (int64_t seq = 1; seq <= ALERT_LOG_FRAMES_MAX + 10; seq++) {
    add(log, seq);
  }
  assert_false(alert_log_reaches(log, 9));
  assert_true(alert_log_reaches(log, 10));
  assert_int_equal(alert_log_next(log, 0)->seq, 11);
  assert_int_equal(alert_log_next(log, ALERT_LOG_FRAMES_MAX)->seq, ALERT_LOG_FRAMES_MAX + 1);
  alert_log_begin_after(log, 100000);
  assert_false(alert_log_reaches(log, 99999));
  assert_null(alert_log_next(log, 0));
  add(log, 100000);
  add(log, 100001);
  assert_int_equal(alert_log_next(log, 100000)->seq, 100001);
  alert_log_free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(frames_come_in_order_and_once),
                                     cmocka_unit_test(the_oldest_give_way_and_it_is_known)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
