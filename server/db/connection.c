#include "server/db/session.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/db/sqlstate.h"
#include "server/log.h"
#include "server_db_sql.h"

/* The server ends a statement at its own time limit; only when that answer stays away for this long, the server hangs. */
enum { ANSWER_MARGIN_MS = 5000 };
/* How often a wait looks whether it shall give up: the moment may become known while it lasts. */
enum { LOOK_EVERY_MS = 100 };

/* libpq ends its messages with a line feed and may write several lines; the first says it. */
static struct text first_line(const char *message)
{
  struct text rest = text_from(message);
  struct text line = TEXT("");
  text_split(&rest, '\n', &line);
  return text_trim(line);
}

struct error session_lost(struct db_connection *connection, const char *why)
{
  connection->usable = false;
  struct text line = first_line(why);
  if (line.length == 0) {
    line = TEXT("the connection to the database was lost");
  }
  return error_make(ERROR_DATABASE_AWAY, "%.*s", TEXT_ARGS(line));
}

struct error session_statement_error(struct db_connection *connection, const PGresult *result)
{
  const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sqlstate == NULL) { /* libpq itself made this result */
    return session_lost(connection, PQresultErrorMessage(result));
  }
  enum error_code code = sqlstate_error_code(sqlstate);
  /* A writer that meets a read-only server talks to what has become a standby: the primary is elsewhere now. */
  const bool is_standby = !connection->read_only && strcmp(sqlstate, "25006") == 0;
  if (is_standby) {
    code = ERROR_DATABASE_AWAY;
  }
  if (is_standby || sqlstate_ends_connection(sqlstate) || PQstatus(connection->session) == CONNECTION_BAD) {
    connection->usable = false;
  }
  struct error error = error_make(code, "%s", message != NULL ? message : PQresultErrorMessage(result));
  snprintf(error.sqlstate, sizeof error.sqlstate, "%s", sqlstate);
  return error;
}

static bool gives_up(const _Atomic int64_t *give_up_at_us)
{
  const int64_t at_us = give_up_at_us != NULL ? atomic_load(give_up_at_us) : 0;
  return at_us != 0 && clock_monotonic_us() >= at_us;
}

/* Until the deadline (0: none), or until it is time to look again. -1: for ever. */
static int poll_timeout_ms(const struct db_connection *connection, int64_t deadline_us)
{
  const int64_t left_us = deadline_us - clock_monotonic_us();
  int timeout_ms = -1;
  if (deadline_us != 0) {
    timeout_ms = left_us > 0 ? (int)(left_us / US_PER_MS) + 1 : 0;
  }
  const bool looks = connection->give_up_at_us != NULL && (timeout_ms < 0 || timeout_ms > LOOK_EVERY_MS);
  return looks ? LOOK_EVERY_MS : timeout_ms;
}

/* Waits for `events` on the server's socket until the deadline (0: for ever). */
static struct error wait_for_socket(struct db_connection *connection, short events, int64_t deadline_us)
{
  struct pollfd socket = {.fd = PQsocket(connection->session), .events = events};
  if (socket.fd < 0) {
    return session_lost(connection, PQerrorMessage(connection->session));
  }
  for (;;) {
    const int ready = poll(&socket, 1, poll_timeout_ms(connection, deadline_us));
    if (ready > 0) {
      return error_none();
    }
    if (gives_up(connection->give_up_at_us)) {
      return session_lost(connection, "the database did not answer before the program had to stop");
    }
    if (ready == 0 && deadline_us != 0 && clock_monotonic_us() >= deadline_us) {
      return session_lost(connection, "the database did not answer within its time limit");
    }
    if (ready < 0 && errno != EINTR) {
      return session_lost(connection, strerror(errno));
    }
  }
}

struct error session_next_result(struct db_connection *connection, PGresult **result)
{
  PGconn *session = connection->session;
  const int64_t deadline_us = connection->wait_limit_ms == 0 ? 0 : clock_monotonic_us() + connection->wait_limit_ms * US_PER_MS;
  int unsent = PQflush(session);
  while (PQisBusy(session)) {
    const int events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
    TRY(wait_for_socket(connection, (short)events, deadline_us));
    /* Reading comes first, also after a failed write: what the server said last tells why. */
    if (PQconsumeInput(session) != 1) {
      return session_lost(connection, PQerrorMessage(session));
    }
    unsent = unsent != 0 ? PQflush(session) : 0;
  }
  *result = PQgetResult(session);
  return error_none();
}

void session_end_broken_transaction(struct db_connection *connection)
{
  if (!connection->usable || PQtransactionStatus(connection->session) != PQTRANS_INERROR) {
    return;
  }
  const struct error error = db_execute(connection, "ROLLBACK");
  if (error.code != ERROR_NONE) {
    connection->usable = false;
  }
}

