/* One connection to PostgreSQL: prepared statements from .sql files, binary parameters and results, pipelines.
 *
 * A connection belongs to one thread at a time. Statements are the embedded .sql files (one statement each), prepared by name
 * the first time a connection uses them; there is no way to run SQL from a string but db_execute, for DDL and session settings.
 * Errors: ERROR_DATABASE_AWAY (no or lost connection: dead, see db_is_usable; or a server that is out of connections or disk:
 * still usable), ERROR_QUERY_TIMEOUT (57014), ERROR_DATABASE_REFUSED with the SQLSTATE otherwise; the detail is the server's
 * own message, for the log. An error that breaks a transaction ends it: ROLLBACK has been sent when the call returns. No call
 * waits for ever: an answer that stays away 5 s longer than statement_timeout_ms makes the connection dead. With 0 (no limit)
 * only keepalives watch the server. When the moment give_up_at_us has come, every wait ends: a stop does not depend on the
 * database. */
#ifndef CRUMBTRAIL_SERVER_DB_CONNECTION_H
#define CRUMBTRAIL_SERVER_DB_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct db_connection;

struct db_settings {
  const char *conninfo;         /* libpq URL or keywords */
  const char *application_name; /* "crumbtrail writer" */
  int connect_timeout_s;
  int statement_timeout_ms; /* 0: none */
  bool read_only;
  const _Atomic int64_t *give_up_at_us; /* monotonic; 0: not yet known. NULL: never. Borrowed until db_close */
};

/* For a program that is started with a connection string, which everybody on the machine can read: the same in keywords without
 * the password, and the password (NULL: it has none) for its environment. ERROR_SETUP when it cannot be read. */
struct error db_split_password(struct arena *arena, const char *conninfo, const char **without_password,
                               const char **password) ERROR_MUST_CHECK;

/* Generated from a .sql file by cmake/embed_sql.cmake: ingest/sql/insert_breadcrumbs.sql -> SQL_INSERT_BREADCRUMBS. */
struct sql_statement {
  const char *name;
  const char *text;
};

struct error db_open(struct db_settings settings, struct db_connection **connection) ERROR_MUST_CHECK;
void db_close(struct db_connection *connection); /* accepts NULL */
bool db_is_usable(const struct db_connection *connection);
int db_socket(const struct db_connection *connection);
int db_server_version(const struct db_connection *connection); /* 150018 */
/* Logs a warning for each setting of the server (fsync ...) under which its crash can lose what was committed. */
struct error db_check_durability(struct db_connection *connection) ERROR_MUST_CHECK;

/* Parameters of a statement, built in order ($1, $2 ...) in an arena; every value travels in binary. Of times, here and in
 * rows, INT64_MIN and INT64_MAX are -infinity and infinity. */
struct db_parameters;
struct db_parameters *db_parameters_new(struct arena *arena);
void db_add_null(struct db_parameters *parameters);
void db_add_bool(struct db_parameters *parameters, bool value);
void db_add_int32(struct db_parameters *parameters, int32_t value);
void db_add_int64(struct db_parameters *parameters, int64_t value);
void db_add_double(struct db_parameters *parameters, double value); /* NaN is written NULL */
void db_add_text(struct db_parameters *parameters, struct text value);
void db_add_time(struct db_parameters *parameters, int64_t time_us); /* timestamptz */
/* One-dimensional arrays. `is_null` may be NULL (no nulls); else is_null[i] != 0 writes NULL. A NaN element stays NaN. The
 * statement casts each parameter to the type that is sent ($1::bigint[], $2::timestamptz[]). Values are copied. */
