/* The embedded cluster, connections, pipelines and migrations, against a real PostgreSQL: one cluster in a folder under /tmp.
 */
#include "server/db/embedded.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingest/keeper.h"
#include "ingest/writer/partitions.h"
#include "server/base/clock.h"
#include "server/db/connection.h"
#include "server/db/migrate.h"
#include "server/metrics.h"

static const char BIN_FOLDER[] = "/usr/lib/postgresql/15/bin";

struct fixture {
  struct arena *arena;
  char folder[64];
  struct embedded *embedded;
};

static const struct sql_statement ECHO = {"echo",
                                          "SELECT $1::bigint, $2::float8, $3::text, $4::timestamptz, true, '\\x0001'::bytea"};
static const struct sql_statement SUM_ARRAYS = {
    "sum_arrays",
    "SELECT sum(a)::bigint, sum(b), count(c), string_agg(d, ','), bool_or(e), min(f), sum(g)::bigint, string_agg(j->>'k', '') "
    "FROM unnest($1::bigint[], $2::float8[], $3::real[], $4::text[], $5::boolean[], $6::timestamptz[], $7::smallint[], "
    "$8::jsonb[]) AS t(a, b, c, d, e, f, g, j)"};
static const struct sql_statement BEGIN = {"begin", "BEGIN"};
static const struct sql_statement COMMIT = {"commit", "COMMIT"};
static const struct sql_statement MAKE_TABLE = {"make_table", "CREATE TABLE IF NOT EXISTS scratch (n bigint PRIMARY KEY)"};
static const struct sql_statement INSERT = {"insert", "INSERT INTO scratch SELECT unnest($1::bigint[])"};
static const struct sql_statement COUNT = {"count", "SELECT count(*) FROM scratch"};
static const struct sql_statement SLEEP = {"sleep", "SELECT pg_sleep(5)"};
static const struct sql_statement NO_TABLE = {"no_table", "SELECT * FROM no_such_table"};
static const struct sql_statement BIG = {"big", "SELECT repeat('x', 100000) FROM generate_series(1, 20)"};
static const struct sql_statement TAKE_BIG = {"take_big", "SELECT length($1::text), repeat('y', 300000)"};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
  (void)status;
  (void)kind;
  (void)place;
  return remove(path);
}

static void assert_fine(struct error error)
{
  if (error.code != ERROR_NONE) {
    fail_msg("%s %s: %s", error_slug(error.code), error.sqlstate, error.detail);
  }
}

static int start_cluster(void **state)
{
  if (access(BIN_FOLDER, X_OK) != 0) {
    return getenv("CI") != NULL ? -1 : 0;
  }
  struct fixture *fixture = calloc(1, sizeof *fixture);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/crumbtrail-unit-XXXXXX");
  fixture->arena = arena_new(4096);
  if (mkdtemp(fixture->folder) == NULL || chmod(fixture->folder, 0755) != 0) {
    return -1;
  }
  assert_fine(embedded_start(fixture->arena, fixture->folder, BIN_FOLDER, &fixture->embedded));
  *state = fixture;
  return 0;
}

static int stop_cluster(void **state)
{
  struct fixture *fixture = *state;
  if (fixture == NULL) {
    return 0;
  }
  embedded_stop(fixture->embedded);
  nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  arena_free(fixture->arena);
  free(fixture);
  return 0;
}

static struct fixture *need_cluster(void **state)
{
  if (*state == NULL) {
    print_message("PostgreSQL is not in %s\n", BIN_FOLDER);
    skip();
  }
  return *state;
}

static struct db_connection *connect_with(struct fixture *fixture, int statement_timeout_ms)
{
  struct db_connection *connection = NULL;
  assert_fine(db_open((struct db_settings){.conninfo = embedded_conninfo(fixture->embedded),
                                           .application_name = "crumbtrail test",
                                           .connect_timeout_s = 5,
                                           .statement_timeout_ms = statement_timeout_ms},
                      &connection));
  return connection;
}

