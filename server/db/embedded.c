#include "server/db/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/db/cluster.h"
#include "server/db/connection.h"
#include "server/db/postmaster.h"
#include "server/log.h"
#include "server_db_sql.h"

struct embedded {
  struct arena *arena;
  struct cluster cluster;
  int lock_fd;
  pid_t pid;
  int pid_fd;    /* becomes readable when the postmaster has ended; -1: none runs */
  bool is_child; /* started by us, so ours to reap; else adopted */
  int port;
  const char *conninfo;
};

enum { OUR_PORT = 5432, POLL_INTERVAL_MS = 20, PID_FILE_MAX = 4096 };
/* Recovery after a crash replays at most max_wal_size; the longest seen is far below. */
enum {
  START_MAX_S = 900,
  STOPPING_MAX_S = 60,
  ORPHANS_MAX_S = 10,
  FAST_STOP_MS = 3000,
  IMMEDIATE_STOP_MS = 1000,
  SAY_INTERVAL_S = 10
};

static void pause_ms(int milliseconds)
{
  nanosleep(&(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L}, NULL);
}

static struct error make_data_folder(struct arena *arena, const char *given, const char **absolute)
{
  char *path = arena_printf(arena, "%s", given);
  for (char *at = path + 1; *at != '\0'; at++) {
    if (*at == '/') {
      *at = '\0';
      mkdir(path, 0755);
      *at = '/';
    }
  }
  /* As root, user postgres must be able to pass through. */
  if (mkdir(path, geteuid() == 0 ? 0711 : 0700) != 0 && errno != EEXIST) {
    return error_make(ERROR_SETUP, "cannot make the data folder %s: %s", given, strerror(errno));
  }
  char resolved[PATH_MAX];
  if (realpath(path, resolved) == NULL) {
    return error_make(ERROR_SETUP, "cannot use the data folder %s: %s", given, strerror(errno));
  }
  *absolute = arena_printf(arena, "%s", resolved);
  return error_none();
}

