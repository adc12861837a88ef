#include "ingest/spool/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ingest/spool/spool_pack.h"
#include "ingest/spool/spool_sqlite.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

enum statement { STATEMENT_INSERT, STATEMENT_SELECT, STATEMENT_DELETE, STATEMENT_OLDEST, STATEMENT_COUNT };

struct spool_file {
  struct spool_sqlite sqlite; /* its path: the opener's arena holds it */
  sqlite3_stmt *statements[STATEMENT_COUNT];
  struct spool_totals totals;
  struct buffer pack; /* that is being put */
  int64_t last_id;    /* of all that were ever put since the file was opened */
};

/* The version of the table, kept in the file. The first one had a row for each entry. */
enum { FILE_VERSION = 2, FILE_VERSION_ROWS = 1 };
/* To empty the file takes room, too: what is left on its disk when nothing more is put. */
static const uint64_t DISK_RESERVE_BYTES = UINT64_C(16) * 1024 * 1024;
/* An emptied file that is larger gives its space back. */
static const int64_t KEEP_EMPTY_BYTES = INT64_C(16) * 1024 * 1024;

/* ---- opening ---- */

/* Ours alone: bodies say where vehicles are. */
static struct error make_file(struct spool_file *file, const char *data_folder)
{
  struct error error = error_none();
  (void)mkdir(data_folder, 0755);
  int made = open(file->sqlite.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) {
    error = error_at(ERROR_SETUP, "data",
                     "cannot write %s: %s; choose another --data, or do without the spool (--spool-max-bytes 0)",
                     file->sqlite.path, strerror(errno));
  } else {
    (void)close(made);
  }
  return error;
}

/* ---- packs ---- */

static struct error insert(struct spool_file *file, struct spool_entry *const *entries, size_t count, int64_t first_id)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_INSERT];
  uint64_t bytes = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += spool_entry_bytes(entries[i]);
  }
  buffer_clear(&file->pack);
  spool_pack_write(entries, count, &file->pack);
  (void)sqlite3_bind_int64(statement, 1, first_id);
  (void)sqlite3_bind_int64(statement, 2, entries[0]->kind);
  (void)sqlite3_bind_int64(statement, 3, (int64_t)count);
  (void)sqlite3_bind_int64(statement, 4, (int64_t)bytes);
  (void)sqlite3_bind_int64(statement, 5, entries[0]->received_at_us);
  (void)sqlite3_bind_blob64(statement, 6, file->pack.data, file->pack.length, SQLITE_STATIC);
  struct error error = spool_sqlite_run_bound(&file->sqlite, statement);
  if (file->pack.length > 2 * (size_t)SPOOL_PACK_BYTES_MAX) { /* one entry, and a rare one */
    buffer_free(&file->pack);
  }
  return error;
}

static struct text column_text(sqlite3_stmt *statement, int column)
{
  const char *data = sqlite3_column_blob(statement, column);
  return (struct text){data, (size_t)sqlite3_column_bytes(statement, column)};
}

/* Each entry of a file of the first version becomes a pack of its own, under its number. */
static struct error pack_rows(struct spool_file *file)
{
  sqlite3_stmt *rows = NULL;
  struct error error = spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_SELECT_ROWS, &rows);
  int result = SQLITE_DONE;
  while (error.code == ERROR_NONE && (result = sqlite3_step(rows)) == SQLITE_ROW) {
    struct spool_entry entry = {.kind = (uint8_t)sqlite3_column_int64(rows, 1),
                                .source = (uint8_t)sqlite3_column_int64(rows, 2),
                                .is_continuation = sqlite3_column_int64(rows, 3) != 0,
                                .received_at_us = sqlite3_column_int64(rows, 4),
                                .vehicle_hint = column_text(rows, 5),
                                .request_id = column_text(rows, 6),
                                .body = column_text(rows, 7)};
    struct spool_entry *one = &entry;
    error = insert(file, &one, 1, sqlite3_column_int64(rows, 0));
  }
  error = error.code == ERROR_NONE ? spool_sqlite_check(&file->sqlite, result) : error;
  (void)sqlite3_finalize(rows);
  return error.code == ERROR_NONE ? spool_sqlite_execute(&file->sqlite, SQL_SPOOL_DROP_ROWS.text) : error;
}