static void test_values_travel_in_binary(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 5000);
  assert_true(db_is_usable(connection) && db_server_version(connection) >= 150000);
  for (int round = 0; round < 2; round++) { /* prepared by the first, used by the second */
    struct arena *arena = arena_new(1024);
    struct db_parameters *parameters = db_parameters_new(arena);
    db_add_int64(parameters, INT64_MIN);
    db_add_double(parameters, round == 0 ? 0.1 : (double)NAN);
    db_add_text(parameters, TEXT("h\u00e9"));
    db_add_time(parameters, INT64_C(1795381867123456));
    const struct db_rows *rows = NULL;
    assert_fine(db_query(connection, arena, &ECHO, parameters, &rows));
    assert_int_equal(db_row_count(rows), 1);
    assert_true(db_int64(rows, 0, 0) == INT64_MIN);
    assert_true(round == 0 ? db_double(rows, 0, 1) == 0.1 : db_is_null(rows, 0, 1));
    assert_true(text_equal(db_text(rows, 0, 2), TEXT("h\u00e9")));
    assert_true(db_time(rows, 0, 3) == INT64_C(1795381867123456));
    assert_true(db_bool(rows, 0, 4));
    assert_true(text_equal(db_text(rows, 0, 5), (struct text){"\0\1", 2}));
    arena_free(arena);
  }
  db_close(connection);
}

static void test_arrays_travel_in_binary(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 5000);
  struct arena *arena = arena_new(1024);
  struct db_parameters *parameters = db_parameters_new(arena);
  const uint8_t second_is_null[] = {0, 1, 0};
  db_add_int64_array(parameters, (const int64_t[]){1, 2, INT64_C(1) << 40}, NULL, 3);
  db_add_float8_array(parameters, (const double[]){0.5, (double)NAN, 0.25}, second_is_null, 3);
  db_add_float4_array(parameters, (const float[]){1, 2, 3}, second_is_null, 3);
  db_add_text_array(parameters, (const struct text[]){TEXT("a"), {NULL, 0}, TEXT("")}, 3);
  db_add_bool_array(parameters, (const uint8_t[]){0, 0, 1}, NULL, 3);
  db_add_time_array(parameters, (const int64_t[]){3000000, 2000000, 1000000}, NULL, 3);
  db_add_int16_array(parameters, (const int16_t[]){-5, 7, 1}, NULL, 3);
  db_add_jsonb_array(parameters, (const struct text[]){TEXT("{\"k\":\"x\"}"), {NULL, 0}, TEXT("{\"k\":\"y\"}")}, 3);
  const struct db_rows *rows = NULL;
  assert_fine(db_query(connection, arena, &SUM_ARRAYS, parameters, &rows));
  assert_true(db_int64(rows, 0, 0) == 3 + (INT64_C(1) << 40));
  assert_true(db_double(rows, 0, 1) == 0.75);
  assert_int_equal(db_int64(rows, 0, 2), 2);
  assert_true(text_equal(db_text(rows, 0, 3), TEXT("a,")));
  assert_true(db_bool(rows, 0, 4));
  assert_true(db_time(rows, 0, 5) == 1000000);
  assert_int_equal(db_int64(rows, 0, 6), 3);
  assert_true(text_equal(db_text(rows, 0, 7), TEXT("xy")));
  arena_free(arena);
  db_close(connection);
}

static int64_t count_scratch(struct db_connection *connection, struct arena *arena)
{
  const struct db_rows *rows = NULL;
  assert_fine(db_query(connection, arena, &COUNT, NULL, &rows));
  return db_int64(rows, 0, 0);
}

static struct error insert_twice(struct db_connection *connection, struct arena *arena, const int64_t *values, size_t count,
                                 int *failed)
{
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, values, NULL, count);
  db_pipeline_add(pipeline, &BEGIN, NULL);
  db_pipeline_add(pipeline, &INSERT, parameters);
  db_pipeline_add(pipeline, &COUNT, NULL);
  db_pipeline_add(pipeline, &COMMIT, NULL);
  return db_pipeline_run(connection, pipeline, failed);
}

static void test_pipeline_is_one_transaction(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 5000);
  struct arena *arena = arena_new(4096);
  assert_fine(db_run(connection, &MAKE_TABLE, NULL, NULL));
  int failed = 99;
  assert_fine(insert_twice(connection, arena, (const int64_t[]){1, 2, 3}, 3, &failed));
  assert_int_equal(failed, -1);
  struct error error = insert_twice(connection, arena, (const int64_t[]){4, 3}, 2, &failed);
  assert_int_equal(error.code, ERROR_DATABASE_REFUSED);
  assert_string_equal(error.sqlstate, "23505");
  assert_int_equal(failed, 1);
  assert_int_equal(count_scratch(connection, arena), 3); /* and the connection is out of the broken transaction */
  error = insert_twice(connection, arena, (const int64_t[]){4, 5}, 2, &failed);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(count_scratch(connection, arena), 5);
  int64_t affected = 0;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, (const int64_t[]){6, 7}, NULL, 2);
  assert_fine(db_run(connection, &INSERT, parameters, &affected));
  assert_int_equal(affected, 2);
  arena_free(arena);
  db_close(connection);
}