static struct error take_lock(struct embedded *embedded, const char *data_folder)
{
  const char *path = arena_printf(embedded->arena, "%s/lock", data_folder);
  embedded->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (embedded->lock_fd < 0) {
    return error_make(ERROR_SETUP, "cannot open %s: %s. Start crumbtrail as the user who owns the data folder, or as root",
                      path, strerror(errno));
  }
  if (flock(embedded->lock_fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = "";
    const ssize_t length = pread(embedded->lock_fd, holder, sizeof holder - 1, 0);
    const struct text pid = text_trim((struct text){holder, length > 0 ? strcspn(holder, "\n") : 0});
    return error_make(ERROR_SETUP,
                      "another crumbtrail (process %.*s) is using the data folder %s: stop it first, or choose another --data",
                      TEXT_ARGS(pid), data_folder);
  }
  if (ftruncate(embedded->lock_fd, 0) != 0 || dprintf(embedded->lock_fd, "%d\n", (int)getpid()) < 0) {
    return error_make(ERROR_SETUP, "cannot write %s: %s", path, strerror(errno));
  }
  return error_none();
}

/* --- the postmaster ------------------------------------------------------------------------------------------------------- */

/* True when the postmaster has ended, after waiting so long at most. */
static bool wait_for_end(const struct embedded *embedded, int timeout_ms)
{
  struct pollfd end = {.fd = embedded->pid_fd, .events = POLLIN};
  return poll(&end, 1, timeout_ms) > 0;
}

static void forget_postmaster(struct embedded *embedded)
{
  if (embedded->is_child) {
    child_wait(embedded->pid);
  }
  close(embedded->pid_fd);
  embedded->pid_fd = -1;
  embedded->pid = 0;
}

static struct error watch_postmaster(struct embedded *embedded, pid_t pid, bool is_child)
{
  embedded->pid_fd = pidfd_open(pid, 0);
  if (embedded->pid_fd < 0) {
    return error_make(ERROR_SETUP, "cannot watch the process of PostgreSQL: %s", strerror(errno));
  }
  embedded->pid = pid;
  embedded->is_child = is_child;
  return error_none();
}

static bool read_pid_file(const struct embedded *embedded, const char *path, struct postmaster *postmaster)
{
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  char *content = arena_alloc(embedded->arena, PID_FILE_MAX);
  const ssize_t length = read(fd, content, PID_FILE_MAX - 1);
  close(fd);
  return length > 0 && postmaster_parse((struct text){content, (size_t)length}, postmaster);
}

/* PostgreSQL recognises a lock file of a dead process by itself, but takes any living process with that number for a
 * postmaster. The caller has seen that no process works in the cluster's folder. */
static struct error remove_stale_lock(const struct embedded *embedded)
{
  const char *path = arena_printf(embedded->arena, "%s/postmaster.pid", embedded->cluster.folder);
  if (unlink(path) == 0) {
    LOG_WARNING("embedded_stale_lock", "file=%s", log_quote_cstring(path));
    return error_none();
  }
  return errno == ENOENT ? error_none() : error_make(ERROR_SETUP, "cannot remove %s: %s", path, strerror(errno));
}

/* Backends notice that their postmaster has ended, and end. */
static struct error wait_for_orphans(const struct embedded *embedded)
{
  const int64_t deadline_us = clock_monotonic_us() + ORPHANS_MAX_S * US_PER_SECOND;
  while (postmaster_any_works_in(embedded->cluster.folder)) {
    if (clock_monotonic_us() > deadline_us) {
      return error_make(ERROR_SETUP, "processes of an earlier PostgreSQL still work in %s: end them, then start again",
                        embedded->cluster.folder);
    }
    pause_ms(POLL_INTERVAL_MS);
  }
  return error_none();
}

/* Takes over a cluster that runs already; *adopted stays false when none does. */
static struct error adopt(struct embedded *embedded, bool *adopted)
{
  const char *path = arena_printf(embedded->arena, "%s/postmaster.pid", embedded->cluster.folder);
  struct postmaster postmaster;
  const int64_t deadline_us = clock_monotonic_us() + STOPPING_MAX_S * US_PER_SECOND;
  while (read_pid_file(embedded, path, &postmaster) && postmaster_works_in(postmaster.pid, embedded->cluster.folder)) {
    if (!postmaster.is_stopping) {
      LOG_INFO("embedded_adopted", "pid=%d", (int)postmaster.pid);
      embedded->port = postmaster.port;
      embedded->cluster.socket_folder = text_to_cstring(embedded->arena, postmaster.socket_folder);
      embedded->cluster.has_temporary_socket_folder =
          text_starts_with(postmaster.socket_folder, TEXT("/tmp/crumbtrail-")) &&
          !text_equal(postmaster.socket_folder, text_from(cluster_usual_socket_folder(&embedded->cluster)));
      *adopted = true;
      return watch_postmaster(embedded, postmaster.pid, false);
    }
    if (clock_monotonic_us() > deadline_us) {
      return error_make(ERROR_SETUP,
                        "the PostgreSQL in %s (process %d) has been stopping for over %d s: end it, then start again",
                        embedded->cluster.folder, (int)postmaster.pid, STOPPING_MAX_S);
    }
    pause_ms(POLL_INTERVAL_MS);
  }
  return wait_for_orphans(embedded);
}

static struct error start_postmaster(struct embedded *embedded)
{
  const struct cluster *cluster = &embedded->cluster;
  TRY(remove_stale_lock(embedded));
  cluster_clear_socket_folder(cluster, embedded->port);
  char port[16];
  snprintf(port, sizeof port, "%d", embedded->port);
  const char *const argv[] = {
      cluster_program(cluster, "postgres"), "-D", cluster->folder, "-k", cluster->socket_folder, "-p", port, NULL};
  pid_t pid = 0;
  TRY(child_start(cluster->user, argv, cluster->log_fd, &pid));
  LOG_INFO("embedded_started", "pid=%d folder=%s", (int)pid, log_quote_cstring(cluster->folder));
  return watch_postmaster(embedded, pid, true);
}

static const char *conninfo_for(const struct embedded *embedded, const char *database)
{
  return arena_printf(embedded->arena, "host='%s' port=%d user=postgres dbname=%s", embedded->cluster.socket_folder,
                      embedded->port, database);
}

/* Opens database postgres as soon as the server accepts connections. */
static struct error wait_until_accepting(struct embedded *embedded, struct db_connection **connection)
{
  const struct db_settings settings = {.conninfo = conninfo_for(embedded, "postgres"),
                                       .application_name = "crumbtrail start",
                                       .connect_timeout_s = 5,
                                       .statement_timeout_ms = 60000};
  const int64_t started_us = clock_monotonic_us();
  int64_t said_us = started_us;
  for (;;) {
    const struct error error = db_open(settings, connection);
    if (error.code == ERROR_NONE) {
      return error;
    }
    if (wait_for_end(embedded, POLL_INTERVAL_MS)) {
      forget_postmaster(embedded);
      return error_make(ERROR_SETUP, "PostgreSQL ended while it was starting; the reason is at the end of %s",
                        embedded->cluster.log_path);
    }
    const int64_t now_us = clock_monotonic_us();
    if (now_us - started_us > START_MAX_S * US_PER_SECOND) {
      return error_make(ERROR_SETUP, "PostgreSQL does not accept connections after %d s (%s); see %s", START_MAX_S,
                        error.detail, embedded->cluster.log_path);
    }
    if (now_us - said_us > SAY_INTERVAL_S * US_PER_SECOND) {
      LOG_INFO("embedded_recovering", "seconds=%d reason=%s", (int)((now_us - started_us) / US_PER_SECOND),
               log_quote_cstring(error.detail));
      said_us = now_us;
    }
  }
}

/* --- the database --------------------------------------------------------------------------------------------------------- */

/* A role of the system user's own name lets him run psql without naming another. */
static struct error create_role(const struct embedded *embedded, struct db_connection *connection)
{
  struct buffer sql = {0};
  buffer_append_text(&sql, TEXT("CREATE ROLE \""));
  for (const char *at = embedded->cluster.user_name; *at != '\0'; at++) {
    buffer_append(&sql, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
  }
  buffer_append(&sql, "\" SUPERUSER LOGIN", sizeof "\" SUPERUSER LOGIN");
  const struct error error = db_execute(connection, sql.data);
  buffer_free(&sql);
  return error;
}

static struct error make_database(const struct embedded *embedded, struct db_connection *connection)
{
  struct db_parameters *parameters = db_parameters_new(embedded->arena);
  db_add_text(parameters, text_from(embedded->cluster.user_name));
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, embedded->arena, &SQL_HAS_DATABASE, parameters, &rows));
  if (!db_bool(rows, 0, 0)) {
    TRY(db_execute(connection, "CREATE DATABASE crumbtrail TEMPLATE template0 ENCODING 'UTF8'"));
  }
  return db_bool(rows, 0, 1) ? error_none() : create_role(embedded, connection);
}

