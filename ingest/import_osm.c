#include "ingest/import_osm.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/db/command_database.h"
#include "ingest/road_import.h"
#include "ingest_documents.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/db/connection.h"
#include "server/db/embedded.h"
#include "server/db/migrate.h"

enum { EXIT_NOT_FOUND = 127 };

struct import {
  struct arena *arena;
  const char *file;
  const char *conninfo;
  struct embedded *embedded; /* ours for the time of the import, or NULL */
  struct db_connection *connection;
};

void import_osm_print_help(struct buffer *out)
{
  buffer_append_text(out,
                     TEXT("usage: crumbtrail import-osm FILE.osm.pbf [--database URL | --data FOLDER]\n"
                          "\n"
                          "Imports roads and the base map from an OpenStreetMap extract, in place of those imported before.\n"
                          "Needs osm2pgsql. Regions to download: https://download.geofabrik.de/\n"));
}

/* A PBF file starts with the length of its first header, big-endian, and that header's type: field 1, 9 bytes, "OSMHeader". */
static struct error check_file(const char *path)
{
  FILE *file = fopen(path, "rbe");
  if (file == NULL) {
    return error_make(ERROR_SETUP, "cannot open %.200s: %s", path, strerror(errno));
  }
  char head[15] = {0};
  size_t length = fread(head, 1, sizeof head, file);
  fclose(file);
  if (length != sizeof head || memcmp(head + 4, "\x0a\x09OSMHeader", 11) != 0) {
    return error_make(ERROR_SETUP, "%.200s is not an OpenStreetMap file in PBF format (.osm.pbf)", path);
  }
  return error_none();
}

static struct error open_connection(struct import *import)
{
  return db_open(
      (struct db_settings){.conninfo = import->conninfo, .application_name = "crumbtrail import-osm", .connect_timeout_s = 10},
      &import->connection);
}

/* A cluster that we start ourselves may be new or older than the program; a server that runs has migrated already. */
static struct error open_database(struct import *import, const struct config *config)
{
  import->conninfo = command_database_running(import->arena, config);
  if (import->conninfo == NULL) {
    TRY(embedded_start(import->arena, config->data_folder, config->postgres_bin_folder, &import->embedded));
    import->conninfo = embedded_conninfo(import->embedded);
  }
  TRY(open_connection(import));
  int applied = 0;
  return import->embedded != NULL ? migrate_apply(import->connection, &applied) : migrate_check(import->connection);
}

static struct error lock(struct import *import)
{
  const struct db_rows *rows = NULL;
  TRY(db_query(import->connection, import->arena, &SQL_TRY_LOCK_IMPORT, db_parameters_new(import->arena), &rows));
  if (!db_bool(rows, 0, 0)) {
    return error_make(ERROR_SETUP, "another import is running on this database: wait for it to end");
  }
  return error_none();
}

static struct error write_style(char *path)
{
  int file = mkstemps(path, 4);
  if (file < 0) {
    return error_make(ERROR_SETUP, "cannot write %s: %s", path, strerror(errno));
  }
  ssize_t written = write(file, DOCUMENT_OSM_STYLE_LUA.text, DOCUMENT_OSM_STYLE_LUA.length);
  close(file);
  if (written < 0 || (size_t)written != DOCUMENT_OSM_STYLE_LUA.length) {
    return error_make(ERROR_SETUP, "cannot write %s: %s", path, strerror(errno));
  }
  return error_none();
}

static struct error run_osm2pgsql(const struct import *import, const char *style)
{
  const char *conninfo = NULL;
  const char *password = NULL;
  TRY(db_split_password(import->arena, import->conninfo, &conninfo, &password));
  if (password != NULL) {
    setenv("PGPASSWORD", password, 1);
  }
  const char *const arguments[] = {"osm2pgsql", "--create", "--output=flex", "--style", style, "--database",
                                   conninfo,    "--",       import->file,    NULL};
  pid_t pid = 0;
  int failed = posix_spawnp(&pid, arguments[0], NULL, NULL, (char *const *)(uintptr_t)arguments, environ);
  if (failed == ENOENT) {
    return error_make(ERROR_SETUP, "osm2pgsql is not installed: apt-get install osm2pgsql");
  }
  if (failed != 0) {
    return error_make(ERROR_SETUP, "osm2pgsql cannot be started: %s", strerror(failed));
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND) {
    return error_make(ERROR_SETUP, "osm2pgsql is not installed: apt-get install osm2pgsql");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return error_make(ERROR_SETUP, "osm2pgsql failed; its message stands above. The roads imported before are unchanged");
  }
  return error_none();
}

