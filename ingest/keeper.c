#include "ingest/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ingest/writer/partitions.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/log.h"

struct keeper {
  struct keeper_settings settings;
  struct gauge *ahead_days;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards is_stopping */
  pthread_cond_t stop;
  bool is_stopping;
};

enum { INTERVAL_S = 3600, FIRST_RETRY_S = 1, LAST_RETRY_S = 60 };

/* Yesterday too: vehicles that come out of a tunnel of radio silence at midnight are the rule. */
static struct error make_days(struct keeper *keeper, struct db_connection *connection)
{
  const int32_t today = clock_day(clock_now_us());
  const size_t count = (size_t)keeper->settings.partitions_ahead_days + 2;
  struct arena *arena = arena_new(1024);
  int32_t *days = arena_alloc_array(arena, count, sizeof *days);
  for (size_t i = 0; i < count; i++) {
    days[i] = today - 1 + (int32_t)i;
  }
  struct partitions *partitions = partitions_new();
  const struct error error = partitions_ensure(partitions, connection, days, count);
  partitions_free(partitions);
  arena_free(arena);
  return error;
}

static struct error work(struct keeper *keeper)
{
  struct db_connection *connection = NULL;
  TRY(db_open(keeper->settings.database, &connection));
  const struct error error = make_days(keeper, connection);
  db_close(connection);
  return error;
}

/* False when the keeper shall stop. */
static bool sleep_until_stopped(struct keeper *keeper, int seconds)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += seconds;
  pthread_mutex_lock(&keeper->mutex);
  int waited = 0;
  while (!keeper->is_stopping && waited != ETIMEDOUT) {
    waited = pthread_cond_timedwait(&keeper->stop, &keeper->mutex, &until);
  }
  const bool go_on = !keeper->is_stopping;
  pthread_mutex_unlock(&keeper->mutex);
  return go_on;
}

static void *keeper_thread(void *argument)
{
  struct keeper *keeper = argument;
  int retry_s = FIRST_RETRY_S;
  int pause_s = 0;
  do {
    const struct error error = work(keeper);
    if (error.code == ERROR_NONE) {
      gauge_set(keeper->ahead_days, (double)keeper->settings.partitions_ahead_days);
      retry_s = FIRST_RETRY_S;
      pause_s = INTERVAL_S;
    } else {
      log_error(LOG_LEVEL_WARNING, "keeper_failed", &error);
      pause_s = retry_s;
      retry_s = retry_s * 2 < LAST_RETRY_S ? retry_s * 2 : LAST_RETRY_S;
    }
  } while (sleep_until_stopped(keeper, pause_s));
  return NULL;
}

struct error keeper_start(struct keeper_settings settings, struct keeper **started)
{
  struct keeper *keeper = calloc(1, sizeof *keeper);
  if (keeper == NULL) {
    abort();
  }
  keeper->settings = settings;
  keeper->ahead_days = metrics_gauge(settings.metrics, "crumbtrail_partitions_ahead_days", "",
                                     "Days after today that had a partition when the keeper last looked.");
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&keeper->stop, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&keeper->mutex, NULL);
  const int failed = pthread_create(&keeper->thread, NULL, keeper_thread, keeper);
  if (failed != 0) {
    pthread_cond_destroy(&keeper->stop);
    pthread_mutex_destroy(&keeper->mutex);
    free(keeper);
    return error_make(ERROR_SETUP, "cannot start the keeper thread: %s", strerror(failed));
  }
  *started = keeper;
  return error_none();
}

void keeper_stop(struct keeper *keeper)
{
  if (keeper == NULL) {
    return;
  }
  pthread_mutex_lock(&keeper->mutex);
  keeper->is_stopping = true;
  pthread_cond_signal(&keeper->stop);
  pthread_mutex_unlock(&keeper->mutex);
  pthread_join(keeper->thread, NULL);
  pthread_cond_destroy(&keeper->stop);
  pthread_mutex_destroy(&keeper->mutex);
  free(keeper);
}
