#include "ingest/analysis/analyser.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ingest/analysis/analysis.h"
#include "ingest/analysis/rule_book.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  /* Between two passes, however much comes: a pass costs less for each breadcrumb the more there are. */
  PASS_EVERY_MS = 250,
  LOOK_EVERY_MS = 1000, /* without a hint */
  LEADER_EVERY_MS = 2000,
  FIRST_RETRY_MS = 500,
  LAST_RETRY_MS = 30000,
  TIDY_EVERY_S = 3600,
  GRACE_MS = 1000,
};

struct analyser_metrics {
  struct gauge *is_leader;
  struct gauge *lag_breadcrumbs;
  struct gauge *lag_seconds;
  struct gauge *vehicles_behind;
  struct gauge *vehicles_in_memory;
  struct gauge *busy_seconds;
  struct counter *passes;
  struct counter *breadcrumbs;
  struct counter *rows;
};

struct analyser {
  struct analyser_settings settings;
  struct analyser_metrics metrics;
  struct analysis *analysis;
  struct db_connection *connection; /* NULL: none */
  bool is_leader;
  struct analysis_counts told;
  int64_t tidy_at_us; /* monotonic */
  int wake_fd;
  atomic_bool is_stopping;
  _Atomic int64_t give_up_at_us; /* monotonic */
  pthread_t thread;
};

/* ---- figures ---- */

static struct analyser_metrics register_metrics(struct metrics *metrics)
{
  return (struct analyser_metrics){
      .is_leader = metrics_gauge(metrics, "crumbtrail_analysis_leader", "", "Whether this server is the one that analyses."),
      .lag_breadcrumbs =
          metrics_gauge(metrics, "crumbtrail_analysis_lag_breadcrumbs", "", "Breadcrumbs stored and not analysed yet."),
      .lag_seconds = metrics_gauge(metrics, "crumbtrail_analysis_lag_seconds", "",
                                   "Age, since it was received, of the oldest breadcrumb of the last pass when that ended."),
      .vehicles_behind = metrics_gauge(metrics, "crumbtrail_analysis_vehicles_behind", "",
                                       "Vehicles that wait for being computed anew as a whole."),
      .vehicles_in_memory =
          metrics_gauge(metrics, "crumbtrail_analysis_vehicles_in_memory", "", "Vehicles whose state is kept in memory."),
      .busy_seconds =
          metrics_gauge(metrics, "crumbtrail_analysis_cpu_seconds", "", "Processor time of the analyser's thread so far."),
      .passes = metrics_counter(metrics, "crumbtrail_analysis_passes_total", "", "Looks at the feed that found something."),
      .breadcrumbs = metrics_counter(metrics, "crumbtrail_analysis_breadcrumbs_total", "",
                                     "Breadcrumbs analysed, those that were computed anew included."),
      .rows = metrics_counter(metrics, "crumbtrail_analysis_rows_total", "", "Derived rows written, changed or deleted."),
  };
}

static void tell_figures(struct analyser *analyser)
{
  const struct analysis_lag lag = analysis_lag(analyser->analysis);
  const struct analysis_counts now = analysis_counts(analyser->analysis);
  const struct analyser_metrics *metrics = &analyser->metrics;
  const bool is_fresh = now.passes != analyser->told.passes && lag.oldest_us != 0;
  gauge_set(metrics->is_leader, analyser->is_leader ? 1 : 0);
  gauge_set(metrics->lag_breadcrumbs, (double)lag.breadcrumbs);
  if (is_fresh || lag.breadcrumbs == 0) {
    gauge_set(metrics->lag_seconds, is_fresh ? (double)(clock_now_us() - lag.oldest_us) / (double)US_PER_SECOND : 0);
  }
  gauge_set(metrics->vehicles_behind, (double)lag.vehicles_behind);
  gauge_set(metrics->vehicles_in_memory, (double)lag.vehicles_in_memory);
  gauge_set(metrics->busy_seconds, (double)clock_thread_cpu_us() / (double)US_PER_SECOND);
  counter_add(metrics->passes, now.passes - analyser->told.passes);
  counter_add(metrics->breadcrumbs, now.breadcrumbs - analyser->told.breadcrumbs);
  counter_add(metrics->rows, now.rows - analyser->told.rows);
  analyser->told = now;
}

/* ---- work ---- */

/* False when the analyser shall stop. */
static bool rest(struct analyser *analyser, int rest_ms)
{
  struct pollfd wake = {.fd = analyser->wake_fd, .events = POLLIN};
  (void)poll(&wake, 1, rest_ms);
  return !atomic_load(&analyser->is_stopping);
}

/* Gone are the lock and all that was in memory. */
static void disconnect(struct analyser *analyser)
{
  db_close(analyser->connection);
  analyser->connection = NULL;
  analyser->is_leader = false;
}

/* *is_leader: this server is the one that analyses. */
static struct error become_leader(struct analyser *analyser)
{
  struct arena *scratch = arena_new(1024);
  const struct db_rows *rows;
  struct error error = db_query(analyser->connection, scratch, &SQL_TRY_LOCK_ANALYSIS, NULL, &rows);
  const bool is_locked = error.code == ERROR_NONE && db_row_count(rows) == 1 && db_bool(rows, 0, 0);
  arena_free(scratch);
  if (error.code == ERROR_NONE && is_locked) {
    error = db_listen(analyser->connection, "crumbtrail_feed");
  }
  if (error.code == ERROR_NONE && is_locked) {
    error = analysis_start(analyser->analysis, analyser->connection);
  }
  if (error.code == ERROR_NONE && is_locked) {
    analyser->is_leader = true;
    analyser->tidy_at_us = clock_monotonic_us();
    LOG_INFO("analysis_leads", "seq=%lld", (long long)analysis_lag(analyser->analysis).seq);
  }
  return error;
}

