#include "server/db/sqlstate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
  const char *sqlstate;
  enum error_code code;
  bool ends_connection;
} CASES[] = {
    {"57014", ERROR_QUERY_TIMEOUT, false},    /* query_canceled */
    {"57P01", ERROR_DATABASE_AWAY, true},     /* admin_shutdown */
    {"57P02", ERROR_DATABASE_AWAY, true},     /* crash_shutdown */
    {"57P03", ERROR_DATABASE_AWAY, true},     /* cannot_connect_now */
    {"08006", ERROR_DATABASE_AWAY, true},     /* connection_failure */
    {"08P01", ERROR_DATABASE_AWAY, true},     /* protocol_violation */
    {"25P03", ERROR_DATABASE_AWAY, true},     /* idle_in_transaction_session_timeout */
    {"0A000", ERROR_DATABASE_AWAY, true},     /* feature_not_supported: "cached plan must not change result type" */
    {"26000", ERROR_DATABASE_AWAY, true},     /* invalid_sql_statement_name */
    {"28P01", ERROR_DATABASE_AWAY, true},     /* invalid_password */
    {"53100", ERROR_DATABASE_AWAY, false},    /* disk_full */
    {"53200", ERROR_DATABASE_AWAY, false},    /* out_of_memory */
    {"53300", ERROR_DATABASE_AWAY, false},    /* too_many_connections */
    {"58030", ERROR_DATABASE_AWAY, false},    /* io_error */
    {"58P01", ERROR_DATABASE_REFUSED, false}, /* undefined_file: an extension that is not installed */
    {"25P02", ERROR_DATABASE_REFUSED, false}, /* in_failed_sql_transaction */
    {"22003", ERROR_DATABASE_REFUSED, false}, /* numeric_value_out_of_range */
    {"23505", ERROR_DATABASE_REFUSED, false}, /* unique_violation */
    {"40P01", ERROR_DATABASE_REFUSED, false}, /* deadlock_detected */
    {"42P01", ERROR_DATABASE_REFUSED, false}, /* undefined_table */
    {"54000", ERROR_DATABASE_REFUSED, false}, /* program_limit_exceeded */
    {"XX000", ERROR_DATABASE_REFUSED, false}, /* internal_error */
};

static void test_every_case(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    if (sqlstate_error_code(CASES[i].sqlstate) != CASES[i].code ||
        sqlstate_ends_connection(CASES[i].sqlstate) != CASES[i].ends_connection) {
      fail_msg("SQLSTATE %s", CASES[i].sqlstate);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_case)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
