#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "ingest/generator/firehose_batch.h"

static struct firehose_batch new_batch(const char *separator, int64_t bytes_max, int64_t open_us)
{
  return (struct firehose_batch){.settings = {separator, bytes_max, open_us, 3}};
}

static void a_batch_is_due_by_size_by_time_and_by_count(void **state)
{
  (void)state;
  struct firehose_batch batch = new_batch("\n", 10, 1000);
  assert_false(firehose_batch_is_due(&batch, TEXT("longer than the batch"), 0)); /* one event always fits */
  firehose_batch_add(&batch, TEXT("1234"), 5000);
  assert_false(firehose_batch_is_due(&batch, TEXT("1234"), 5000));
  assert_true(firehose_batch_is_due(&batch, TEXT("12345"), 5000));
  assert_false(firehose_batch_is_due(&batch, TEXT("1"), 5999));
  assert_true(firehose_batch_is_due(&batch, TEXT("1"), 6000));
  firehose_batch_add(&batch, TEXT("1"), 5100);
  firehose_batch_add(&batch, TEXT("2"), 5200);
  assert_true(firehose_batch_is_due(&batch, TEXT(""), 5200));
  assert_int_equal(batch.oldest_us, 5000);
  firehose_batch_clear(&batch);
  assert_false(firehose_batch_is_due(&batch, TEXT("1"), 99999));
  firehose_batch_add(&batch, TEXT("1"), 99999);
  assert_int_equal(batch.oldest_us, 99999);
  firehose_batch_free(&batch);
}

static void without_time_every_event_is_a_batch(void **state)
{
  (void)state;
  struct firehose_batch batch = new_batch("", 1000, 0);
  firehose_batch_add(&batch, TEXT("1"), 5);
  assert_true(firehose_batch_is_due(&batch, TEXT("2"), 5));
  firehose_batch_free(&batch);
}

static void objects_hold_the_events_one_after_the_other(void **state)
{
  (void)state;
  static const struct {
    const char *separator;
    const char *expected;
  } CASES[] = {{"", "{\"a\":1}{\"b\":2}"}, {"\n", "{\"a\":1}\n{\"b\":2}\n"}, {",", "{\"a\":1},{\"b\":2},"}};
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct firehose_batch batch = new_batch(CASES[i].separator, 1000, 1000);
    firehose_batch_add(&batch, TEXT("{\"a\":1}"), 0);
    firehose_batch_add(&batch, TEXT("{\"b\":2}"), 0);
    assert_true(text_equal(buffer_text(&batch.bytes), text_from(CASES[i].expected)));
    firehose_batch_free(&batch);
  }
}

static void requests_are_those_of_firehose(void **state)
{
  (void)state;
  struct firehose_batch batch = new_batch("", 1000, 1000);
  firehose_batch_add(&batch, TEXT("hello"), 0);
  firehose_batch_add(&batch, TEXT("hell"), 0);
  firehose_batch_add(&batch, TEXT("\xFF\xFE\xFDq{}"), 0);
  struct buffer body = {0};
  firehose_batch_write_request(&batch, "ed4acda5-034f-9f42-bba1-f29aea6d7d8f", 1578090901599, &body);
  assert_true(text_equal(buffer_text(&body),
                         TEXT("{\"requestId\":\"ed4acda5-034f-9f42-bba1-f29aea6d7d8f\",\"timestamp\":1578090901599,"
                              "\"records\":[{\"data\":\"aGVsbG8=\"},{\"data\":\"aGVsbA==\"},{\"data\":\"//79cXt9\"}]}")));
  buffer_free(&body);
  firehose_batch_free(&batch);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_is_due_by_size_by_time_and_by_count),
      cmocka_unit_test(without_time_every_event_is_a_batch),
      cmocka_unit_test(objects_hold_the_events_one_after_the_other),
      cmocka_unit_test(requests_are_those_of_firehose),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
