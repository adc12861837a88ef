#include "server/db/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/base/text.h"
#include "server/log.h"

/* For a machine that does other things too. Read by PostgreSQL after its own postgresql.conf; the operator may edit it, and
 * it is not written again. */
static const char SETTINGS[] = "# Written once by crumbtrail; yours to change.\n"
                               "listen_addresses = ''\n"
                               "unix_socket_permissions = 0700\n"
                               "max_connections = 100\n"
                               "max_locks_per_transaction = 1024\n" /* a question along arrival touches every day */
                               "shared_buffers = 256MB\n"
                               "work_mem = 16MB\n"
                               "maintenance_work_mem = 128MB\n"
                               "effective_io_concurrency = 64\n"
                               "random_page_cost = 1.1\n"
                               "jit = off\n"
                               "fsync = on\n"
                               "full_page_writes = on\n"
                               "synchronous_commit = on\n"
                               "wal_buffers = 16MB\n"
                               "min_wal_size = 256MB\n"
                               "max_wal_size = 3GB\n"
                               "checkpoint_timeout = 10min\n"
                               "checkpoint_completion_target = 0.9\n"
                               "autovacuum_naptime = 20s\n"
                               "track_commit_timestamp = on\n" /* /v1/ingest/trace says when an event was committed */
                               "track_io_timing = off\n"
                               "timezone = 'UTC'\n"
                               "log_timezone = 'UTC'\n"
                               "log_line_prefix = '%m [%p] %a '\n";

/* ".s.PGSQL.5432" with its slash and the NUL must fit behind the folder's name. */
enum { SOCKET_NAME_BYTES = 16 };
enum { MAJOR_VERSION_MAX = 16, PROGRAM_OUTPUT_MAX = 256 };

const char *cluster_program(const struct cluster *cluster, const char *name)
{
  return arena_printf(cluster->arena, "%s/%s", cluster->bin_folder, name);
}

static struct error failed_at(const char *doing, const char *path)
{
  return error_make(ERROR_SETUP, "cannot %s %s: %s", doing, path, strerror(errno));
}

static const char *name_of_user(struct arena *arena, uid_t uid)
{
  const struct passwd *entry = getpwuid(uid);
  return entry != NULL ? arena_printf(arena, "%s", entry->pw_name) : arena_printf(arena, "%u", (unsigned)uid);
}

/* A cluster runs as its owner. A new one belongs to us, or to user postgres when we are root. */
static struct error find_user(struct cluster *cluster)
{
  struct stat folder;
  const bool exists = stat(cluster->folder, &folder) == 0;
  const uid_t ours = geteuid();
  if (exists && ours != 0 && folder.st_uid != ours) {
    return error_make(ERROR_SETUP, "%s belongs to user %s, but crumbtrail was started by %s: start it as %s, or as root",
                      cluster->folder, name_of_user(cluster->arena, folder.st_uid), name_of_user(cluster->arena, ours),
                      name_of_user(cluster->arena, folder.st_uid));
  }
  cluster->user = (struct child_user){.drop = false, .uid = ours, .gid = getegid()};
  if (ours == 0 && exists && folder.st_uid != 0) {
    cluster->user = (struct child_user){.drop = true, .uid = folder.st_uid, .gid = folder.st_gid};
  } else if (ours == 0) {
    const struct passwd *postgres = getpwnam("postgres");
    if (postgres == NULL) {
      return error_make(ERROR_SETUP, "PostgreSQL does not run as root, and this system has no user postgres: install the "
                                     "package postgresql-15, or start crumbtrail as another user");
    }
    cluster->user = (struct child_user){.drop = true, .uid = postgres->pw_uid, .gid = postgres->pw_gid};
  }
  cluster->user_name = name_of_user(cluster->arena, cluster->user.uid);
  return error_none();
}

/* Names the first folder on the way that shuts the server's user out. */
static struct error check_way(const struct cluster *cluster)
{
  const struct text path = text_from(cluster->data_folder);
  for (size_t end = 1; end <= path.length; end++) {
    if (end < path.length && path.data[end] != '/') {
      continue;
    }
    const char *folder = text_to_cstring(cluster->arena, (struct text){path.data, end});
    if (!child_may_enter(cluster->user, folder)) {
      return error_make(ERROR_SETUP,
                        "user %s, whom PostgreSQL runs as, may not pass through %s: allow it (chmod o+x %s), or choose "
                        "another --data",
                        cluster->user_name, folder, folder);
    }
  }
  return error_none();
}

