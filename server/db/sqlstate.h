/* What a SQLSTATE means for us. Pure. */
#ifndef CRUMBTRAIL_SERVER_DB_SQLSTATE_H
#define CRUMBTRAIL_SERVER_DB_SQLSTATE_H

#include <stdbool.h>

#include "server/base/error.h"

/* ERROR_QUERY_TIMEOUT, ERROR_DATABASE_AWAY or ERROR_DATABASE_REFUSED. */
enum error_code sqlstate_error_code(const char *sqlstate);
/* The connection that said so is of no use any more, even when its socket still stands. */
bool sqlstate_ends_connection(const char *sqlstate);

#endif
