/* Inside of `struct db_parameters`, for connection.c and the unit tests; everybody else uses connection.h.
 *
 * Everything lives in the arena that db_parameters_new was given. Values are in PostgreSQL's binary format. */
#ifndef CRUMBTRAIL_SERVER_DB_PARAMETERS_H
#define CRUMBTRAIL_SERVER_DB_PARAMETERS_H

#include "server/db/connection.h"

/* 2000-01-01T00:00:00Z, the zero of PostgreSQL's timestamps, in microseconds since 1970. */
#define DB_EPOCH_US INT64_C(946684800000000)

/* The infinities have no zero. */
static inline int64_t db_time_to_wire(int64_t time_us)
{
  return time_us == INT64_MIN || time_us == INT64_MAX ? time_us : time_us - DB_EPOCH_US;
}
static inline int64_t db_time_from_wire(int64_t value)
{
  return value == INT64_MIN || value == INT64_MAX ? value : value + DB_EPOCH_US;
}

struct db_parameters {
  struct arena *arena;
  int count;
  int capacity;
  const char **values; /* NULL: the SQL NULL */
  int *lengths;
  int *formats; /* all 1: binary */
};

#endif
