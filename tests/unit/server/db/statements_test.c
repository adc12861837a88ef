#include "server/db/statements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/db/migrate.h"

/* `sql` falls into the statements that `expected` lists, each as "line:text", NULL at the end. */
static void assert_statements(const char *sql, const char *const *expected)
{
  const struct text whole = text_from(sql);
  struct text rest = whole;
  struct text statement;
  int line = 0;
  for (; statements_next(whole, &rest, &statement, &line); expected++) {
    if (*expected == NULL) {
      fail_msg("one too many: %.*s", TEXT_ARGS(statement));
    }
    assert_int_equal(line, *expected[0] - '0');
    if (!text_equal(statement, text_from(*expected + 2))) {
      fail_msg("expected \"%s\", got \"%.*s\"", *expected + 2, TEXT_ARGS(statement));
    }
  }
  assert_null(*expected);
}

static void test_plain(void **state)
{
  (void)state;
  assert_statements("", (const char *const[]){NULL});
  assert_statements(" \n-- only; a comment\n;;/* and ; another */", (const char *const[]){NULL});
  assert_statements("SELECT 1", (const char *const[]){"1:SELECT 1", NULL});
  assert_statements("SELECT 1;\n\n SELECT 2 ;\n", (const char *const[]){"1:SELECT 1", "3:SELECT 2 ", NULL});
  assert_statements("-- head\nSELECT 1 -- a; b\n, 2; SELECT /* ; /* ; */ ; */ 3",
                    (const char *const[]){"2:SELECT 1 -- a; b\n, 2", "3:SELECT /* ; /* ; */ ; */ 3", NULL});
}

static void test_quotes(void **state)
{
  (void)state;
  assert_statements("SELECT 'a;''b;', \"c;\"\"d;\"; SELECT 2",
                    (const char *const[]){"1:SELECT 'a;''b;', \"c;\"\"d;\"", "1:SELECT 2", NULL});
  assert_statements("SELECT E'a\\';', e'\\\\'; SELECT type'x\\'; SELECT 3",
                    (const char *const[]){"1:SELECT E'a\\';', e'\\\\'", "1:SELECT type'x\\'", "1:SELECT 3", NULL});
  assert_statements("SELECT 'never closed; ", (const char *const[]){"1:SELECT 'never closed; ", NULL});
}

static void test_dollar_quotes(void **state)
{
  (void)state;
  assert_statements("DO $$ a; b; $$; SELECT 2", (const char *const[]){"1:DO $$ a; b; $$", "1:SELECT 2", NULL});
  assert_statements("DO $x$ a; $$ b; $y$ $x$; SELECT a$b$c; SELECT $1; SELECT 2",
                    (const char *const[]){"1:DO $x$ a; $$ b; $y$ $x$", "1:SELECT a$b$c", "1:SELECT $1", "1:SELECT 2", NULL});
  assert_statements("DO $$ never closed;", (const char *const[]){"1:DO $$ never closed;", NULL});
}

/* Every migration falls into statements that start with a word of SQL. */
static void test_migrations_fall_apart(void **state)
{
  (void)state;
  assert_true(MIGRATION_COUNT >= 1);
  for (int i = 0; i < MIGRATION_COUNT; i++) {
    assert_int_equal(MIGRATIONS[i].version, i + 1);
    const struct text whole = text_from(MIGRATIONS[i].text);
    struct text rest = whole;
    struct text statement;
    int line = 0;
    int count = 0;
    for (; statements_next(whole, &rest, &statement, &line); count++) {
      assert_in_range(statement.data[0], 'A', 'Z');
    }
    assert_true(count > 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),
      cmocka_unit_test(test_quotes),
      cmocka_unit_test(test_dollar_quotes),
      cmocka_unit_test(test_migrations_fall_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
