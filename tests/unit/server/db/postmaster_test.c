#include "server/db/postmaster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void test_whole_file(void **state)
{
  (void)state;
  struct postmaster postmaster;
  const struct text content = TEXT("28754\n/data/postgres\n1795381867\n5432\n/data/run\n\n   917514         1\nready   \n");
  assert_true(postmaster_parse(content, &postmaster));
  assert_int_equal(postmaster.pid, 28754);
  assert_int_equal(postmaster.port, 5432);
  assert_true(text_equal(postmaster.socket_folder, TEXT("/data/run")));
  assert_false(postmaster.is_stopping);
  assert_true(postmaster_parse(TEXT("2\n/d\n1\n5433\n/r\n\n 1 1\nstopping\n"), &postmaster));
  assert_true(postmaster.is_stopping);
}

static void test_unfinished_or_damaged_files(void **state)
{
  (void)state;
  static const char *const CONTENTS[] = {"",
                                         "\n",
                                         "28754\n",
                                         "28754\n/data/postgres\n1795381867\n5432\n",
                                         "28754\n/data/postgres\n1795381867\nport\n/data/run\n",
                                         "0\n/d\n1\n5432\n/r\n",
                                         "-5\n/d\n1\n5432\n/r\n",
                                         "1\n/d\n1\n5432\n/r\n",
                                         "99999999999\n/d\n1\n5432\n/r\n",
                                         "x\n/d\n1\n5432\n/r\n"};
  for (size_t i = 0; i < sizeof CONTENTS / sizeof CONTENTS[0]; i++) {
    struct postmaster postmaster;
    assert_false(postmaster_parse(text_from(CONTENTS[i]), &postmaster));
  }
}

static void test_who_works_where(void **state)
{
  (void)state;
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_true(postmaster_works_in(getpid(), here));
  assert_false(postmaster_works_in(getpid(), "/proc"));
  assert_false(postmaster_works_in(getpid(), "/nonexistent"));
  assert_true(postmaster_any_works_in(here));
  assert_false(postmaster_any_works_in("/nonexistent"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_file),
      cmocka_unit_test(test_unfinished_or_damaged_files),
      cmocka_unit_test(test_who_works_where),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
