/* Whatever a parameter holds, it stays within its literal. */
#include "tests/unit/cmocka_all.h"

#include "api/speeding/sql_literal.h"

#include <stdlib.h>

static void assert_text(const struct buffer *buffer, const char *expected)
{
  assert_true(text_equal(buffer_text(buffer), text_from(expected)));
}

static void test_texts(void **state)
{
  static const char *const CASES[][2] = {
      {"plain", "'plain'"},
      {"", "''"},
      {"O'Hara", "'O''Hara'"},
      {"a\\b", "E'a\\\\b'"},
      {"\\'; DROP TABLE driver; --", "E'\\\\''; DROP TABLE driver; --'"},
      {"$1 and $2", "'$1 and $2'"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct buffer out = {0};
    sql_append_text(&out, text_from(CASES[i][0]));
    assert_text(&out, CASES[i][1]);
    buffer_free(&out);
  }
}

static void test_other_literals(void **state)
{
  (void)state;
  struct buffer out = {0};
  const struct text names[] = {TEXT("a"), TEXT("b'c")};
  sql_append_texts(&out, names, 2);
  sql_append_text(&out, (struct text){NULL, 0});
  sql_append_time(&out, INT64_C(1780000000500000));
  sql_append_double(&out, 0.1);
  assert_text(&out, "ARRAY['a', 'b''c']NULL'2026-05-28T20:26:40.5Z'0.10000000000000001");
  buffer_free(&out);
}

static void test_a_statement(void **state)
{
  (void)state;
  struct buffer out = {0};
  const struct text literals[] = {TEXT("'$2'"), TEXT("2"), TEXT("3"), TEXT("4"), TEXT("5"),
                                  TEXT("6"),    TEXT("7"), TEXT("8"), TEXT("9"), TEXT("10")};
  sql_write(&out, TEXT("-- $1 is left out\n-- as is this\nSELECT $1, $10, '$', $2 $"), literals, 10);
  assert_text(&out, "SELECT '$2', 10, '$', 2 $");
  buffer_free(&out);
}

/* Read as PostgreSQL reads it, with standard_conforming_strings on or off, the literal ends where the text ends. */
static size_t end_of_literal(struct text sql)
{
  const bool is_escaped = sql.data[0] == 'E';
  for (size_t i = is_escaped ? 2 : 1; i < sql.length; i++) {
    if (sql.data[i] == '\\') {
      assert_true(is_escaped);
      i++;
    } else if (sql.data[i] == '\'') {
      if (i + 1 == sql.length || sql.data[i + 1] != '\'') {
        return i + 1;
      }
      i++;
    }
  }
  return 0;
}

static void test_random_texts_stay_within(void **state)
{
  static const char ALPHABET[] = "'\\a$1;-\"E\n";
  (void)state;
  srand(4711);
  for (int round = 0; round < 20000; round++) {
    char value[12];
    const size_t length = (size_t)rand() % sizeof value;
    for (size_t i = 0; i < length; i++) {
      value[i] = ALPHABET[(size_t)rand() % (sizeof ALPHABET - 1)];
    }
    struct buffer out = {0};
    sql_append_text(&out, (struct text){value, length});
    assert_int_equal(end_of_literal(buffer_text(&out)), out.length);
    buffer_free(&out);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_texts),
      cmocka_unit_test(test_other_literals),
      cmocka_unit_test(test_a_statement),
      cmocka_unit_test(test_random_texts_stay_within),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
