/* What a back-fill says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ingest/objects/backfill_report.h"

static void check_bar(struct backfill_counts counts, struct backfill_total total, double elapsed_s, const char *expected)
{
  struct buffer out = {0};
  backfill_bar(&out, &counts, &total, elapsed_s);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, expected);
  buffer_free(&out);
}

static void test_bar(void **state)
{
  (void)state;
  struct backfill_counts counts = {.listed = 2000, .known = 34, .read = 1200, .stored = 1234000, .bytes = 500};
  check_bar(counts, (struct backfill_total){false, 2500, 900}, 10,
            "1,234 of 2,500 and more objects  1,234,000 events  123,400/s");
  check_bar(counts, (struct backfill_total){true, 2500, 1000}, 10,
            "[############------------]  50%  1,234 of 2,500 objects  1,234,000 events  123,400/s  about 10 s left");
  check_bar(counts, (struct backfill_total){true, 2500, 1000}, 600,
            "[############------------]  50%  1,234 of 2,500 objects  1,234,000 events  2,056/s  about 10 min left");
  check_bar(counts, (struct backfill_total){true, 2500, 1000}, 36000,
            "[############------------]  50%  1,234 of 2,500 objects  1,234,000 events  34/s  about 10 h left");
}

static void test_ends_of_the_bar(void **state)
{
  (void)state;
  check_bar((struct backfill_counts){0}, (struct backfill_total){true, 0, 0}, 0,
            "[########################] 100%  0 of 0 objects  0 events  0/s");
  check_bar((struct backfill_counts){.listed = 2, .missing = 1, .failed = 1}, (struct backfill_total){true, 2, 0}, 1,
            "[########################] 100%  2 of 2 objects  0 events  0/s");
}

static void check_summary(struct backfill_counts counts, const char *expected)
{
  struct buffer out = {0};
  backfill_summary(&out, &counts, 2.25);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, expected);
  buffer_free(&out);
}

static void test_summary(void **state)
{
  (void)state;
  check_summary((struct backfill_counts){.listed = 1, .read = 1, .stored = 10000},
                "1 object listed: 1 read, 0 read before. 10,000 events stored, 0 known already, 0 rejected, in 2.2 s.\n");
  check_summary(
      (struct backfill_counts){
          .listed = 1000000, .known = 999990, .read = 7, .missing = 2, .failed = 1, .duplicates = 3, .rejected = 4},
      "1,000,000 objects listed: 7 read, 999,990 read before, 2 deleted or replaced meanwhile, 1 failed. "
      "0 events stored, 3 known already, 4 rejected, in 2.2 s.\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bar),
      cmocka_unit_test(test_ends_of_the_bar),
      cmocka_unit_test(test_summary),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