static struct error tidy(struct analyser *analyser)
{
  if (clock_monotonic_us() < analyser->tidy_at_us) {
    return error_none();
  }
  analyser->tidy_at_us = clock_monotonic_us() + TIDY_EVERY_S * US_PER_SECOND;
  return analysis_tidy(analyser->analysis);
}

/* One look at what is new, then a piece of what is to be done besides. *rest_ms: until the next, a hint may come earlier. */
static struct error work(struct analyser *analyser, int *rest_ms)
{
  bool is_behind = false;
  bool has_more = false;
  TRY(analysis_pass(analyser->analysis, &is_behind));
  tell_figures(analyser);
  if (!is_behind) {
    TRY(tidy(analyser));
    TRY(analysis_background(analyser->analysis, &has_more));
  }
  *rest_ms = is_behind || has_more ? 0 : LOOK_EVERY_MS;
  return error_none();
}

/* As leader, until an error or the stop. */
static struct error lead(struct analyser *analyser)
{
  for (;;) {
    const int64_t began_us = clock_monotonic_us();
    int rest_ms = 0;
    int notified = 0;
    TRY(work(analyser, &rest_ms));
    const int64_t spent_ms = (clock_monotonic_us() - began_us) / US_PER_MS;
    if (!rest(analyser, rest_ms > 0 && spent_ms < PASS_EVERY_MS ? PASS_EVERY_MS - (int)spent_ms : 0)) {
      return error_none();
    }
    if (rest_ms > 0) {
      TRY(db_wait_notify(analyser->connection, analyser->wake_fd, rest_ms, &notified));
    }
  }
}

/* Everything is asked for by key: no plan may read a whole table because it guessed wrong. */
static struct error connect_database(struct analyser *analyser)
{
  TRY(db_open(analyser->settings.database, &analyser->connection));
  TRY(db_execute(analyser->connection, "SET enable_seqscan TO off; SET enable_mergejoin TO off; SET jit TO off"));
  return db_run(analyser->connection, &SQL_PLAN_ONCE, NULL, NULL);
}

static struct error run_once(struct analyser *analyser)
{
  if (analyser->connection == NULL) {
    TRY(connect_database(analyser));
  }
  TRY(become_leader(analyser));
  return analyser->is_leader ? lead(analyser) : error_none();
}

static void *run(void *argument)
{
  struct analyser *analyser = argument;
  int retry_ms = FIRST_RETRY_MS;
  int pause_ms = 0;
  pthread_setname_np(pthread_self(), "analyser");
  do {
    const bool was_leader = analyser->is_leader;
    const struct error error = run_once(analyser);
    if (error.code == ERROR_NONE) {
      retry_ms = FIRST_RETRY_MS;
      pause_ms = LEADER_EVERY_MS;
    } else if (!atomic_load(&analyser->is_stopping)) {
      log_error(LOG_LEVEL_WARNING, "analysis_failed", &error);
      retry_ms = was_leader ? FIRST_RETRY_MS : retry_ms;
      pause_ms = retry_ms;
      retry_ms = retry_ms * 2 < LAST_RETRY_MS ? retry_ms * 2 : LAST_RETRY_MS;
      disconnect(analyser);
      gauge_set(analyser->metrics.is_leader, 0);
    }
  } while (rest(analyser, pause_ms));
  disconnect(analyser);
  return NULL;
}

/* ---- life ---- */

static void tear_down(struct analyser *analyser)
{
  analysis_free(analyser->analysis);
  if (analyser->wake_fd >= 0) {
    close(analyser->wake_fd);
  }
  free(analyser);
}

/* A database that is away says nothing against it. */
static struct error check_time_zone(const struct analyser_settings *settings)
{
  struct db_connection *connection = NULL;
  struct error error = db_open(settings->database, &connection);
  if (error.code == ERROR_NONE) {
    struct rule_book *book = rule_book_new(settings->uses_estimates);
    error = rule_book_read_days(book, connection, settings->time_zone);
    rule_book_free(book);
  }
  db_close(connection);
  return error.code == ERROR_SETUP ? error : error_none();
}

struct error analyser_start(struct analyser_settings settings, struct analyser **started)
{
  TRY(check_time_zone(&settings));
  struct analyser *analyser = calloc(1, sizeof *analyser);
  if (analyser == NULL) {
    error_out_of_memory(sizeof *analyser);
  }
  analyser->settings = settings;
  analyser->settings.database.give_up_at_us = &analyser->give_up_at_us;
  analyser->metrics = register_metrics(settings.metrics);
  analyser->analysis =
      analysis_new((struct analysis_settings){.time_zone = settings.time_zone, .uses_estimates = settings.uses_estimates});
  analyser->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int failed = analyser->wake_fd < 0 ? errno : pthread_create(&analyser->thread, NULL, run, analyser);
  if (failed != 0) {
    tear_down(analyser);
    return error_make(ERROR_SETUP, "cannot start the analyser's thread: %s", strerror(failed));
  }
  *started = analyser;
  return error_none();
}

void analyser_stop(struct analyser *analyser)
{
  static const uint64_t ONE = 1;
  if (analyser == NULL) {
    return;
  }
  atomic_store(&analyser->is_stopping, true);
  atomic_store(&analyser->give_up_at_us, clock_monotonic_us() + GRACE_MS * US_PER_MS);
  (void)!write(analyser->wake_fd, &ONE, sizeof ONE);
  pthread_join(analyser->thread, NULL);
  tear_down(analyser);
}
