#include "tests/unit/cmocka_all.h"

#include "api/live/sent_log.h"
#include "server/base/clock.h"

static const int64_t START_US = INT64_C(1700000000) * US_PER_SECOND;

static int64_t ms(int64_t milliseconds)
{
  return START_US + milliseconds * US_PER_MS;
}

static void test_each_seq_finds_the_first_frame_that_told_it(void **state)
{
  (void)state;
  struct sent_log *log = sent_log_new();
  struct sent_frames frames;
  assert_int_equal(sent_log_find(log, 1, &frames), SENT_FORGOTTEN);
  sent_log_begin(log, 10, ms(0));
  assert_int_equal(sent_log_find(log, 10, &frames), SENT_FORGOTTEN);
  assert_int_equal(sent_log_find(log, 11, &frames), SENT_NOT_YET);
  sent_log_note(log, 12, ms(50));
  sent_log_note(log, 12, ms(60));
  sent_log_note(log, 15, ms(160));
  sent_log_note(log, 20, ms(900));
  assert_int_equal(sent_log_find(log, 10, &frames), SENT_FORGOTTEN);
  assert_int_equal(sent_log_find(log, 11, &frames), SENT);
  assert_int_equal(frames.first_at_us, ms(50));
  assert_int_equal(frames.frames, 3);
  assert_int_equal(sent_log_find(log, 13, &frames), SENT);
  assert_int_equal(frames.first_at_us, ms(160));
  assert_int_equal(frames.frames, 1);
  assert_int_equal(sent_log_find(log, 20, &frames), SENT);
  assert_int_equal(sent_log_find(log, 21, &frames), SENT_NOT_YET);
  assert_int_equal(frames.frames, 0);
  sent_log_free(log);
}

static void test_the_oldest_give_way(void **state)
{
  (void)state;
  struct sent_log *log = sent_log_new();
  struct sent_frames frames;
  sent_log_begin(log, 0, ms(0));
  for (int64_t i = 1; i <= 40000; i++) {
    sent_log_note(log, i, ms(i * 1000));
  }
  assert_int_equal(sent_log_find(log, 5, &frames), SENT_FORGOTTEN);
  assert_int_equal(sent_log_find(log, 39000, &frames), SENT);
  assert_int_equal(frames.first_at_us, ms(39000 * 1000));
  sent_log_free(log);
}

static void test_another_epoch_begins_anew(void **state)
{
  (void)state;
  struct sent_log *log = sent_log_new();
  struct sent_frames frames;
  sent_log_begin(log, 500, ms(0));
  sent_log_note(log, 501, ms(1));
  sent_log_begin(log, 3, ms(2));
  assert_int_equal(sent_log_find(log, 3, &frames), SENT_FORGOTTEN);
  assert_int_equal(sent_log_find(log, 4, &frames), SENT_NOT_YET);
  sent_log_free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_seq_finds_the_first_frame_that_told_it),
      cmocka_unit_test(test_the_oldest_give_way),
      cmocka_unit_test(test_another_epoch_begins_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
