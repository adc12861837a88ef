#include "server/db/migrate.h"

#include <stdio.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/db/statements.h"
#include "server/log.h"
#include "server_db_sql.h"

/* Oldest server that the migrations are tested on. */
enum { OLDEST_SERVER_VERSION = 150000 };
enum { LOCK_WAIT_MAX_S = 600, LOCK_TRY_INTERVAL_MS = 250 };

/* What the database says it holds. */
struct recorded {
  const struct db_rows *rows; /* version, name, sha256; ascending */
  int count;
};

static struct error load_recorded(struct db_connection *connection, struct arena *arena, struct recorded *recorded)
{
  *recorded = (struct recorded){NULL, 0};
  const struct db_rows *exists = NULL;
  TRY(db_query(connection, arena, &SQL_HAS_SCHEMA_MIGRATION, NULL, &exists));
  if (!db_bool(exists, 0, 0)) {
    return error_none();
  }
  TRY(db_query(connection, arena, &SQL_LIST_SCHEMA_MIGRATIONS, NULL, &recorded->rows));
  recorded->count = db_row_count(recorded->rows);
  return error_none();
}

static const struct migration *find_known(int64_t version)
{
  for (int i = 0; i < MIGRATION_COUNT; i++) {
    if (MIGRATIONS[i].version == version) {
      return &MIGRATIONS[i];
    }
  }
  return NULL;
}

static bool is_recorded(const struct recorded *recorded, int version)
{
  for (int row = 0; row < recorded->count; row++) {
    if (db_int64(recorded->rows, row, 0) == version) {
      return true;
    }
  }
  return false;
}

/* Everything recorded is known here, under the same name and with the same content. */
static struct error check_recorded(const struct recorded *recorded)
{
  for (int row = 0; row < recorded->count; row++) {
    const int64_t version = db_int64(recorded->rows, row, 0);
    const struct text name = db_text(recorded->rows, row, 1);
    const struct text sha256 = db_text(recorded->rows, row, 2);
    const struct migration *known = find_known(version);
    if (known == NULL) {
      return error_make(ERROR_SETUP,
                        "the database's schema is newer than this program: it holds migration %.*s, this program (%s) knows "
                        "them up to %04d. Start the newer crumbtrail, or restore a backup from before that migration.",
                        TEXT_ARGS(name), CRUMBTRAIL_VERSION, MIGRATIONS[MIGRATION_COUNT - 1].version);
    }
    if (!text_equal(sha256, text_from(known->sha256))) {
      return error_make(ERROR_SETUP,
                        "migration %s was changed after it had been applied to this database (SHA-256 %.12s... there, %.12s... "
                        "here). Put the file back as it was and make the change in a new migration, or use the crumbtrail "
                        "that applied it.",
                        known->name, sha256.length >= 12 ? sha256.data : "(none)......", known->sha256);
    }
  }
  return error_none();
}

/* Sentences for what an operator can mend; anything else is told as the server said it, with file and line. */
static struct error explain(const struct error *error, const struct migration *migration, int line, struct text statement)
{
  if (error->code != ERROR_DATABASE_REFUSED) {
    return *error;
  }
  const bool is_extension = text_starts_with(statement, TEXT("CREATE EXTENSION"));
  const bool lacks_rights = strcmp(error->sqlstate, "42501") == 0;
  struct error explained;
  if (is_extension && lacks_rights) {
    explained = error_make(ERROR_SETUP,
                           "this database role may not create extensions (%s). Let a superuser run \"CREATE EXTENSION "
                           "postgis;\" in this database once, then start again.",
                           error->detail);
  } else if (is_extension) {
    explained = error_make(ERROR_SETUP,
                           "PostGIS is missing on the database server (%s). Install it there (Debian: apt install "
                           "postgresql-15-postgis-3), then start again.",
                           error->detail);
  } else if (lacks_rights) {
    explained = error_make(ERROR_SETUP,
                           "%s line %d: %s. Make this role the owner of the database (ALTER DATABASE ... OWNER TO ...), or "
                           "run `crumbtrail migrate` as the owner.",
                           migration->name, line, error->detail);
  } else {
    explained = error_make(ERROR_SETUP, "%s line %d: %s", migration->name, line, error->detail);
  }
  snprintf(explained.sqlstate, sizeof explained.sqlstate, "%s", error->sqlstate);
  return explained;
}

static struct error run_statements(struct db_connection *connection, struct arena *arena, const struct migration *migration)
{
  const struct text whole = text_from(migration->text);
  struct text rest = whole;
  struct text statement;
  int line = 0;
  while (statements_next(whole, &rest, &statement, &line)) {
    const struct error error = db_execute(connection, text_to_cstring(arena, statement));
    if (error.code != ERROR_NONE) {
      return explain(&error, migration, line, statement);
    }
  }
  return error_none();
}

static struct error record(struct db_connection *connection, struct arena *arena, const struct migration *migration)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int32(parameters, migration->version);
  db_add_text(parameters, text_from(migration->name));
  db_add_text(parameters, text_from(migration->sha256));
  return db_run(connection, &SQL_INSERT_SCHEMA_MIGRATION, parameters, NULL);
}