/* A folder of the server's user alone. */
static struct error make_private_folder(const struct cluster *cluster, const char *path)
{
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    return failed_at("make", path);
  }
  if (cluster->user.drop && chown(path, cluster->user.uid, cluster->user.gid) != 0) {
    return failed_at("give to PostgreSQL's user the folder", path);
  }
  return chmod(path, 0700) == 0 ? error_none() : failed_at("protect", path);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
  (void)status;
  (void)kind;
  (void)place;
  return remove(path);
}

static struct error remove_folder(const char *path)
{
  const bool is_gone = nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
  return is_gone ? error_none() : failed_at("remove", path);
}

static struct error append_to_file(const char *path, const char *text, int flags)
{
  FILE *file = NULL;
  const int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
  if (fd >= 0) {
    file = fdopen(fd, "w");
  }
  if (file == NULL) {
    return failed_at("write", path);
  }
  const bool is_written = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fd) == 0;
  const bool is_closed = fclose(file) == 0;
  return is_written && is_closed ? error_none() : failed_at("write", path);
}

/* The last line of the log says best why one of PostgreSQL's programs gave up. */
static struct error log_says(const struct cluster *cluster, const char *what)
{
  return error_make(ERROR_SETUP, "%s; the reason is at the end of %s", what, cluster->log_path);
}

static bool has_lz4(const struct cluster *cluster, const char *folder)
{
  const char *const argv[] = {
      cluster_program(cluster, "postgres"), "-D", folder, "-c", "wal_compression=lz4", "-C", "wal_compression", NULL};
  char output[PROGRAM_OUTPUT_MAX];
  int status = 1;
  const struct error error = child_read(cluster->user, argv, output, sizeof output, &status);
  return error.code == ERROR_NONE && status == 0;
}

static struct error write_settings(const struct cluster *cluster, const char *folder)
{
  const char *path = arena_printf(cluster->arena, "%s/crumbtrail.conf", folder);
  const char *settings =
      arena_printf(cluster->arena, "%s%s", SETTINGS, has_lz4(cluster, folder) ? "wal_compression = lz4\n" : "");
  TRY(append_to_file(path, settings, O_CREAT | O_TRUNC));
  if (cluster->user.drop && chown(path, cluster->user.uid, cluster->user.gid) != 0) {
    return failed_at("give to PostgreSQL's user the file", path);
  }
  return append_to_file(arena_printf(cluster->arena, "%s/postgresql.conf", folder), "\ninclude 'crumbtrail.conf'\n", O_APPEND);
}

/* Made beside its place and moved there when it is whole, so that an interrupted initdb leaves nothing that looks done. */
static struct error make_cluster(struct cluster *cluster)
{
  const char *unfinished = arena_printf(cluster->arena, "%s.new", cluster->folder);
  TRY(remove_folder(unfinished));
  TRY(make_private_folder(cluster, unfinished));
  LOG_INFO("embedded_initdb", "folder=%s", log_quote_cstring(cluster->folder));
  const char *const argv[] = {cluster_program(cluster, "initdb"),
                              "-D",
                              unfinished,
                              "--username=postgres",
                              "--encoding=UTF8",
                              "--locale=C.UTF-8",
                              "--auth-local=trust",
                              "--auth-host=reject",
                              "--no-instructions",
                              NULL};
  int status = 0;
  TRY(child_run(cluster->user, argv, cluster->log_fd, &status));
  if (status != 0) {
    return log_says(cluster, "initdb could not make the database cluster");
  }
  TRY(write_settings(cluster, unfinished));
  if (rename(unfinished, cluster->folder) != 0) {
    return failed_at("move into place", unfinished);
  }
  const int parent = open(cluster->data_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent >= 0) {
    fsync(parent);
    close(parent);
  }
  return error_none();
}

