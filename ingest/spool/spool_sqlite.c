#include "ingest/spool/spool_sqlite.h"

#include <string.h>

static struct error sqlite_error(struct spool_sqlite *sqlite, int result)
{
  int primary = result & 0xff;
  const char *message = sqlite->database != NULL ? sqlite3_errmsg(sqlite->database) : sqlite3_errstr(result);
  sqlite->is_damaged = sqlite->is_damaged || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  if (primary == SQLITE_FULL) {
    return error_make(ERROR_BUSY, "no room on the disk for %s", sqlite->path);
  }
  if (primary == SQLITE_BUSY) {
    return error_at(ERROR_SETUP, "data",
                    "%s is in use by another crumbtrail: give each its own --data, or start this one with --spool-max-bytes 0",
                    sqlite->path);
  }
  return error_make(ERROR_INTERNAL, "%s: %s", sqlite->path, message);
}

struct error spool_sqlite_check(struct spool_sqlite *sqlite, int result)
{
  return result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW ? error_none() : sqlite_error(sqlite, result);
}

struct error spool_sqlite_execute(struct spool_sqlite *sqlite, const char *sql)
{
  return spool_sqlite_check(sqlite, sqlite3_exec(sqlite->database, sql, NULL, NULL, NULL));
}

/* Runs a statement without columns; its parameters are bound. */
struct error spool_sqlite_run_bound(struct spool_sqlite *sqlite, sqlite3_stmt *statement)
{
  int result = sqlite3_step(statement);
  struct error error = spool_sqlite_check(sqlite, result);
  (void)sqlite3_reset(statement);
  return error;
}

struct error spool_sqlite_prepare(struct spool_sqlite *sqlite, const struct sql_statement *sql, sqlite3_stmt **statement)
{
  return spool_sqlite_check(sqlite,
                            sqlite3_prepare_v3(sqlite->database, sql->text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

/* First column of the first row of a statement that is used once. */
struct error spool_sqlite_read_number(struct spool_sqlite *sqlite, const char *sql, int64_t *number)
{
  sqlite3_stmt *statement = NULL;
  struct error error = spool_sqlite_check(sqlite, sqlite3_prepare_v2(sqlite->database, sql, -1, &statement, NULL));
  if (error.code == ERROR_NONE) {
    error = spool_sqlite_check(sqlite, sqlite3_step(statement));
    *number = sqlite3_column_int64(statement, 0);
  }
  (void)sqlite3_finalize(statement);
  return error;
}

/* Entries are synced before they are acknowledged; what is deleted need not be. */
struct error spool_sqlite_set_up(struct spool_sqlite *sqlite)
{
  TRY(spool_sqlite_execute(sqlite, "PRAGMA locking_mode = EXCLUSIVE"));
  TRY(spool_sqlite_execute(sqlite, "PRAGMA journal_mode = WAL"));
  TRY(spool_sqlite_execute(sqlite, "PRAGMA journal_size_limit = 67108864"));
  TRY(spool_sqlite_execute(sqlite, "PRAGMA synchronous = FULL"));
  /* Else Debian's SQLite writes each emptied page full of zeros, twice: as much again as was put. */
  TRY(spool_sqlite_execute(sqlite, "PRAGMA secure_delete = FAST"));
  return spool_sqlite_execute(sqlite, "BEGIN EXCLUSIVE; COMMIT");
}

struct error spool_sqlite_check_content(struct spool_sqlite *sqlite)
{
  sqlite3_stmt *statement = NULL;
  struct error error =
      spool_sqlite_check(sqlite, sqlite3_prepare_v2(sqlite->database, "PRAGMA quick_check(1)", -1, &statement, NULL));
  if (error.code == ERROR_NONE) {
    error = spool_sqlite_check(sqlite, sqlite3_step(statement));
  }
  const char *answer = error.code == ERROR_NONE ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  if (answer != NULL && strcmp(answer, "ok") != 0) {
    sqlite->is_damaged = true;
    error = error_make(ERROR_INTERNAL, "%s is damaged: %.200s", sqlite->path, answer);
  }
  (void)sqlite3_finalize(statement);
  return error;
}
