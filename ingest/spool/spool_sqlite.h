/* What the spool's file needs of SQLite, with errors that say what to do. The only door to SQLite. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_SPOOL_SQLITE_H
#define CRUMBTRAIL_INGEST_SPOOL_SPOOL_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"

struct spool_sqlite {
  const char *path;
  sqlite3 *database;
  bool is_damaged; /* an error has said so */
};

/* Of a result: ERROR_BUSY (the disk is full), ERROR_SETUP (another process has the file), else ERROR_INTERNAL. */
struct error spool_sqlite_check(struct spool_sqlite *sqlite, int result) ERROR_MUST_CHECK;
struct error spool_sqlite_execute(struct spool_sqlite *sqlite, const char *sql) ERROR_MUST_CHECK;
struct error spool_sqlite_prepare(struct spool_sqlite *sqlite, const struct sql_statement *sql,
                                  sqlite3_stmt **statement) ERROR_MUST_CHECK;
/* Runs a statement without columns; its parameters are bound. */
struct error spool_sqlite_run_bound(struct spool_sqlite *sqlite, sqlite3_stmt *statement) ERROR_MUST_CHECK;
/* First column of the first row of a statement that is used once. */
struct error spool_sqlite_read_number(struct spool_sqlite *sqlite, const char *sql, int64_t *number) ERROR_MUST_CHECK;

/* Locks the file, and sets how it is written. */
struct error spool_sqlite_set_up(struct spool_sqlite *sqlite) ERROR_MUST_CHECK;
/* Looks through the whole file. */
struct error spool_sqlite_check_content(struct spool_sqlite *sqlite) ERROR_MUST_CHECK;

#endif
