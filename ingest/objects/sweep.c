#include "ingest/objects/sweep.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ingest/objects/object_ledger.h"
#include "ingest/objects/object_listing.h"
#include "ingest/events/rejected.h"
#include "server/db/steady_connection.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"
#include "server/metrics.h"

enum { PREFIXES_MAX = 64, ARENA_FIRST_BYTES = 512 * 1024, LOOK_EVERY_MAX_MS = 30000, YOUNG_MAX_S = 900 };

struct sweep {
  struct sweep_settings settings;
  struct s3_location locations[PREFIXES_MAX];
  struct text prefixes[PREFIXES_MAX];
  size_t prefix_count;
  struct steady_connection database;
  struct arena *arena; /* of a page */
  struct aws_waiter waiter;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards is_stopping */
  pthread_cond_t stop;
  bool is_stopping;
  struct counter *missing;
  struct counter *failed;
};

struct sweep_counts {
  int64_t objects;
  int64_t missing;
};

/* False when the sweep shall stop. */
static bool wait_ms(struct sweep *sweep, int64_t milliseconds)
{
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t until_us = until.tv_sec * US_PER_SECOND + until.tv_nsec / 1000 + milliseconds * US_PER_MS;
  until = (struct timespec){.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
  pthread_mutex_lock(&sweep->mutex);
  while (!sweep->is_stopping && pthread_cond_timedwait(&sweep->stop, &sweep->mutex, &until) == 0) {
  }
  bool goes_on = !sweep->is_stopping;
  pthread_mutex_unlock(&sweep->mutex);
  return goes_on;
}

/* ---- one prefix ---- */

static struct error begin(struct sweep *sweep, struct text prefix, bool *is_due)
{
  int64_t now_us = clock_now_us();
  const struct db_rows *rows = NULL;
  arena_reset(sweep->arena);
  struct db_parameters *parameters = db_parameters_new(sweep->arena);
  db_add_text(parameters, prefix);
  db_add_time(parameters, now_us);
  db_add_time(parameters, now_us - sweep->settings.interval_s * US_PER_SECOND);
  TRY(db_query(sweep->database.connection, sweep->arena, &SQL_BEGIN_SWEEP, parameters, &rows));
  *is_due = db_row_count(rows) != 0;
  return error_none();
}

static struct error end(struct sweep *sweep, struct text prefix, const struct sweep_counts *counts, const struct error *error)
{
  arena_reset(sweep->arena);
  struct db_parameters *parameters = db_parameters_new(sweep->arena);
  db_add_text(parameters, prefix);
  if (error->code == ERROR_NONE) {
    db_add_time(parameters, clock_now_us());
  } else {
    db_add_null(parameters);
  }
  db_add_int64(parameters, counts->objects);
  db_add_int64(parameters, counts->missing);
  if (error->code == ERROR_NONE) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, rejected_storable(text_from(error->detail)));
  }
  return db_run(sweep->database.connection, &SQL_END_SWEEP, parameters, NULL);
}

/* Those that are old enough to have been announced. */
static size_t in_question(const struct announcement *objects, size_t count, int64_t until_us, struct object_entry *entries)
{
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (objects[i].event_time_us < until_us) {
      entries[kept++] = (struct object_entry){&objects[i], FOUND_BY_SWEEP};
    }
  }
  return kept;
}

static struct error compare_page(struct sweep *sweep, struct object_listing *listing, int64_t until_us,
                                 struct sweep_counts *counts)
{
  struct announcement *objects = NULL;
  size_t count = 0;
  size_t new_counts[FOUND_BY_COUNT] = {0};
  struct aws_outcome outcome;
  arena_reset(sweep->arena);
  TRY(object_listing_next(listing, sweep->arena, &objects, &count, &outcome));
  struct object_entry *entries = arena_alloc_array(sweep->arena, count, sizeof *entries);
  count = in_question(objects, count, until_us, entries);
  if (count != 0) {
    TRY(steady_connection_ensure(&sweep->database));
    TRY(object_ledger_announce(sweep->database.connection, sweep->arena, entries, count, clock_now_us(), new_counts));
  }
  counts->objects += (int64_t)count;
  counts->missing += (int64_t)new_counts[FOUND_BY_SWEEP];
  if (new_counts[FOUND_BY_SWEEP] != 0 && sweep->settings.on_announced != NULL) {
    sweep->settings.on_announced(sweep->settings.context);
  }
  return error_none();
}

static struct error compare(struct sweep *sweep, struct s3_location location, struct sweep_counts *counts)
{
  int64_t now_us = clock_now_us();
  int64_t young_s = sweep->settings.interval_s < YOUNG_MAX_S ? sweep->settings.interval_s : YOUNG_MAX_S;
  struct key_span span = {now_us - sweep->settings.days * US_PER_DAY, INT64_MAX};
  struct object_listing listing = object_listing_begin(sweep->settings.client, &sweep->waiter, location, span);
  struct error error = error_none();
  while (!listing.is_over && error.code == ERROR_NONE) {
    error = wait_ms(sweep, 0) ? compare_page(sweep, &listing, now_us - young_s * US_PER_SECOND, counts)
                              : error_make(ERROR_SHUTTING_DOWN, "the server was stopped");
  }
  object_listing_end(&listing);
  return error;
}

