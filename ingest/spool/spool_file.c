#include "ingest/spool/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

enum statement { STATEMENT_INSERT, STATEMENT_SELECT, STATEMENT_DELETE, STATEMENT_OLDEST, STATEMENT_COUNT };

struct spool_file {
  const char *path; /* the opener's arena holds it */
  sqlite3 *database;
  sqlite3_stmt *statements[STATEMENT_COUNT];
  struct spool_totals totals;
  int64_t last_id; /* of all that were ever put since the file was opened */
  bool is_damaged;
};

/* The version of the table, kept in the file. */
enum { FILE_VERSION = 1 };
/* What an entry takes beside its texts. */
enum { ENTRY_OVERHEAD_BYTES = 64 };
/* To empty the file takes room, too: what is left on its disk when nothing more is put. */
static const uint64_t DISK_RESERVE_BYTES = UINT64_C(16) * 1024 * 1024;
/* An emptied file that is larger gives its space back. */
static const int64_t KEEP_EMPTY_BYTES = INT64_C(16) * 1024 * 1024;

/* ---- errors ---- */

static struct error sqlite_error(struct spool_file *file, int result)
{
  int primary = result & 0xff;
  const char *message = file->database != NULL ? sqlite3_errmsg(file->database) : sqlite3_errstr(result);
  file->is_damaged = file->is_damaged || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  if (primary == SQLITE_FULL) {
    return error_make(ERROR_BUSY, "no room on the disk for %s", file->path);
  }
  if (primary == SQLITE_BUSY) {
    return error_at(ERROR_SETUP, "data",
                    "%s is in use by another crumbtrail: give each its own --data, or start this one with --spool-max-bytes 0",
                    file->path);
  }
  return error_make(ERROR_INTERNAL, "%s: %s", file->path, message);
}

static struct error check(struct spool_file *file, int result)
{
  return result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW ? error_none() : sqlite_error(file, result);
}

static struct error execute(struct spool_file *file, const char *sql)
{
  return check(file, sqlite3_exec(file->database, sql, NULL, NULL, NULL));
}

/* Runs a statement without columns; its parameters are bound. */
static struct error run_bound(struct spool_file *file, sqlite3_stmt *statement)
{
  int result = sqlite3_step(statement);
  struct error error = check(file, result);
  (void)sqlite3_reset(statement);
  return error;
}