struct error db_execute(struct db_connection *connection, const char *sql)
{
  if (!connection->usable) {
    return session_lost(connection, "");
  }
  if (PQsendQuery(connection->session, sql) != 1) {
    return session_lost(connection, PQerrorMessage(connection->session));
  }
  struct error first_error = error_none();
  for (;;) {
    PGresult *result = NULL;
    TRY(session_next_result(connection, &result));
    if (result == NULL) {
      break;
    }
    const ExecStatusType status = PQresultStatus(result);
    assert(status != PGRES_COPY_IN && status != PGRES_COPY_OUT && status != PGRES_COPY_BOTH);
    if (first_error.code == ERROR_NONE && status == PGRES_FATAL_ERROR) {
      first_error = session_statement_error(connection, result);
    }
    PQclear(result);
    if (!connection->usable) {
      return first_error;
    }
  }
  if (first_error.code != ERROR_NONE) {
    session_end_broken_transaction(connection);
  }
  return first_error;
}

static void log_notice(void *context, const char *message)
{
  (void)context;
  const struct text line = first_line(message);
  LOG_DEBUG("database_notice", "message=%s", log_quote(line));
}

/* A URL or keywords that libpq cannot read are a mistake in the settings, not a server that is away. */
static struct error check_conninfo(const char *conninfo)
{
  char *message = NULL;
  PQconninfoOption *options = PQconninfoParse(conninfo, &message);
  if (options == NULL) {
    const struct text line = first_line(message != NULL ? message : "out of memory");
    struct error error = error_at(ERROR_SETUP, "database", "not a PostgreSQL URL: %.*s", TEXT_ARGS(line));
    PQfreemem(message);
    return error;
  }
  PQconninfoFree(options);
  return error_none();
}

/* What stands before dbname may be overruled by the operator's URL; what stands after it may not. */
static PGconn *connect_to(const struct db_settings *settings)
{
  char connect_timeout[16];
  snprintf(connect_timeout, sizeof connect_timeout, "%d", settings->connect_timeout_s);
  const char *const names[] = {
      "connect_timeout",      "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
      "target_session_attrs", "dbname",          "application_name",    "client_encoding",  NULL};
  const char *const values[] = {connect_timeout,
                                "10",
                                "5",
                                "3",
                                "15000",
                                settings->read_only ? "any" : "read-write",
                                settings->conninfo,
                                settings->application_name,
                                "UTF8",
                                NULL};
  return PQconnectdbParams(names, values, 1);
}

static struct error set_up_session(struct db_connection *connection, const struct db_settings *settings)
{
  char sql[640];
  /* A server set to synchronous_commit = off would confirm what a crash can lose; stronger settings stay. */
  snprintf(sql, sizeof sql,
           "SET statement_timeout = %d; SET default_transaction_read_only = %s; SET TimeZone = 'UTC'; "
           "SET IntervalStyle = 'iso_8601'; SET plan_cache_mode = auto; SET jit = off; "
           "SET idle_in_transaction_session_timeout = %d; "
           "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
           settings->statement_timeout_ms, settings->read_only ? "on" : "off", settings->read_only ? 0 : 10000);
  connection->wait_limit_ms = (settings->connect_timeout_s > 0 ? settings->connect_timeout_s : 10) * 1000;
  TRY(db_execute(connection, sql));
  connection->wait_limit_ms = settings->statement_timeout_ms == 0 ? 0 : settings->statement_timeout_ms + ANSWER_MARGIN_MS;
  return error_none();
}

struct error db_open(struct db_settings settings, struct db_connection **opened)
{
  *opened = NULL;
  TRY(check_conninfo(settings.conninfo));
  if (gives_up(settings.give_up_at_us)) {
    return error_make(ERROR_DATABASE_AWAY, "the program stops");
  }
  struct db_connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) {
    abort();
  }
  connection->read_only = settings.read_only;
  connection->give_up_at_us = settings.give_up_at_us;
  connection->session = connect_to(&settings);
  struct error error;
  if (PQstatus(connection->session) != CONNECTION_OK) {
    error = session_lost(connection, PQerrorMessage(connection->session));
  } else {
    connection->usable = true;
    PQsetnonblocking(connection->session, 1);
    PQsetNoticeProcessor(connection->session, log_notice, NULL);
    error = set_up_session(connection, &settings);
  }
  if (error.code != ERROR_NONE) {
    db_close(connection);
    return error;
  }
  *opened = connection;
  return error_none();
}

void db_close(struct db_connection *connection)
{
  if (connection == NULL) {
    return;
  }
  PQfinish(connection->session);
  free(connection->prepared);
  free(connection);
}

bool db_is_usable(const struct db_connection *connection)
{
  return connection != NULL && connection->usable && PQstatus(connection->session) == CONNECTION_OK;
}

int db_socket(const struct db_connection *connection)
{
  return PQsocket(connection->session);
}

int db_server_version(const struct db_connection *connection)
{
  return PQserverVersion(connection->session);
}

struct error db_check_durability(struct db_connection *connection)
{
  struct arena *arena = arena_new(2048);
  const struct db_rows *rows = NULL;
  const struct error error = db_query(connection, arena, &SQL_LIST_UNSAFE_SETTINGS, NULL, &rows);
  for (int row = 0; error.code == ERROR_NONE && row < db_row_count(rows); row++) {
    LOG_WARNING("database_not_durable", "setting=%.*s value=%.*s effect=%s", TEXT_ARGS(db_text(rows, row, 0)),
                TEXT_ARGS(db_text(rows, row, 1)),
                log_quote_cstring("a crash of the database's machine can lose or damage what was acknowledged"));
  }
  arena_free(arena);
  return error;
}