static void tell(struct sweep *sweep, struct text prefix, const struct sweep_counts *counts, const struct error *error)
{
  if (sweep->missing != NULL) {
    counter_add(sweep->missing, (uint64_t)counts->missing);
    counter_add(sweep->failed, error->code != ERROR_NONE);
  }
  if (error->code != ERROR_NONE) {
    LOG_WARNING("sweep_failed", "prefix=%s detail=%s", log_quote(prefix), log_quote_cstring(error->detail));
  } else {
    LOG_INFO("swept", "prefix=%s objects=%lld missing=%lld", log_quote(prefix), (long long)counts->objects,
             (long long)counts->missing);
  }
}

static struct error sweep_prefix(struct sweep *sweep, size_t index)
{
  bool is_due = false;
  struct sweep_counts counts = {0};
  TRY(steady_connection_ensure(&sweep->database));
  TRY(begin(sweep, sweep->prefixes[index], &is_due));
  if (!is_due) {
    return error_none();
  }
  struct error error = compare(sweep, sweep->locations[index], &counts);
  tell(sweep, sweep->prefixes[index], &counts, &error);
  TRY(steady_connection_ensure(&sweep->database));
  return end(sweep, sweep->prefixes[index], &counts, &error);
}

static void *run(void *argument)
{
  struct sweep *sweep = argument;
  int64_t interval_ms = sweep->settings.interval_s * 1000;
  int64_t look_every_ms = interval_ms < LOOK_EVERY_MAX_MS ? interval_ms : LOOK_EVERY_MAX_MS;
  do {
    for (size_t i = 0; i < sweep->prefix_count; i++) {
      struct error error = sweep_prefix(sweep, i);
      if (error.code != ERROR_NONE && error.code != ERROR_DATABASE_AWAY) {
        log_error(LOG_LEVEL_WARNING, "sweep_not_recorded", &error);
      }
    }
  } while (wait_ms(sweep, look_every_ms));
  return NULL;
}

/* ---- starting and stopping ---- */

static struct error read_prefixes(struct sweep *sweep)
{
  struct text rest = text_from(sweep->settings.prefixes);
  struct text prefix;
  while (text_split(&rest, ',', &prefix)) {
    prefix = text_trim(prefix);
    if (sweep->prefix_count == PREFIXES_MAX) {
      return error_at(ERROR_SETUP, "sweep-prefixes", "too many prefixes, at most %d", PREFIXES_MAX);
    }
    struct error error = s3_parse_url(prefix, &sweep->locations[sweep->prefix_count]);
    if (error.code != ERROR_NONE) {
      return error_at(ERROR_SETUP, "sweep-prefixes", "%.*s: %s", TEXT_ARGS(prefix), error.detail);
    }
    sweep->prefixes[sweep->prefix_count++] = prefix;
  }
  return error_none();
}

static void init_sweep(struct sweep *sweep)
{
  struct metrics *metrics = sweep->settings.metrics;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&sweep->stop, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&sweep->mutex, NULL);
  aws_waiter_init(&sweep->waiter);
  sweep->arena = arena_new(ARENA_FIRST_BYTES);
  steady_connection_init(&sweep->database, sweep->settings.database);
  if (metrics != NULL) {
    sweep->missing = metrics_counter(metrics, "crumbtrail_sweep_missing_total", "",
                                     "Objects that no notification had told of when a sweep found them.");
    sweep->failed = metrics_counter(metrics, "crumbtrail_sweeps_failed_total", "", "Sweeps that did not come to their end.");
  }
}

static void free_sweep(struct sweep *sweep)
{
  steady_connection_close(&sweep->database);
  aws_waiter_destroy(&sweep->waiter);
  arena_free(sweep->arena);
  pthread_cond_destroy(&sweep->stop);
  pthread_mutex_destroy(&sweep->mutex);
  free(sweep);
}

struct error sweep_start(struct sweep_settings settings, struct sweep **sweep)
{
  *sweep = NULL;
  if (text_trim(text_from(settings.prefixes)).length == 0) {
    return error_none();
  }
  struct sweep *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  init_sweep(made);
  struct error error = read_prefixes(made);
  if (error.code != ERROR_NONE) {
    free_sweep(made);
    return error;
  }
  if (pthread_create(&made->thread, NULL, run, made) != 0) {
    abort();
  }
  *sweep = made;
  return error_none();
}

void sweep_stop(struct sweep *sweep)
{
  if (sweep == NULL) {
    return;
  }
  pthread_mutex_lock(&sweep->mutex);
  sweep->is_stopping = true;
  pthread_cond_signal(&sweep->stop);
  pthread_mutex_unlock(&sweep->mutex);
  aws_waiter_cancel(&sweep->waiter);
  (void)pthread_join(sweep->thread, NULL);
  free_sweep(sweep);
}