/* ---- the table ---- */

static struct error make_version(struct spool_file *file, int64_t from_version)
{
  TRY(spool_sqlite_execute(&file->sqlite, "BEGIN"));
  TRY(spool_sqlite_execute(&file->sqlite, SQL_SPOOL_CREATE.text));
  TRY(spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_INSERT, &file->statements[STATEMENT_INSERT]));
  if (from_version == FILE_VERSION_ROWS) {
    TRY(pack_rows(file));
  }
  TRY(spool_sqlite_execute(&file->sqlite, "PRAGMA user_version = 2"));
  return spool_sqlite_execute(&file->sqlite, "COMMIT");
}

static struct error make_table(struct spool_file *file)
{
  int64_t version = 0;
  TRY(spool_sqlite_read_number(&file->sqlite, "PRAGMA user_version", &version));
  if (version > FILE_VERSION) {
    return error_at(ERROR_SETUP, "data", "%s was written by a newer crumbtrail: start that one", file->sqlite.path);
  }
  if (version != 0) {
    TRY(spool_sqlite_check_content(&file->sqlite));
  }
  return version == FILE_VERSION ? error_none() : make_version(file, version);
}

static struct error count_entries(struct spool_file *file)
{
  sqlite3_stmt *statement = NULL;
  TRY(spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_TOTALS, &statement));
  int result = sqlite3_step(statement);
  for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
    int64_t kind = sqlite3_column_int64(statement, 0);
    uint64_t entries = (uint64_t)sqlite3_column_int64(statement, 1);
    int64_t last_id = sqlite3_column_int64(statement, 3);
    if (kind > 0 && kind < SPOOL_KIND_COUNT) {
      file->totals.entries[kind] = entries;
    }
    file->totals.bytes += (uint64_t)sqlite3_column_int64(statement, 2);
    file->last_id = last_id > file->last_id ? last_id : file->last_id;
  }
  struct error error = spool_sqlite_check(&file->sqlite, result);
  (void)sqlite3_finalize(statement);
  return error;
}

static struct error open_database(struct spool_file *file)
{
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  TRY(spool_sqlite_check(&file->sqlite, sqlite3_open_v2(file->sqlite.path, &file->sqlite.database, flags, NULL)));
  TRY(spool_sqlite_set_up(&file->sqlite));
  TRY(make_table(file));
  if (file->statements[STATEMENT_INSERT] == NULL) {
    TRY(spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_INSERT, &file->statements[STATEMENT_INSERT]));
  }
  TRY(spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_SELECT, &file->statements[STATEMENT_SELECT]));
  TRY(spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_DELETE, &file->statements[STATEMENT_DELETE]));
  TRY(spool_sqlite_prepare(&file->sqlite, &SQL_SPOOL_OLDEST, &file->statements[STATEMENT_OLDEST]));
  return count_entries(file);
}

static struct error open_once(const char *path, const char *data_folder, struct spool_file **file)
{
  struct spool_file *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->sqlite.path = path;
  *file = made;
  TRY(make_file(made, data_folder));
  return open_database(made);
}