static struct error prepare(struct spool_file *file, const struct sql_statement *sql, sqlite3_stmt **statement)
{
  return check(file, sqlite3_prepare_v3(file->database, sql->text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

/* First column of the first row of a statement that is used once. */
static struct error read_number(struct spool_file *file, const char *sql, int64_t *number)
{
  sqlite3_stmt *statement = NULL;
  struct error error = check(file, sqlite3_prepare_v2(file->database, sql, -1, &statement, NULL));
  if (error.code == ERROR_NONE) {
    error = check(file, sqlite3_step(statement));
    *number = sqlite3_column_int64(statement, 0);
  }
  (void)sqlite3_finalize(statement);
  return error;
}

/* ---- opening ---- */

/* Ours alone: bodies say where vehicles are. */
static struct error make_file(struct spool_file *file, const char *data_folder)
{
  struct error error = error_none();
  (void)mkdir(data_folder, 0755);
  int made = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) {
    error = error_at(ERROR_SETUP, "data",
                     "cannot write %s: %s; choose another --data, or do without the spool (--spool-max-bytes 0)", file->path,
                     strerror(errno));
  } else {
    (void)close(made);
  }
  return error;
}

/* Entries are synced before they are acknowledged; what is deleted need not be. */
static struct error set_up(struct spool_file *file)
{
  TRY(execute(file, "PRAGMA locking_mode = EXCLUSIVE"));
  TRY(execute(file, "PRAGMA journal_mode = WAL"));
  TRY(execute(file, "PRAGMA journal_size_limit = 67108864"));
  TRY(execute(file, "PRAGMA synchronous = FULL"));
  return execute(file, "BEGIN EXCLUSIVE; COMMIT");
}

static struct error check_content(struct spool_file *file)
{
  sqlite3_stmt *statement = NULL;
  struct error error = check(file, sqlite3_prepare_v2(file->database, "PRAGMA quick_check(1)", -1, &statement, NULL));
  if (error.code == ERROR_NONE) {
    error = check(file, sqlite3_step(statement));
  }
  const char *answer = error.code == ERROR_NONE ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  if (answer != NULL && strcmp(answer, "ok") != 0) {
    file->is_damaged = true;
    error = error_make(ERROR_INTERNAL, "%s is damaged: %.200s", file->path, answer);
  }
  (void)sqlite3_finalize(statement);
  return error;
}

static struct error make_table(struct spool_file *file)
{
  int64_t version = 0;
  TRY(read_number(file, "PRAGMA user_version", &version));
  if (version > FILE_VERSION) {
    return error_at(ERROR_SETUP, "data", "%s was written by a newer crumbtrail: start that one", file->path);
  }
  if (version == FILE_VERSION) {
    return check_content(file);
  }
  TRY(execute(file, "BEGIN"));
  TRY(execute(file, SQL_SPOOL_CREATE.text));
  TRY(execute(file, "PRAGMA user_version = 1"));
  return execute(file, "COMMIT");
}

static struct error count_entries(struct spool_file *file)
{
  sqlite3_stmt *statement = NULL;
  TRY(prepare(file, &SQL_SPOOL_TOTALS, &statement));
  int result = sqlite3_step(statement);
  for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
    int64_t kind = sqlite3_column_int64(statement, 0);
    uint64_t entries = (uint64_t)sqlite3_column_int64(statement, 1);
    int64_t last_id = sqlite3_column_int64(statement, 3);
    if (kind > 0 && kind < SPOOL_KIND_COUNT) {
      file->totals.entries[kind] = entries;
    }
    file->totals.bytes += (uint64_t)sqlite3_column_int64(statement, 2) + entries * ENTRY_OVERHEAD_BYTES;
    file->last_id = last_id > file->last_id ? last_id : file->last_id;
  }
  struct error error = check(file, result);
  (void)sqlite3_finalize(statement);
  return error;
}

static struct error open_database(struct spool_file *file)
{
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  TRY(check(file, sqlite3_open_v2(file->path, &file->database, flags, NULL)));
  TRY(set_up(file));
  TRY(make_table(file));
  TRY(prepare(file, &SQL_SPOOL_INSERT, &file->statements[STATEMENT_INSERT]));
  TRY(prepare(file, &SQL_SPOOL_SELECT, &file->statements[STATEMENT_SELECT]));
  TRY(prepare(file, &SQL_SPOOL_DELETE, &file->statements[STATEMENT_DELETE]));
  TRY(prepare(file, &SQL_SPOOL_OLDEST, &file->statements[STATEMENT_OLDEST]));
  return count_entries(file);
}

static struct error open_once(const char *path, const char *data_folder, struct spool_file **file)
{
  struct spool_file *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->path = path;
  *file = made;
  TRY(make_file(made, data_folder));
  return open_database(made);
}

struct error spool_file_open(struct arena *arena, const char *data_folder, struct spool_file **file, int *damaged)
{
  const char *path = arena_printf(arena, "%s/spool.sqlite", data_folder);
  *damaged = 0;
  struct error error = open_once(path, data_folder, file);
  if (error.code != ERROR_NONE && (*file)->is_damaged) {
    *damaged = 1;
    log_error(LOG_LEVEL_ERROR, "spool_damaged", &error);
    error = spool_file_move_aside(*file);
    *file = NULL;
    if (error.code == ERROR_NONE) {
      error = open_once(path, data_folder, file);
    }
  }
  if (error.code != ERROR_NONE) {
    error.code = ERROR_SETUP;
    spool_file_close(*file);
    *file = NULL;
  }
  return error;
}

static void close_database(struct spool_file *file)
{
  for (int i = 0; i < STATEMENT_COUNT; i++) {
    (void)sqlite3_finalize(file->statements[i]);
    file->statements[i] = NULL;
  }
  (void)sqlite3_close(file->database);
  file->database = NULL;
}

void spool_file_close(struct spool_file *file)
{
  if (file != NULL) {
    close_database(file);
    free(file);
  }
}

bool spool_file_is_damaged(const struct spool_file *file)
{
  return file->is_damaged;
}

/* A write-ahead log, when there is one, holds the newest entries: it goes along. Closing a damaged file must not fold it in. */
struct error spool_file_move_aside(struct spool_file *file)
{
  char aside[4096 + 16];
  char log_from[4096];
  int64_t now_us = clock_now_us();
  int folder_length = (int)(strrchr(file->path, '/') - file->path);
  (void)snprintf(aside, sizeof aside, "%.*s/spool-damaged-%lld.sqlite", folder_length, file->path,
                 (long long)(now_us / US_PER_MS));
  (void)snprintf(log_from, sizeof log_from, "%s-wal", file->path);
  struct error error = error_none();
  if (rename(file->path, aside) != 0) {
    error = error_at(ERROR_SETUP, "data", "cannot move the damaged %s aside: %s", file->path, strerror(errno));
  } else {
    LOG_ERROR("spool_moved_aside", "file=%s help=%s", log_quote_cstring(aside),
              log_quote_cstring("what it held has not been stored; deploy/database.md says how to get it back"));
    size_t length = strlen(aside);
    (void)snprintf(aside + length, sizeof aside - length, "-wal");
    (void)rename(log_from, aside);
  }
  (void)sqlite3_db_config(file->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  close_database(file);
  free(file);
  return error;
}

/* ---- entries ---- */

uint64_t spool_entry_bytes(const struct spool_entry *entry)
{
  return ENTRY_OVERHEAD_BYTES + entry->body.length + entry->vehicle_hint.length + entry->request_id.length;
}

const struct spool_totals *spool_file_totals(const struct spool_file *file)
{
  return &file->totals;
}

static void bind_text(sqlite3_stmt *statement, int index, struct text value)
{
  (void)sqlite3_bind_text64(statement, index, value.data != NULL ? value.data : "", value.length, SQLITE_STATIC, SQLITE_UTF8);
}

static struct error insert(struct spool_file *file, const struct spool_entry *entry, int64_t entry_id)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_INSERT];
  (void)sqlite3_bind_int64(statement, 1, entry_id);
  (void)sqlite3_bind_int64(statement, 2, entry->kind);
  (void)sqlite3_bind_int64(statement, 3, entry->source);
  (void)sqlite3_bind_int64(statement, 4, entry->is_continuation ? 1 : 0);
  (void)sqlite3_bind_int64(statement, 5, entry->received_at_us);
  bind_text(statement, 6, entry->vehicle_hint);
  bind_text(statement, 7, entry->request_id);
  (void)sqlite3_bind_blob64(statement, 8, entry->body.data != NULL ? entry->body.data : "", entry->body.length, SQLITE_STATIC);
  return run_bound(file, statement);
}

