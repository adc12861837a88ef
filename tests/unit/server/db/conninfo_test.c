#include "tests/unit/cmocka_all.h"

#include "server/db/connection.h"

static void takes_the_password_out(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const char *rest = NULL;
  const char *password = NULL;
  assert_int_equal(
      db_split_password(arena, "postgresql://al:s%20e'c@db.example:5433/fleet?sslmode=require", &rest, &password).code,
      ERROR_NONE);
  assert_string_equal(password, "s e'c");
  assert_null(strstr(rest, "e'c"));
  assert_non_null(strstr(rest, "user='al'"));
  assert_non_null(strstr(rest, "port='5433'"));
  assert_non_null(strstr(rest, "sslmode='require'"));
  arena_free(arena);
}

static void quotes_what_needs_it(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const char *rest = NULL;
  const char *password = "";
  assert_int_equal(db_split_password(arena, "host=/a\\ b dbname='it\\'s'", &rest, &password).code, ERROR_NONE);
  assert_null(password);
  assert_non_null(strstr(rest, "host='/a b'"));
  assert_non_null(strstr(rest, "dbname='it\\'s'"));
  const char *again = NULL;
  assert_int_equal(db_split_password(arena, rest, &again, &password).code, ERROR_NONE);
  assert_string_equal(again, rest);
  arena_free(arena);
}

static void refuses_what_is_none(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const char *rest = NULL;
  const char *password = NULL;
  struct error error = db_split_password(arena, "nonsense", &rest, &password);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_string_equal(error.field, "database");
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(takes_the_password_out), cmocka_unit_test(quotes_what_needs_it),
                                     cmocka_unit_test(refuses_what_is_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