struct error spool_file_open(struct arena *arena, const char *data_folder, struct spool_file **file, int *damaged)
{
  const char *path = arena_printf(arena, "%s/spool.sqlite", data_folder);
  *damaged = 0;
  struct error error = open_once(path, data_folder, file);
  if (error.code != ERROR_NONE && (*file)->sqlite.is_damaged) {
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
  buffer_free(&file->pack);
  for (int i = 0; i < STATEMENT_COUNT; i++) {
    (void)sqlite3_finalize(file->statements[i]);
    file->statements[i] = NULL;
  }
  (void)sqlite3_close(file->sqlite.database);
  file->sqlite.database = NULL;
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
  return file->sqlite.is_damaged;
}

/* A write-ahead log, when there is one, holds the newest entries: it goes along. Closing a damaged file must not fold it in. */
struct error spool_file_move_aside(struct spool_file *file)
{
  char aside[4096 + 16];
  char log_from[4096];
  int64_t now_us = clock_now_us();
  int folder_length = (int)(strrchr(file->sqlite.path, '/') - file->sqlite.path);
  (void)snprintf(aside, sizeof aside, "%.*s/spool-damaged-%lld.sqlite", folder_length, file->sqlite.path,
                 (long long)(now_us / US_PER_MS));
  (void)snprintf(log_from, sizeof log_from, "%s-wal", file->sqlite.path);
  struct error error = error_none();
  if (rename(file->sqlite.path, aside) != 0) {
    error = error_at(ERROR_SETUP, "data", "cannot move the damaged %s aside: %s", file->sqlite.path, strerror(errno));
  } else {
    LOG_ERROR("spool_moved_aside", "file=%s help=%s", log_quote_cstring(aside),
              log_quote_cstring("what it held has not been stored; deploy/database.md says how to get it back"));
    size_t length = strlen(aside);
    (void)snprintf(aside + length, sizeof aside - length, "-wal");
    (void)rename(log_from, aside);
  }
  (void)sqlite3_db_config(file->sqlite.database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  close_database(file);
  free(file);
  return error;
}

/* ---- entries ---- */

const struct spool_totals *spool_file_totals(const struct spool_file *file)
{
  return &file->totals;
}

static void roll_back(struct spool_file *file)
{
  if (sqlite3_get_autocommit(file->sqlite.database) == 0) {
    (void)sqlite3_exec(file->sqlite.database, "ROLLBACK", NULL, NULL, NULL);
  }
}

static struct error check_room(const struct spool_file *file)
{
  struct statvfs disk;
  bool is_short = statvfs(file->sqlite.path, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < DISK_RESERVE_BYTES;
  return is_short ? error_make(ERROR_BUSY, "less than 16 MiB are left on the disk of %s", file->sqlite.path) : error_none();
}

static struct error put_all(struct spool_file *file, struct spool_entry *const *entries, size_t count)
{
  TRY(check_room(file));
  TRY(spool_sqlite_execute(&file->sqlite, "BEGIN"));
  for (size_t at = 0; at < count;) {
    size_t length = spool_pack_length(entries + at, count - at);
    TRY(insert(file, entries + at, length, file->last_id + 1 + (int64_t)at));
    at += length;
  }
  return spool_sqlite_execute(&file->sqlite, "COMMIT");
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

/* Adds the entries of the pack in the present row that are behind `after_id`; none when they may be more than `room`. */
static struct error read_pack(struct spool_file *file, uint8_t kind, int64_t after_id, size_t room, struct arena *arena,
                              struct spool_entry **entries, size_t *added)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_SELECT];
  struct spool_entry *all[SPOOL_PACK_ENTRIES_MAX];
  int64_t first_id = sqlite3_column_int64(statement, 0);
  int64_t total = sqlite3_column_int64(statement, 1);
  *added = 0;
  if (total < 1 || total > SPOOL_PACK_ENTRIES_MAX) {
    file->sqlite.is_damaged = true;
    return error_make(ERROR_INTERNAL, "%s is damaged: %lld entries from %lld on", file->sqlite.path, (long long)total,
                      (long long)first_id);
  }
  if ((size_t)total > room) {
    return error_none();
  }
  size_t count =
      spool_pack_read(column_text(statement, 3), (size_t)total, kind, first_id, sqlite3_column_int64(statement, 2), arena, all);
  for (size_t i = 0; i < count; i++) {
    if (all[i]->entry_id > after_id) {
      entries[(*added)++] = all[i];
    }
  }
  return error_none();
}

struct error spool_file_read(struct spool_file *file, uint8_t kind, int64_t after_id, size_t count_max, size_t bytes_max,
                             struct arena *arena, struct spool_entry **entries, size_t *count)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_SELECT];
  struct error error = error_none();
  size_t bytes = 0;
  size_t added = 1;
  int result = SQLITE_OK;
  *count = 0;
  (void)sqlite3_bind_int64(statement, 1, after_id);
  (void)sqlite3_bind_int64(statement, 2, kind);
  (void)sqlite3_bind_int64(statement, 3, after_id - SPOOL_PACK_ENTRIES_MAX);
  while (error.code == ERROR_NONE && added != 0 && bytes <= bytes_max && (result = sqlite3_step(statement)) == SQLITE_ROW) {
    error = read_pack(file, kind, after_id, count_max - *count, arena, entries + *count, &added);
    for (size_t i = 0; error.code == ERROR_NONE && i < added; i++) {
      bytes += entries[(*count)++]->body.length;
    }
  }
  error = error.code == ERROR_NONE ? spool_sqlite_check(&file->sqlite, result) : error;
  (void)sqlite3_reset(statement);
  return error;
}