/* "postgres (PostgreSQL) 15.20 (Debian ...)" -> 15 */
static struct error program_major_version(const struct cluster *cluster, int64_t *major)
{
  const char *const argv[] = {cluster_program(cluster, "postgres"), "--version", NULL};
  char output[PROGRAM_OUTPUT_MAX];
  int status = 0;
  const struct error error = child_read(cluster->user, argv, output, sizeof output, &status);
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_SETUP,
                      "PostgreSQL's programs are not in %s: install the packages postgresql-15 and postgresql-15-postgis-3, "
                      "or say where they are with --postgres-bin-folder, or use another server with --database",
                      cluster->bin_folder);
  }
  const char *found = strstr(output, ") ");
  struct text rest = text_from(found != NULL ? found + 2 : "");
  struct text number = {NULL, 0};
  if (status != 0 || !text_split(&rest, '.', &number) || !text_to_int64(number, major)) {
    return error_make(ERROR_SETUP, "%s --version answers \"%.60s\"", argv[0], output);
  }
  return error_none();
}

static struct error check_version(const struct cluster *cluster)
{
  int64_t ours = 0;
  TRY(program_major_version(cluster, &ours));
  const char *path = arena_printf(cluster->arena, "%s/PG_VERSION", cluster->folder);
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return errno == ENOENT ? error_make(ERROR_SETUP,
                                        "%s is there but holds no PostgreSQL cluster (no PG_VERSION): move it away, or choose "
                                        "another --data",
                                        cluster->folder)
                           : failed_at("read", path);
  }
  char content[16] = "";
  (void)!fgets(content, sizeof content, file);
  fclose(file);
  struct text rest = text_from(content);
  struct text line = TEXT("");
  int64_t theirs = 0;
  const bool is_read = text_split(&rest, '\n', &line) && text_to_int64(text_trim(line), &theirs);
  if (!is_read) {
    return error_make(ERROR_SETUP, "%s does not hold the version of a PostgreSQL cluster", path);
  }
  if (theirs == ours) {
    return error_none();
  }
  return error_make(ERROR_SETUP,
                    "%s was made by PostgreSQL %d, but the programs in %s are version %d: name those of version %d with "
                    "--postgres-bin-folder, or upgrade the folder with pg_upgrade",
                    cluster->folder, (int)theirs, cluster->bin_folder, (int)ours, (int)theirs);
}

const char *cluster_usual_socket_folder(const struct cluster *cluster)
{
  return arena_printf(cluster->arena, "%s/run", cluster->data_folder);
}

struct error cluster_make_socket_folder(struct cluster *cluster)
{
  const struct sockaddr_un address;
  const char *folder = cluster_usual_socket_folder(cluster);
  cluster->has_temporary_socket_folder = strlen(folder) + SOCKET_NAME_BYTES > sizeof address.sun_path;
  if (!cluster->has_temporary_socket_folder) {
    cluster->socket_folder = folder;
    return make_private_folder(cluster, folder);
  }
  char *temporary = arena_printf(cluster->arena, "/tmp/crumbtrail-XXXXXX");
  if (mkdtemp(temporary) == NULL) {
    return failed_at("make a folder like", temporary);
  }
  LOG_WARNING("embedded_socket_elsewhere", "folder=%s reason=%s", temporary,
              log_quote_cstring("the path of the data folder is too long for a socket's address"));
  cluster->socket_folder = temporary;
  return make_private_folder(cluster, temporary);
}

void cluster_clear_socket_folder(const struct cluster *cluster, int port)
{
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/.s.PGSQL.%d", cluster->socket_folder, port);
  unlink(path);
  snprintf(path, sizeof path, "%s/.s.PGSQL.%d.lock", cluster->socket_folder, port);
  unlink(path);
}

static struct error open_log(struct cluster *cluster)
{
  cluster->log_path = arena_printf(cluster->arena, "%s/postgres.log", cluster->data_folder);
  cluster->log_fd = open(cluster->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  return cluster->log_fd >= 0 ? error_none() : failed_at("write", cluster->log_path);
}

struct error cluster_prepare(struct arena *arena, const char *data_folder, const char *bin_folder, struct cluster *cluster)
{
  *cluster = (struct cluster){.arena = arena, .bin_folder = bin_folder, .data_folder = data_folder, .log_fd = -1};
  cluster->folder = arena_printf(arena, "%s/postgres", data_folder);
  TRY(find_user(cluster));
  TRY(check_way(cluster));
  TRY(open_log(cluster));
  struct error error;
  if (access(cluster->folder, F_OK) == 0) {
    error = check_version(cluster);
  } else {
    int64_t major = 0;
    error = program_major_version(cluster, &major);
    if (error.code == ERROR_NONE) {
      error = make_cluster(cluster);
    }
  }
  if (error.code != ERROR_NONE) {
    close(cluster->log_fd);
  }
  return error;
}