static struct error bring_up(struct embedded *embedded)
{
  bool adopted = false;
  TRY(adopt(embedded, &adopted));
  if (!adopted) {
    embedded->port = OUR_PORT;
    TRY(cluster_make_socket_folder(&embedded->cluster));
    TRY(start_postmaster(embedded));
  }
  struct db_connection *connection = NULL;
  TRY(wait_until_accepting(embedded, &connection));
  const struct error error = make_database(embedded, connection);
  db_close(connection);
  embedded->conninfo = conninfo_for(embedded, "crumbtrail");
  return error;
}

struct error embedded_start(struct arena *arena, const char *data_folder, const char *postgres_bin_folder,
                            struct embedded **started)
{
  struct embedded *embedded = arena_alloc(arena, sizeof *embedded);
  *embedded = (struct embedded){.arena = arena, .lock_fd = -1, .pid_fd = -1};
  embedded->cluster.log_fd = -1;
  const char *absolute = NULL;
  struct error error = make_data_folder(arena, data_folder, &absolute);
  if (error.code == ERROR_NONE) {
    error = take_lock(embedded, absolute);
  }
  if (error.code == ERROR_NONE) {
    error = cluster_prepare(arena, absolute, postgres_bin_folder, &embedded->cluster);
  }
  if (error.code == ERROR_NONE) {
    error = bring_up(embedded);
  }
  if (error.code != ERROR_NONE) {
    embedded_stop(embedded);
    return error;
  }
  *started = embedded;
  return error_none();
}

bool embedded_exists(struct arena *arena, const char *data_folder)
{
  return access(arena_printf(arena, "%s/postgres", data_folder), F_OK) == 0 || errno != ENOENT;
}

const char *embedded_conninfo(const struct embedded *embedded)
{
  return embedded->conninfo;
}

struct error embedded_keep_running(struct embedded *embedded)
{
  if (embedded->pid_fd >= 0) {
    if (!wait_for_end(embedded, 0)) {
      return error_none();
    }
    LOG_WARNING("embedded_ended", "pid=%d", (int)embedded->pid);
    forget_postmaster(embedded);
  }
  if (postmaster_any_works_in(embedded->cluster.folder)) { /* its backends are about to notice; next time */
    return error_none();
  }
  return start_postmaster(embedded);
}

void embedded_stop(struct embedded *embedded)
{
  if (embedded == NULL) {
    return;
  }
  if (embedded->pid_fd >= 0) {
    kill(embedded->pid, SIGINT);
    if (!wait_for_end(embedded, FAST_STOP_MS)) {
      LOG_WARNING("embedded_stop_immediate", "pid=%d", (int)embedded->pid);
      kill(embedded->pid, SIGQUIT);
    }
    if (wait_for_end(embedded, IMMEDIATE_STOP_MS)) {
      forget_postmaster(embedded);
      LOG_INFO("embedded_stopped", "folder=%s", log_quote_cstring(embedded->cluster.folder));
    }
  }
  if (embedded->cluster.has_temporary_socket_folder) {
    rmdir(embedded->cluster.socket_folder);
  }
  if (embedded->cluster.log_fd >= 0) {
    close(embedded->cluster.log_fd);
  }
  if (embedded->lock_fd >= 0) {
    close(embedded->lock_fd);
  }
}