struct error spool_file_oldest(struct spool_file *file, int64_t *received_at_us)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_OLDEST];
  int result = sqlite3_step(statement);
  *received_at_us = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  struct error error = spool_sqlite_check(&file->sqlite, result);
  (void)sqlite3_reset(statement);
  return error;
}

/* Only worth it, and only cheap, when nothing is left. */
static struct error shrink(struct spool_file *file)
{
  int64_t pages = 0;
  int64_t page_bytes = 0;
  TRY(spool_sqlite_read_number(&file->sqlite, "PRAGMA page_count", &pages));
  TRY(spool_sqlite_read_number(&file->sqlite, "PRAGMA page_size", &page_bytes));
  if (pages * page_bytes < KEEP_EMPTY_BYTES) {
    return error_none();
  }
  TRY(spool_sqlite_execute(&file->sqlite, "VACUUM"));
  return spool_sqlite_execute(&file->sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static bool is_empty(const struct spool_file *file)
{
  uint64_t entries = 0;
  for (int kind = 0; kind < SPOOL_KIND_COUNT; kind++) {
    entries += file->totals.entries[kind];
  }
  return entries == 0;
}

static struct error delete_packs(struct spool_file *file, uint8_t kind, int64_t through_id, uint64_t *count)
{
  sqlite3_stmt *statement = file->statements[STATEMENT_DELETE];
  uint64_t bytes = 0;
  int result;
  (void)sqlite3_bind_int64(statement, 1, through_id);
  (void)sqlite3_bind_int64(statement, 2, kind);
  while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
    *count += (uint64_t)sqlite3_column_int64(statement, 0);
    bytes += (uint64_t)sqlite3_column_int64(statement, 1);
  }
  struct error error = spool_sqlite_check(&file->sqlite, result);
  (void)sqlite3_reset(statement);
  if (error.code == ERROR_NONE) {
    file->totals.entries[kind] -= *count;
    file->totals.bytes -= bytes;
  }
  return error;
}

struct error spool_file_delete(struct spool_file *file, uint8_t kind, int64_t through_id, uint64_t *count)
{
  *count = 0;
  TRY(spool_sqlite_execute(&file->sqlite, "PRAGMA synchronous = NORMAL"));
  struct error error = delete_packs(file, kind, through_id, count);
  if (error.code == ERROR_NONE && *count != 0 && is_empty(file)) {
    error = shrink(file);
  }
  struct error synced = spool_sqlite_execute(&file->sqlite, "PRAGMA synchronous = FULL");
  return error.code != ERROR_NONE ? error : synced;
}