void db_add_int64_array(struct db_parameters *parameters, const int64_t *values, const uint8_t *is_null, size_t count);
void db_add_int32_array(struct db_parameters *parameters, const int32_t *values, const uint8_t *is_null, size_t count);
void db_add_int16_array(struct db_parameters *parameters, const int16_t *values, const uint8_t *is_null, size_t count);
void db_add_float4_array(struct db_parameters *parameters, const float *values, const uint8_t *is_null, size_t count);
void db_add_float8_array(struct db_parameters *parameters, const double *values, const uint8_t *is_null, size_t count);
void db_add_bool_array(struct db_parameters *parameters, const uint8_t *values, const uint8_t *is_null, size_t count);
void db_add_time_array(struct db_parameters *parameters, const int64_t *times_us, const uint8_t *is_null, size_t count);
/* A slice whose data is NULL is written NULL. */
void db_add_text_array(struct db_parameters *parameters, const struct text *values, size_t count);
void db_add_bytes_array(struct db_parameters *parameters, const struct text *values, size_t count);
void db_add_jsonb_array(struct db_parameters *parameters, const struct text *values, size_t count);

/* Rows of a finished statement, in binary. Freed with the arena that was given. Texts borrow from it. */
struct db_rows;
struct error db_query(struct db_connection *connection, struct arena *arena, const struct sql_statement *statement,
                      const struct db_parameters *parameters, const struct db_rows **rows) ERROR_MUST_CHECK;
/* Without rows; *affected may be NULL. */
struct error db_run(struct db_connection *connection, const struct sql_statement *statement,
                    const struct db_parameters *parameters, int64_t *affected) ERROR_MUST_CHECK;
/* SQL from a literal or a generated DDL text, simple protocol, several statements allowed. */
struct error db_execute(struct db_connection *connection, const char *sql) ERROR_MUST_CHECK;

int db_row_count(const struct db_rows *rows);
int64_t db_affected(const struct db_rows *rows);
bool db_is_null(const struct db_rows *rows, int row, int column);
bool db_bool(const struct db_rows *rows, int row, int column);
int64_t db_int64(const struct db_rows *rows, int row, int column);     /* int2, int4 or int8 columns */
double db_double(const struct db_rows *rows, int row, int column);     /* float4 or float8 columns; NaN when NULL */
int64_t db_time(const struct db_rows *rows, int row, int column);      /* timestamptz, us since 1970 */
struct text db_text(const struct db_rows *rows, int row, int column);  /* text, bytea; NULL gives data == NULL */
struct text db_jsonb(const struct db_rows *rows, int row, int column); /* jsonb (without its version byte) or json */

/* Pipelines: many statements, one round trip. Between begin and end only db_pipeline_add; results come in order, one per add.
 * After the first error the rest of the pipeline is not run (results "aborted"), as the server does it.
 * db_pipeline_run sends everything with a sync and waits, one round trip also when statements have to be prepared first.
 * *failed_index (may be NULL) is the add that was refused or was in flight when the connection was lost; -1 otherwise. */
struct db_pipeline;
struct db_pipeline *db_pipeline_new(struct arena *arena);
void db_pipeline_add(struct db_pipeline *pipeline, const struct sql_statement *statement,
                     const struct db_parameters *parameters);
/* For work that can be done while the server is at it: sends what has been added, as far as it goes without waiting. Nothing
 * else may use the connection before db_pipeline_run, which tells of errors. */
void db_pipeline_begin(struct db_connection *connection, struct db_pipeline *pipeline);
/* BEGIN, COMMIT and such, as prepared statements without parameters come as .sql files too. */
struct error db_pipeline_run(struct db_connection *connection, struct db_pipeline *pipeline,
                             int *failed_index) ERROR_MUST_CHECK;
/* After db_pipeline_run; no rows for what was not run. */
const struct db_rows *db_pipeline_rows(const struct db_pipeline *pipeline, int index);

/* LISTEN / NOTIFY. The channel is a plain identifier. */
struct error db_listen(struct db_connection *connection, const char *channel) ERROR_MUST_CHECK;
/* Waits until a notification arrives, `wake_fd` (or -1) becomes readable or the time is over. *notified is how many came. */
struct error db_wait_notify(struct db_connection *connection, int wake_fd, int timeout_ms, int *notified) ERROR_MUST_CHECK;

#endif