/* A statement that cannot be prepared now can be later, on the same connection. */
static void test_failed_prepare_is_tried_again(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 5000);
  struct arena *arena = arena_new(4096);
  const struct db_rows *rows = NULL;
  for (int i = 0; i < 2; i++) {
    const struct error error = db_query(connection, arena, &NO_TABLE, NULL, &rows);
    assert_int_equal(error.code, ERROR_DATABASE_REFUSED);
    assert_string_equal(error.sqlstate, "42P01");
  }
  assert_fine(db_execute(connection, "CREATE TABLE no_such_table (n int)"));
  assert_fine(db_query(connection, arena, &NO_TABLE, NULL, &rows));
  assert_fine(db_execute(connection, "DROP TABLE no_such_table; SELECT 1"));
  arena_free(arena);
  db_close(connection);
}

/* Both directions carry far more than the socket's buffers: with a client that only sends, then only reads, both would stop. */
static void test_large_pipeline_does_not_stop(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 20000);
  struct arena *arena = arena_new(1 << 20);
  enum { BYTES = 2000000 };
  char *bytes = arena_alloc_bytes(arena, BYTES);
  memset(bytes, 'a', BYTES);
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  for (int i = 0; i < 20; i++) {
    struct db_parameters *parameters = db_parameters_new(arena);
    db_add_text(parameters, (struct text){bytes, BYTES});
    db_pipeline_add(pipeline, &BIG, NULL);
    db_pipeline_add(pipeline, &TAKE_BIG, parameters);
  }
  assert_fine(db_pipeline_run(connection, pipeline, NULL));
  assert_int_equal(db_int64(db_pipeline_rows(pipeline, 39), 0, 0), BYTES);
  assert_int_equal(db_row_count(db_pipeline_rows(pipeline, 38)), 20);
  arena_free(arena);
  db_close(connection);
}

/* The moment becomes known while the statement runs, as it does when the program is told to stop. */
static void *give_up_soon(void *at_us)
{
  usleep(200000);
  atomic_store((_Atomic int64_t *)at_us, clock_monotonic_us());
  return NULL;
}

static void test_gives_up_when_the_program_stops(void **state)
{
  struct fixture *fixture = need_cluster(state);
  _Atomic int64_t give_up_at_us = 0;
  const struct db_settings settings = {.conninfo = embedded_conninfo(fixture->embedded),
                                       .application_name = "crumbtrail test",
                                       .connect_timeout_s = 5,
                                       .statement_timeout_ms = 20000,
                                       .give_up_at_us = &give_up_at_us};
  struct db_connection *connection = NULL;
  assert_fine(db_open(settings, &connection));
  pthread_t stopper;
  assert_int_equal(pthread_create(&stopper, NULL, give_up_soon, &give_up_at_us), 0);
  const int64_t started_us = clock_monotonic_us();
  assert_int_equal(db_run(connection, &SLEEP, NULL, NULL).code, ERROR_DATABASE_AWAY);
  assert_true(clock_monotonic_us() - started_us < 3 * US_PER_SECOND);
  assert_false(db_is_usable(connection));
  pthread_join(stopper, NULL);
  db_close(connection);
  assert_int_equal(db_open(settings, &connection).code, ERROR_DATABASE_AWAY);
}

static void test_time_limit_and_lost_connection(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 100);
  struct error error = db_run(connection, &SLEEP, NULL, NULL);
  assert_int_equal(error.code, ERROR_QUERY_TIMEOUT);
  assert_true(db_is_usable(connection));
  error = db_execute(connection, "SELECT pg_terminate_backend(pg_backend_pid())");
  assert_int_equal(error.code, ERROR_DATABASE_AWAY);
  assert_false(db_is_usable(connection));
  error = db_run(connection, &SLEEP, NULL, NULL);
  assert_int_equal(error.code, ERROR_DATABASE_AWAY);
  db_close(connection);
  error = db_open((struct db_settings){.conninfo = "host=/nonexistent", .application_name = "x", .connect_timeout_s = 2},
                  &connection);
  assert_int_equal(error.code, ERROR_DATABASE_AWAY);
  error = db_open((struct db_settings){.conninfo = "no url", .application_name = "x"}, &connection);
  assert_int_equal(error.code, ERROR_SETUP);
}

