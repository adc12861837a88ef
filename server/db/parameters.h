/* Inside of `struct db_parameters`, for connection.c and the unit tests; everybody else uses connection.h.
 *
 * Everything lives in the arena that db_parameters_new was given. Values are in PostgreSQL's binary format. */
#ifndef CRUMBTRAIL_SERVER_DB_PARAMETERS_H
#define CRUMBTRAIL_SERVER_DB_PARAMETERS_H

#include "server/db/connection.h"

/* 2000-01-01T00:00:00Z, the zero of PostgreSQL's timestamps, in microseconds since 1970. */
#define DB_EPOCH_US INT64_C(946684800000000)

struct db_parameters {
  struct arena *arena;
  int count;
  int capacity;
  const char **values; /* NULL: the SQL NULL */
  int *lengths;
  int *formats; /* all 1: binary */
};

#endif