static void roll_back(struct spool_file *file)
{
  if (sqlite3_get_autocommit(file->database) == 0) {
    (void)sqlite3_exec(file->database, "ROLLBACK", NULL, NULL, NULL);
  }
}

static struct error check_room(const struct spool_file *file)
{
  struct statvfs disk;
  bool is_short = statvfs(file->path, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < DISK_RESERVE_BYTES;
  return is_short ? error_make(ERROR_BUSY, "less than 16 MiB are left on the disk of %s", file->path) : error_none();
}

static struct error put_all(struct spool_file *file, struct spool_entry *const *entries, size_t count)
{
  TRY(check_room(file));
  TRY(execute(file, "BEGIN"));
  for (size_t i = 0; i < count; i++) {
    TRY(insert(file, entries[i], file->last_id + 1 + (int64_t)i));
  }
  return execute(file, "COMMIT");
}

struct error spool_file_put(struct spool_file *file, struct spool_entry *const *entries, size_t count)
{
  struct error error = put_all(file, entries, count);
  if (error.code != ERROR_NONE) {
    roll_back(file);
    return error;
  }
  file->last_id += (int64_t)count;
  for (size_t i = 0; i < count; i++) {
    file->totals.entries[entries[i]->kind]++;
    file->totals.bytes += spool_entry_bytes(entries[i]);
  }
  return error;
}

static struct text column_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
  const char *data = sqlite3_column_blob(statement, column);
  return text_copy(arena, (struct text){data, (size_t)sqlite3_column_bytes(statement, column)});
}