static void test_notifications_and_wake_up(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *listener = connect_with(fixture, 5000);
  struct db_connection *sender = connect_with(fixture, 5000);
  assert_fine(db_listen(listener, "crumbtrail_test"));
  int notified = -1;
  assert_fine(db_wait_notify(listener, -1, 20, &notified));
  assert_int_equal(notified, 0);
  assert_fine(db_execute(sender, "NOTIFY crumbtrail_test, 'a'"));
  assert_fine(db_execute(sender, "NOTIFY crumbtrail_test, 'b'"));
  int total = 0;
  while (total < 2) {
    assert_fine(db_wait_notify(listener, -1, 5000, &notified));
    assert_true(notified > 0);
    total += notified;
  }
  const int wake_fd = eventfd(1, EFD_CLOEXEC);
  const int64_t started_us = clock_monotonic_us();
  assert_fine(db_wait_notify(listener, wake_fd, 10000, &notified));
  assert_int_equal(notified, 0);
  assert_true(clock_monotonic_us() - started_us < 5 * US_PER_SECOND);
  close(wake_fd);
  db_close(listener);
  db_close(sender);
}

static void test_migrations(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 0);
  struct error error = migrate_check(connection);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "crumbtrail migrate"));
  int applied = 0;
  assert_fine(migrate_apply(connection, &applied));
  assert_int_equal(applied, MIGRATION_COUNT);
  assert_fine(migrate_apply(connection, &applied));
  assert_int_equal(applied, 0);
  assert_fine(migrate_check(connection));
  assert_fine(db_check_durability(connection));

  assert_fine(db_execute(connection, "UPDATE schema_migration SET sha256 = repeat('0', 64) WHERE version = 1"));
  error = migrate_check(connection);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "was changed after"));
  error = migrate_apply(connection, &applied);
  assert_non_null(strstr(error.detail, "was changed after"));
  char restore[200];
  snprintf(restore, sizeof restore, "UPDATE schema_migration SET sha256 = '%s' WHERE version = 1", MIGRATIONS[0].sha256);
  assert_fine(db_execute(connection, restore));

  assert_fine(db_execute(connection, "INSERT INTO schema_migration VALUES (9999, '9999_future.sql', '', now())"));
  error = migrate_apply(connection, &applied);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "newer than this program"));
  assert_fine(db_execute(connection, "DELETE FROM schema_migration WHERE version = 9999"));
  assert_fine(migrate_check(connection));
  db_close(connection);
}

static void test_partitions(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct db_connection *connection = connect_with(fixture, 5000);
  struct db_connection *reader = connect_with(fixture, 5000);
  assert_fine(db_execute(reader, "BEGIN; SELECT count(*) FROM breadcrumb"));
  struct partitions *partitions = partitions_new();
  const int32_t days[] = {20779, 10957, 20779, 20780};
  for (int round = 0; round < 3; round++) {
    assert_fine(partitions_ensure(partitions, connection, days, 4)); /* though the reader holds the table */
    if (round == 1) {
      partitions_forget(partitions);
    }
  }
  assert_fine(db_execute(reader, "COMMIT"));
  assert_fine(db_execute(reader, "SELECT 1 / (count(*) = 1)::int FROM pg_class WHERE relname = 'breadcrumb_p20000101'"));
  partitions_free(partitions);
  db_close(reader);
  db_close(connection);
}

static const struct sql_statement PARTITIONS_AHEAD = {
    "partitions_ahead",
    "SELECT count(*) FROM generate_series(-1, 3) AS n "
    "WHERE to_regclass('breadcrumb_p' || to_char((now() AT TIME ZONE 'UTC')::date + n, 'YYYYMMDD')) IS NOT NULL"};

static struct db_settings keeper_database(const char *conninfo)
{
  return (struct db_settings){
      .conninfo = conninfo, .application_name = "crumbtrail keeper", .connect_timeout_s = 5, .statement_timeout_ms = 10000};
}