static struct error stage(struct import *import)
{
  TRY(db_execute(import->connection, "DROP SCHEMA IF EXISTS osm_import CASCADE; CREATE SCHEMA osm_import"));
  const char *folder = getenv("TMPDIR");
  char *style = arena_printf(import->arena, "%s/crumbtrail-XXXXXX.lua", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
  struct error error = write_style(style);
  if (error.code == ERROR_NONE) {
    error = run_osm2pgsql(import, style);
  }
  unlink(style);
  return error;
}

static struct error copy_tables(struct import *import, const struct db_rows **counts)
{
  static const struct sql_statement *const STEPS[] = {&SQL_DELETE_ROADS,      &SQL_INSERT_ROADS,     &SQL_DELETE_MAP_LINES,
                                                      &SQL_INSERT_MAP_LINES,  &SQL_DELETE_MAP_AREAS, &SQL_INSERT_MAP_AREAS,
                                                      &SQL_DELETE_MAP_PLACES, &SQL_INSERT_MAP_PLACES};
  for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
    TRY(db_run(import->connection, STEPS[i], db_parameters_new(import->arena), NULL));
  }
  const char *slash = strrchr(import->file, '/');
  const struct text source = text_from(slash != NULL ? slash + 1 : import->file);
  TRY(road_import_replace(import->connection, import->arena, source));
  struct db_parameters *parameters = db_parameters_new(import->arena);
  db_add_time(parameters, clock_now_us());
  db_add_text(parameters, source);
  TRY(db_query(import->connection, import->arena, &SQL_REPLACE_ROAD_IMPORT, parameters, counts));
  if (db_row_count(*counts) == 0) {
    return error_make(ERROR_SETUP, "%.200s holds neither roads nor areas. What was imported before is unchanged", import->file);
  }
  struct db_parameters *setting = db_parameters_new(import->arena);
  db_add_time(setting, clock_now_us());
  db_add_text(setting, TEXT("© OpenStreetMap contributors"));
  return db_run(import->connection, &SQL_SET_VECTOR_TILES, setting, NULL);
}

static struct error replace_tables(struct import *import, const struct db_rows **counts)
{
  TRY(db_execute(import->connection,
                 "BEGIN; SET LOCAL citus.multi_shard_modify_mode TO 'sequential'; "
                 "SET LOCAL jit = off; SET LOCAL work_mem = '128MB'")); /* the cut sorts all points of all roads */
  struct error error = copy_tables(import, counts);
  if (error.code != ERROR_NONE) {
    struct error undone = db_execute(import->connection, "ROLLBACK");
    (void)undone; /* without a connection the server rolls back by itself */
    return error;
  }
  return db_execute(import->connection, "COMMIT");
}

/* The staging schema goes whatever happened; the replaced rows leave dead ones behind. */
static struct error tidy(struct import *import, bool replaced)
{
  TRY(db_execute(import->connection, "DROP SCHEMA IF EXISTS osm_import CASCADE"));
  return replaced
             ? db_execute(import->connection, "VACUUM (ANALYZE) road, road_segment, map_line, map_area, map_place, road_import")
             : error_none();
}

static struct error run(struct import *import, const struct config *config)
{
  TRY(check_file(import->file));
  TRY(open_database(import, config));
  TRY(lock(import));
  printf("Reading %s\n", import->file);
  fflush(stdout);
  int64_t began_us = clock_monotonic_us();
  const struct db_rows *counts = NULL;
  struct error error = stage(import);
  if (error.code == ERROR_NONE) {
    error = replace_tables(import, &counts);
  }
  struct error tidied = tidy(import, error.code == ERROR_NONE);
  if (error.code != ERROR_NONE) {
    return error;
  }
  printf("Imported %" PRId64 " roads, %" PRId64 " lines, %" PRId64 " areas and %" PRId64 " places in %.1f s.\n",
         db_int64(counts, 0, 0), db_int64(counts, 0, 1), db_int64(counts, 0, 2), db_int64(counts, 0, 3),
         (double)(clock_monotonic_us() - began_us) / 1e6);
  TRY(road_import_report(import->connection, import->arena));
  printf("Map data (c) OpenStreetMap contributors, Open Database License.\n");
  return tidied;
}

int import_osm_run(struct arena *arena, const struct config *config, const char *file)
{
  char *absolute = realpath(file, NULL);
  struct import import = {.arena = arena, .file = absolute != NULL ? absolute : file};
  struct error error = run(&import, config);
  db_close(import.connection);
  embedded_stop(import.embedded);
  free(absolute);
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "crumbtrail import-osm: %s\n", error.detail);
    return 1;
  }
  return 0;
}