static struct spool_entry *read_entry(sqlite3_stmt *statement, uint8_t kind, struct arena *arena)
{
  struct spool_entry *entry = arena_alloc(arena, sizeof *entry);
  entry->kind = kind;
  entry->entry_id = sqlite3_column_int64(statement, 0);
  entry->source = (uint8_t)sqlite3_column_int64(statement, 1);
  entry->is_continuation = sqlite3_column_int64(statement, 2) != 0;
  entry->received_at_us = sqlite3_column_int64(statement, 3);
  entry->vehicle_hint = column_text(statement, 4, arena);
  entry->request_id = column_text(statement, 5, arena);
  entry->body = column_text(statement, 6, arena);
  return entry;
}

struct error spool_file_read(struct spool_file *file, uint8_t kind, int64_t after_id, size_t count_max, size_t bytes_max,
                             struct arena *arena, struct spool_entry **entries, size_t *count)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_SELECT];
  size_t bytes = 0;
  int result = SQLITE_OK;
  *count = 0;
  (void)sqlite3_bind_int64(statement, 1, after_id);
  (void)sqlite3_bind_int64(statement, 2, kind);
  while (*count < count_max && bytes <= bytes_max && (result = sqlite3_step(statement)) == SQLITE_ROW) {
    struct spool_entry *entry = read_entry(statement, kind, arena);
    bytes += entry->body.length;
    entries[(*count)++] = entry;
  }
  struct error error = check(file, result);
  (void)sqlite3_reset(statement);
  return error;
}

struct error spool_file_oldest(struct spool_file *file, int64_t *received_at_us)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_OLDEST];
  int result = sqlite3_step(statement);
  *received_at_us = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  struct error error = check(file, result);
  (void)sqlite3_reset(statement);
  return error;
}

/* Only worth it, and only cheap, when nothing is left. */
static struct error shrink(struct spool_file *file)
{
  int64_t pages = 0;
  int64_t page_bytes = 0;
  TRY(read_number(file, "PRAGMA page_count", &pages));
  TRY(read_number(file, "PRAGMA page_size", &page_bytes));
  if (pages * page_bytes < KEEP_EMPTY_BYTES) {
    return error_none();
  }
  TRY(execute(file, "VACUUM"));
  return execute(file, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static bool is_empty(const struct spool_file *file)
{
  uint64_t entries = 0;
  for (int kind = 0; kind < SPOOL_KIND_COUNT; kind++) {
    entries += file->totals.entries[kind];
  }
  return entries == 0;
}

struct error spool_file_delete(struct spool_file *file, uint8_t kind, int64_t through_id, uint64_t count, uint64_t bytes)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_DELETE];
  TRY(execute(file, "PRAGMA synchronous = NORMAL"));
  (void)sqlite3_bind_int64(statement, 1, through_id);
  (void)sqlite3_bind_int64(statement, 2, kind);
  struct error error = run_bound(file, statement);
  if (error.code == ERROR_NONE) {
    file->totals.entries[kind] -= count;
    file->totals.bytes -= bytes;
    error = is_empty(file) ? shrink(file) : error_none();
  }
  struct error synced = execute(file, "PRAGMA synchronous = FULL");
  return error.code != ERROR_NONE ? error : synced;
}
