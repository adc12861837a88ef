/* Inside of `struct db_connection`: what connection.c, pipeline.c and notify.c share. Nobody else includes it.
 *
 * The socket is non-blocking: sending and receiving go on together, so that neither side can fill the other's buffers and stop,
 * and every wait ends at a deadline. */
#ifndef CRUMBTRAIL_SERVER_DB_SESSION_H
#define CRUMBTRAIL_SERVER_DB_SESSION_H

#include <libpq-fe.h>

#include "server/db/connection.h"

struct db_connection {
  PGconn *session;
  bool usable;
  bool read_only;
  int wait_limit_ms; /* for each result; 0: none */
  const _Atomic int64_t *give_up_at_us;
  const struct sql_statement **prepared;
  int prepared_count;
  int prepared_capacity;
};

struct db_rows {
  PGresult *result;
};

/* Marks the connection dead and says why. */
struct error session_lost(struct db_connection *connection, const char *why) ERROR_MUST_CHECK;
/* The error that this result carries; marks the connection dead when it ends it. */
struct error session_statement_error(struct db_connection *connection, const PGresult *result) ERROR_MUST_CHECK;
/* Sends what waits, then the next result, or NULL where libpq says that a statement has no more. The caller clears it. */
struct error session_next_result(struct db_connection *connection, PGresult **result) ERROR_MUST_CHECK;
/* Ends a transaction that an error has broken, so that the next statement does not meet it. */
void session_end_broken_transaction(struct db_connection *connection);

#endif
