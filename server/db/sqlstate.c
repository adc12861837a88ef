#include "server/db/sqlstate.h"

#include <string.h>

static bool is_class(const char *sqlstate, const char *prefix)
{
  return strncmp(sqlstate, prefix, strlen(prefix)) == 0;
}

bool sqlstate_ends_connection(const char *sqlstate)
{
  return is_class(sqlstate, "08")       /* connection exceptions */
         || is_class(sqlstate, "57P")   /* shut down, crashed, starting up */
         || is_class(sqlstate, "25P03") /* idle in transaction for too long: the session was ended */
         || is_class(sqlstate, "0A000") /* a migration changed what a prepared statement gives: prepare it anew */
         || is_class(sqlstate, "26000") /* a pooler gave us a session that does not know our prepared statements */
         || is_class(sqlstate, "28");   /* no longer let in */
}

/* Class 53 (no connections, memory or disk left) and errors of the system beneath (58000, 58030) are the server's trouble, not
 * the statement's: whoever tries again later may succeed, as with a server that is away. */
enum error_code sqlstate_error_code(const char *sqlstate)
{
  if (strcmp(sqlstate, "57014") == 0) {
    return ERROR_QUERY_TIMEOUT;
  }
  if (sqlstate_ends_connection(sqlstate) || is_class(sqlstate, "53") || is_class(sqlstate, "580")) {
    return ERROR_DATABASE_AWAY;
  }
  return ERROR_DATABASE_REFUSED;
}
