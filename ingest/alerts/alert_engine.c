#include "ingest/alerts/alert_engine.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ingest/alerts/alert_pass.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

static const char CHANNEL[] = "crumbtrail_conditions";

enum {
  POLL_MS = 1000,
  RETRY_MS = 2000,
  ARENA_BYTES = 64 * 1024,
  /* Looking for silence reads the newest position of every vehicle: after it so many times as long as it took pass. */
  SILENCE_MIN_MS = 1000,
  SILENCE_MAX_MS = 10000,
  SILENCE_REST_FACTOR = 20,
};

struct alert_engine {
  struct alert_engine_settings settings;
  pthread_t thread;
  atomic_bool is_stopping;
  int wake_fd;
  struct db_connection *connection;
  struct arena *arena;
  int64_t silence_due_at_us; /* monotonic */
  struct counter *changes[ALERT_CHANGE_COUNT];
  struct counter *passes;
};

/* ---- the work ---- */

static struct error has_work(struct alert_engine *engine, bool *is_due)
{
  const struct db_rows *rows = NULL;
  TRY(db_query(engine->connection, engine->arena, &SQL_READ_ALERT_WORK, NULL, &rows));
  const int64_t next_us = db_row_count(rows) == 1 ? db_time(rows, 0, 1) : 0;
  *is_due = db_row_count(rows) == 1 && (db_bool(rows, 0, 0) || (next_us != 0 && next_us <= clock_now_us()));
  return error_none();
}

static void count_pass(struct alert_engine *engine, const struct alert_pass *pass)
{
  size_t changes = 0;
  counter_add(engine->passes, 1);
  for (int change = 0; change < ALERT_CHANGE_COUNT; change++) {
    counter_add(engine->changes[change], pass->changes[change]);
    changes += pass->changes[change];
  }
  if (changes != 0) {
    LOG_INFO("alerts_changed", "changes=%zu fired=%zu cleared=%zu messages=%zu", changes, pass->changes[ALERT_FIRED],
             pass->changes[ALERT_CLEARED], pass->messages);
  }
}

static struct error make_pass(struct alert_engine *engine, bool looks_for_silence, bool *has_more)
{
  const struct alert_engine_settings *settings = &engine->settings;
  struct alert_pass pass = {.connection = engine->connection,
                            .arena = engine->arena,
                            .now_us = clock_now_us(),
                            .max_age_us = settings->max_age_s * US_PER_SECOND,
                            .looks_for_silence = looks_for_silence,
                            .silence = {.silent_after_us = settings->silent_after_s * US_PER_SECOND,
                                        .max_age_us = settings->max_age_s * US_PER_SECOND,
                                        .tells_silence = settings->tells_silence,
                                        .tells_parked = settings->tells_parked}};
  const int64_t began_us = clock_monotonic_us();
  TRY(alert_pass_run(&pass));
  count_pass(engine, &pass);
  *has_more = pass.has_more;
  if (looks_for_silence) {
    int64_t rest_us = (clock_monotonic_us() - began_us) * SILENCE_REST_FACTOR;
    rest_us = rest_us > SILENCE_MIN_MS * US_PER_MS ? rest_us : SILENCE_MIN_MS * US_PER_MS;
    rest_us = rest_us < SILENCE_MAX_MS * US_PER_MS ? rest_us : SILENCE_MAX_MS * US_PER_MS;
    engine->silence_due_at_us = clock_monotonic_us() + (pass.has_more ? 0 : rest_us);
  }
  return error_none();
}

static struct error work(struct alert_engine *engine)
{
  bool is_due = false;
  arena_reset(engine->arena);
  TRY(has_work(engine, &is_due));
  const bool looks_for_silence = clock_monotonic_us() >= engine->silence_due_at_us;
  bool has_more = is_due || looks_for_silence;
  for (bool with_silence = looks_for_silence; has_more && !atomic_load(&engine->is_stopping); with_silence = false) {
    arena_reset(engine->arena);
    TRY(make_pass(engine, with_silence, &has_more));
  }
  return error_none();
}

/* ---- the thread ---- */

static struct error connect_and_work(struct alert_engine *engine)
{
  TRY(db_open(engine->settings.database, &engine->connection));
  TRY(db_listen(engine->connection, CHANNEL));
  while (!atomic_load(&engine->is_stopping)) {
    int notified = 0;
    TRY(work(engine));
    TRY(db_wait_notify(engine->connection, engine->wake_fd, POLL_MS, &notified));
  }
  return error_none();
}

static void *run(void *argument)
{
  struct alert_engine *engine = argument;
  pthread_setname_np(pthread_self(), "alerts");
  while (!atomic_load(&engine->is_stopping)) {
    const struct error error = connect_and_work(engine);
    db_close(engine->connection);
    engine->connection = NULL;
    if (error.code != ERROR_NONE) {
      struct pollfd wake = {.fd = engine->wake_fd, .events = POLLIN};
      log_error(LOG_LEVEL_WARNING, "alerts_failed", &error);
      (void)poll(&wake, 1, RETRY_MS);
    }
  }
  return NULL;
}

static void register_metrics(struct alert_engine *engine)
{
  struct metrics *metrics = engine->settings.metrics;
  engine->passes = metrics_counter(metrics, "crumbtrail_alert_passes_total", "", "Passes of the alerts' machine.");
  for (int change = 0; change < ALERT_CHANGE_COUNT; change++) {
    const char *labels = arena_printf(engine->arena, "change=\"%s\"", alert_change_word((enum alert_change)change));
    engine->changes[change] =
        metrics_counter(metrics, "crumbtrail_alert_changes_total", labels, "Changes of alerts made by conditions and time.");
  }
}

struct error alert_engine_start(struct alert_engine_settings settings, struct alert_engine **started)
{
  struct alert_engine *engine = calloc(1, sizeof *engine);
  if (engine == NULL) {
    error_out_of_memory(sizeof *engine);
  }
  engine->settings = settings;
  engine->arena = arena_new(ARENA_BYTES);
  engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  register_metrics(engine);
  if (engine->wake_fd < 0 || pthread_create(&engine->thread, NULL, run, engine) != 0) {
    arena_free(engine->arena);
    free(engine);
    return error_make(ERROR_SETUP, "cannot start the thread of the alerts");
  }
  *started = engine;
  return error_none();
}

void alert_engine_stop(struct alert_engine *engine)
{
  if (engine == NULL) {
    return;
  }
  const uint64_t one = 1;
  atomic_store(&engine->is_stopping, true);
  (void)!write(engine->wake_fd, &one, sizeof one);
  pthread_join(engine->thread, NULL);
  close(engine->wake_fd);
  arena_free(engine->arena);
  free(engine);
}