static struct error apply_one(struct db_connection *connection, struct arena *arena, const struct migration *migration)
{
  const int64_t started_us = clock_monotonic_us();
  const bool in_transaction = !text_starts_with(text_from(migration->text), TEXT("-- no-transaction"));
  if (in_transaction) {
    TRY(db_execute(connection, "BEGIN"));
  }
  struct error error = run_statements(connection, arena, migration);
  if (error.code == ERROR_NONE) {
    error = record(connection, arena, migration);
  }
  if (error.code == ERROR_NONE && in_transaction) {
    error = db_execute(connection, "COMMIT");
  }
  if (error.code == ERROR_NONE) {
    LOG_INFO("migration_applied", "name=%s ms=%lld", migration->name,
             (long long)((clock_monotonic_us() - started_us) / US_PER_MS));
  }
  return error;
}

static struct error apply_missing(struct db_connection *connection, struct arena *arena, int *applied)
{
  struct recorded recorded;
  TRY(load_recorded(connection, arena, &recorded));
  TRY(check_recorded(&recorded));
  for (int i = 0; i < MIGRATION_COUNT; i++) {
    if (is_recorded(&recorded, MIGRATIONS[i].version)) {
      continue;
    }
    TRY(apply_one(connection, arena, &MIGRATIONS[i]));
    (*applied)++;
  }
  return error_none();
}

/* Tries instead of waiting in the server, so that a statement time limit of the connection does not end the wait and the log
 * says what is going on. */
static struct error take_lock(struct db_connection *connection, struct arena *arena)
{
  const int64_t deadline_us = clock_monotonic_us() + LOCK_WAIT_MAX_S * US_PER_SECOND;
  for (bool is_first = true;; is_first = false) {
    const struct db_rows *rows = NULL;
    TRY(db_query(connection, arena, &SQL_TRY_LOCK_MIGRATION, NULL, &rows));
    if (db_bool(rows, 0, 0)) {
      return error_none();
    }
    if (is_first) {
      LOG_INFO("migration_waits", "reason=%s", log_quote_cstring("another process is migrating this database"));
    }
    if (clock_monotonic_us() > deadline_us) {
      return error_make(ERROR_SETUP,
                        "another process has been migrating this database for over %d minutes; wait for it or end it, then "
                        "start again",
                        LOCK_WAIT_MAX_S / 60);
    }
    nanosleep(&(struct timespec){.tv_nsec = LOCK_TRY_INTERVAL_MS * 1000000L}, NULL);
  }
}

static struct error check_server(struct db_connection *connection)
{
  const int version = db_server_version(connection);
  if (version < OLDEST_SERVER_VERSION) {
    return error_make(ERROR_SETUP, "the database server is PostgreSQL %d; crumbtrail needs %d or newer", version / 10000,
                      OLDEST_SERVER_VERSION / 10000);
  }
  return error_none();
}

static struct error apply_locked(struct db_connection *connection, struct arena *arena, int *applied)
{
  const struct db_rows *exists = NULL;
  TRY(db_query(connection, arena, &SQL_HAS_SCHEMA_MIGRATION, NULL, &exists));
  if (!db_bool(exists, 0, 0)) {
    const struct error error = db_run(connection, &SQL_CREATE_SCHEMA_MIGRATION, NULL, NULL);
    if (error.code == ERROR_DATABASE_REFUSED) {
      static const struct migration FIRST = {.name = "schema_migration"};
      return explain(&error, &FIRST, 1, TEXT(""));
    }
    TRY(error);
  }
  return apply_missing(connection, arena, applied);
}

struct error migrate_apply(struct db_connection *connection, int *applied)
{
  *applied = 0;
  TRY(check_server(connection));
  struct arena *arena = arena_new(16384);
  struct error error = take_lock(connection, arena);
  if (error.code == ERROR_NONE) {
    error = apply_locked(connection, arena, applied);
    if (db_is_usable(connection)) {
      const struct error unlocked = db_run(connection, &SQL_UNLOCK_MIGRATION, NULL, NULL);
      error = error.code == ERROR_NONE ? unlocked : error;
    }
  }
  arena_free(arena);
  return error;
}

static struct error check_missing(const struct recorded *recorded)
{
  for (int i = 0; i < MIGRATION_COUNT; i++) {
    if (!is_recorded(recorded, MIGRATIONS[i].version)) {
      return error_make(ERROR_SETUP,
                        "the database lacks migration %s: run `crumbtrail migrate` with the same --database, then start again",
                        MIGRATIONS[i].name);
    }
  }
  return error_none();
}

struct error migrate_check(struct db_connection *connection)
{
  TRY(check_server(connection));
  struct arena *arena = arena_new(4096);
  struct recorded recorded;
  struct error error = load_recorded(connection, arena, &recorded);
  if (error.code == ERROR_NONE) {
    error = check_recorded(&recorded);
  }
  if (error.code == ERROR_NONE) {
    error = check_missing(&recorded);
  }
  arena_free(arena);
  return error;
}