static void test_keeper(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct metrics *metrics = metrics_new();
  struct keeper *keeper = NULL;
  assert_fine(
      keeper_start((struct keeper_settings){keeper_database(embedded_conninfo(fixture->embedded)), 3, metrics}, &keeper));
  struct db_connection *connection = connect_with(fixture, 5000);
  int64_t count = 0;
  for (int tries = 0; tries < 400 && count < 5; tries++) {
    usleep(25000);
    struct arena *arena = arena_new(1024);
    const struct db_rows *rows = NULL;
    assert_fine(db_query(connection, arena, &PARTITIONS_AHEAD, NULL, &rows));
    count = db_int64(rows, 0, 0);
    arena_free(arena);
  }
  assert_int_equal(count, 5);
  const int64_t started_us = clock_monotonic_us();
  keeper_stop(keeper);
  assert_fine(keeper_start((struct keeper_settings){keeper_database("host=/nonexistent"), 3, metrics}, &keeper));
  usleep(50000);
  keeper_stop(keeper); /* in the middle of its back-off */
  assert_true(clock_monotonic_us() - started_us < 5 * US_PER_SECOND);
  metrics_free(metrics);
  db_close(connection);
}

/* --- the cluster itself --------------------------------------------------------------------------------------------------- */

static void test_second_start_is_refused(void **state)
{
  struct fixture *fixture = need_cluster(state);
  struct embedded *second = NULL;
  const struct error error = embedded_start(fixture->arena, fixture->folder, BIN_FOLDER, &second);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "another crumbtrail (process "));
}

static void test_wrong_version_is_refused(void **state)
{
  struct fixture *fixture = need_cluster(state);
  char folder[] = "/tmp/crumbtrail-unit-XXXXXX";
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chmod(folder, 0755), 0);
  char *cluster = arena_printf(fixture->arena, "%s/postgres", folder);
  assert_int_equal(mkdir(cluster, 0700), 0);
  FILE *file = fopen(arena_printf(fixture->arena, "%s/PG_VERSION", cluster), "w");
  assert_non_null(file);
  fputs("14\n", file);
  fclose(file);
  struct embedded *embedded = NULL;
  struct error error = embedded_start(fixture->arena, folder, BIN_FOLDER, &embedded);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "made by PostgreSQL 14"));
  error = embedded_start(fixture->arena, folder, "/nonexistent", &embedded);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "--postgres-bin-folder"));
  nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void test_closed_way_is_named(void **state)
{
  struct fixture *fixture = need_cluster(state);
  if (geteuid() != 0) {
    skip(); /* our own folders are open to us */
  }
  char folder[] = "/tmp/crumbtrail-unit-XXXXXX"; /* mkdtemp gives it to root alone */
  assert_non_null(mkdtemp(folder));
  struct embedded *embedded = NULL;
  const struct error error =
      embedded_start(fixture->arena, arena_printf(fixture->arena, "%s/below/data", folder), BIN_FOLDER, &embedded);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "may not pass through /tmp/crumbtrail-unit-"));
  nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A cluster of somebody else: root runs it as its owner, an ordinary user is told whose it is. */
static void test_cluster_of_another_user(void **state)
{
  struct fixture *fixture = need_cluster(state);
  if (geteuid() != 0) {
    skip(); /* only root can make one */
  }
  char folder[] = "/tmp/crumbtrail-unit-XXXXXX";
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chmod(folder, 0777), 0);
  enum { NOBODY = 65534 };
  assert_int_equal(mkdir(arena_printf(fixture->arena, "%s/postgres", folder), 0755), 0);
  assert_int_equal(chown(arena_printf(fixture->arena, "%s/postgres", folder), 1, 1), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    struct embedded *embedded = NULL;
    const bool dropped = setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
    const struct error error = embedded_start(fixture->arena, folder, BIN_FOLDER, &embedded);
    _exit(dropped && error.code == ERROR_SETUP && strstr(error.detail, "belongs to user") != NULL ? 0 : 1);
  }
  int status = 1;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A process that starts the cluster and is killed: the next start finds the cluster warm and takes it over. */
static void test_left_over_cluster_is_adopted(void **state)
{
  struct fixture *fixture = need_cluster(state);
  embedded_stop(fixture->embedded);
  fixture->embedded = NULL;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    struct embedded *embedded = NULL;
    const struct error error = embedded_start(fixture->arena, fixture->folder, BIN_FOLDER, &embedded);
    const char answer = error.code == ERROR_NONE ? 'y' : 'n';
    if (write(ends[1], &answer, 1) == 1) {
      pause();
    }
    _exit(1);
  }
  char answer = 'n';
  assert_int_equal(read(ends[0], &answer, 1), 1);
  assert_int_equal(answer, 'y');
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  close(ends[0]);
  close(ends[1]);
  const int64_t started_us = clock_monotonic_us();
  assert_fine(embedded_start(fixture->arena, fixture->folder, BIN_FOLDER, &fixture->embedded));
  print_message("adopted in %lld ms\n", (long long)((clock_monotonic_us() - started_us) / 1000));
  db_close(connect_with(fixture, 1000));
}

static pid_t postmaster_pid(struct fixture *fixture)
{
  FILE *file = fopen(arena_printf(fixture->arena, "%s/postgres/postmaster.pid", fixture->folder), "r");
  int pid = 0;
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%9d", &pid), 1);
  fclose(file);
  return pid;
}

static void test_killed_postmaster_is_started_again(void **state)
{
  struct fixture *fixture = need_cluster(state);
  kill(postmaster_pid(fixture), SIGKILL);
  struct db_connection *connection = NULL;
  struct error error = error_make(ERROR_DATABASE_AWAY, "not tried");
  for (int tries = 0; tries < 400 && error.code != ERROR_NONE; tries++) {
    usleep(50000);
    assert_fine(embedded_keep_running(fixture->embedded));
    error = db_open(
        (struct db_settings){.conninfo = embedded_conninfo(fixture->embedded), .application_name = "x", .connect_timeout_s = 2},
        &connection);
  }
  assert_fine(error);
  db_close(connection);
}

/* The machine crashed, and after the restart another program has the postmaster's number. */
static void test_stale_lock_file_is_recognised(void **state)
{
  struct fixture *fixture = need_cluster(state);
  embedded_stop(fixture->embedded);
  fixture->embedded = NULL;
  const char *path = arena_printf(fixture->arena, "%s/postgres/postmaster.pid", fixture->folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "%d\n%s/postgres\n1795381867\n5432\n%s/run\n\n  1 2\nready   \n", (int)getppid(), fixture->folder,
          fixture->folder);
  fclose(file);
  file = fopen(arena_printf(fixture->arena, "%s/run/.s.PGSQL.5432.lock", fixture->folder), "w");
  assert_non_null(file);
  fprintf(file, "%d\n", (int)getppid());
  fclose(file);
  const int64_t started_us = clock_monotonic_us();
  assert_fine(embedded_start(fixture->arena, fixture->folder, BIN_FOLDER, &fixture->embedded));
  print_message("started in %lld ms\n", (long long)((clock_monotonic_us() - started_us) / 1000));
  db_close(connect_with(fixture, 1000));
}

static void test_long_path_gets_a_short_socket_folder(void **state)
{
  struct fixture *fixture = need_cluster(state);
  embedded_stop(fixture->embedded);
  fixture->embedded = NULL;
  char before[64];
  snprintf(before, sizeof before, "%s", fixture->folder);
  char *parent = arena_printf(
      fixture->arena, "%s-a-name-that-is-by-far-too-long-for-the-address-of-a-unix-socket-which-ends-at-107-bytes", before);
  assert_int_equal(rename(before, parent), 0);
  struct embedded *embedded = NULL;
  assert_fine(embedded_start(fixture->arena, parent, BIN_FOLDER, &embedded));
  assert_non_null(strstr(embedded_conninfo(embedded), "/tmp/crumbtrail-"));
  embedded_stop(embedded);
  assert_int_equal(rename(parent, before), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_travel_in_binary),
      cmocka_unit_test(test_arrays_travel_in_binary),
      cmocka_unit_test(test_pipeline_is_one_transaction),
      cmocka_unit_test(test_failed_prepare_is_tried_again),
      cmocka_unit_test(test_large_pipeline_does_not_stop),
      cmocka_unit_test(test_gives_up_when_the_program_stops),
      cmocka_unit_test(test_time_limit_and_lost_connection),
      cmocka_unit_test(test_notifications_and_wake_up),
      cmocka_unit_test(test_migrations),
      cmocka_unit_test(test_partitions),
      cmocka_unit_test(test_keeper),
      cmocka_unit_test(test_second_start_is_refused),
      cmocka_unit_test(test_wrong_version_is_refused),
      cmocka_unit_test(test_closed_way_is_named),
      cmocka_unit_test(test_cluster_of_another_user),
      cmocka_unit_test(test_left_over_cluster_is_adopted),
      cmocka_unit_test(test_killed_postmaster_is_started_again),
      cmocka_unit_test(test_stale_lock_file_is_recognised),
      cmocka_unit_test(test_long_path_gets_a_short_socket_folder),
  };
  return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
