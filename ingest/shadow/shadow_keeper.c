#include "ingest/shadow/shadow_keeper.h"

#include <stdlib.h>
#include <time.h>

#include "ingest/shadow/desired_confirm.h"
#include "ingest/shadow/shadow_keeper_state.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  TICK_MS = 1000,
  /* After storing a set, so many times as long as it took pass before the next, up to the longest. */
  REST_FACTOR = 50,
  REST_MAX_MS = 30000,
  RETRY_MS = 2000,
  ARENA_FIRST_BYTES = 256 * 1024,
};
/* Of the texts that wait; as many more are being stored. */
static const size_t PENDING_BYTES_MAX[SHADOW_PENDING_COUNT] = {(size_t)8 << 20, (size_t)64 << 20};
/* A shadow that was stored late has an earlier time of arrival, and clocks of servers differ. */
static const int64_t STORED_MARGIN_US = 60 * US_PER_SECOND;

/* ---- those who hand over ---- */

static int compare_ids(const void *left, const void *right)
{
  const int64_t a = *(const int64_t *)left;
  const int64_t b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

bool shadow_keeper_watches(const struct shadow_keeper *keeper, int64_t vehicle_id)
{
  return keeper->watched_count != 0 &&
         bsearch(&vehicle_id, keeper->watched, keeper->watched_count, sizeof *keeper->watched, compare_ids) != NULL;
}

void shadow_keeper_offer(struct shadow_keeper *keeper, int64_t vehicle_id, const struct shadow_text *text)
{
  pthread_mutex_lock(&keeper->mutex);
  shadow_keeper_count_left_out(keeper, shadow_pending_add(keeper->incoming[SHADOW_URGENT], vehicle_id, text));
  pthread_mutex_unlock(&keeper->mutex);
}

/* ---- storing ---- */

static bool is_empty(const struct shadow_pending *pending)
{
  return shadow_pending_count(pending) == 0 && shadow_pending_strangers(pending) == NULL;
}

/* What was taken before and could not be stored comes first. */
static void take_incoming(struct shadow_keeper *keeper, int which)
{
  if (!is_empty(keeper->taken[which])) {
    return;
  }
  shadow_pending_clear(keeper->taken[which]);
  pthread_mutex_lock(&keeper->mutex);
  struct shadow_pending *filled = keeper->incoming[which];
  keeper->incoming[which] = keeper->taken[which];
  keeper->taken[which] = filled;
  pthread_mutex_unlock(&keeper->mutex);
}

static void tell_counts(struct shadow_keeper *keeper)
{
  if (keeper->stored != NULL) {
    counter_add(keeper->stored, keeper->counts.stored);
  }
  keeper->counts = (struct shadow_store_counts){0};
}

static struct error store(struct shadow_keeper *keeper, int which)
{
  struct shadow_reports reports = {0};
  int64_t began_us = clock_monotonic_us();
  take_incoming(keeper, which);
  if (is_empty(keeper->taken[which])) {
    return error_none();
  }
  arena_reset(keeper->arena);
  struct error error = shadow_store_write(keeper->connection, keeper->arena, keeper->taken[which],
                                          which == SHADOW_URGENT ? &reports : NULL, &keeper->counts);
  if (error.code == ERROR_NONE && reports.count != 0) {
    error = desired_confirm_reports(keeper->connection, keeper->arena, &reports, clock_now_us());
  }
  free(reports.items);
  if (error.code == ERROR_NONE) {
    LOG_DEBUG("shadows_stored", "vehicles=%zu stored=%llu unread=%llu us=%lld", shadow_pending_count(keeper->taken[which]),
              (unsigned long long)keeper->counts.stored, (unsigned long long)keeper->counts.unread,
              (long long)(clock_monotonic_us() - began_us));
    shadow_pending_clear(keeper->taken[which]);
  }
  tell_counts(keeper);
  int64_t rest_us = (clock_monotonic_us() - began_us) * REST_FACTOR;
  rest_us = rest_us < REST_MAX_MS * US_PER_MS ? rest_us : REST_MAX_MS * US_PER_MS;
  keeper->due_at_us[which] = clock_monotonic_us() + (which == SHADOW_ORDINARY ? rest_us : 0);
  return error;
}

/* ---- what was asked of the things ---- */

static void watch(struct shadow_keeper *keeper, const struct desired_open *open)
{
  int64_t *watched = NULL;
  if (open->count != 0) {
    watched = malloc(open->count * sizeof *watched);
    if (watched == NULL) {
      error_out_of_memory(open->count * sizeof *watched);
    }
    memcpy(watched, open->vehicle_ids, open->count * sizeof *watched);
  }
  pthread_mutex_lock(&keeper->mutex);
  int64_t *before = keeper->watched;
  keeper->watched = watched;
  keeper->watched_count = open->count;
  pthread_mutex_unlock(&keeper->mutex);
  free(before);
}

static struct error look_at_desired(struct shadow_keeper *keeper)
{
  struct desired_open open;
  int64_t began_us = clock_monotonic_us();
  int64_t now_us = clock_now_us();
  if (began_us < keeper->open_read_at_us) {
    return error_none();
  }
  arena_reset(keeper->arena);
  TRY(desired_open_read(keeper->connection, keeper->arena, &open));
  watch(keeper, &open);
  if (open.count != 0) {
    TRY(desired_confirm_stored(keeper->connection, keeper->arena, &open, keeper->confirmed_until_us - STORED_MARGIN_US,
                               now_us));
    TRY(desired_expire(keeper->connection, keeper->arena, now_us));
  }
  keeper->confirmed_until_us = now_us;
  keeper->open_read_at_us = clock_monotonic_us() + (clock_monotonic_us() - began_us) * REST_FACTOR;
  return error_none();
}

/* ---- the thread ---- */

static struct error work(struct shadow_keeper *keeper, bool is_last)
{
  if (keeper->connection == NULL) {
    TRY(db_open(keeper->settings.database, &keeper->connection));
  }
  TRY(store(keeper, SHADOW_URGENT));
  if (is_last || clock_monotonic_us() >= keeper->due_at_us[SHADOW_ORDINARY]) {
    TRY(store(keeper, SHADOW_ORDINARY));
  }
  return look_at_desired(keeper);
}

/* False when the keeper shall stop. */
static bool rest(struct shadow_keeper *keeper, int64_t rest_ms)
{
  struct timespec until;
  int waited = 0;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += (time_t)(rest_ms / 1000);
  pthread_mutex_lock(&keeper->mutex);
  while (!keeper->is_stopping && waited == 0) {
    waited = pthread_cond_timedwait(&keeper->stop, &keeper->mutex, &until);
  }
  bool goes_on = !keeper->is_stopping;
  pthread_mutex_unlock(&keeper->mutex);
  return goes_on;
}

static void note_failure(struct shadow_keeper *keeper, const struct error *error)
{
  log_error(LOG_LEVEL_WARNING, "shadows_not_stored", error);
  if (keeper->connection != NULL && !db_is_usable(keeper->connection)) {
    db_close(keeper->connection);
    keeper->connection = NULL;
  }
}

/* A set that was taken before the stop, and what came since. */
static void store_rest(struct shadow_keeper *keeper)
{
  for (int pass = 0; pass < 2 && clock_monotonic_us() < keeper->stop_at_us; pass++) {
    struct error error = work(keeper, true);
    if (error.code != ERROR_NONE) {
      note_failure(keeper, &error);
    }
  }
}

static void *run(void *argument)
{
  struct shadow_keeper *keeper = argument;
  int64_t rest_ms = TICK_MS;
  pthread_setname_np(pthread_self(), "shadows");
  while (rest(keeper, rest_ms)) {
    struct error error = work(keeper, false);
    rest_ms = error.code == ERROR_NONE ? TICK_MS : RETRY_MS;
    if (error.code != ERROR_NONE) {
      note_failure(keeper, &error);
    }
  }
  store_rest(keeper);
  db_close(keeper->connection);
  return NULL;
}

static void set_up(struct shadow_keeper *keeper)
{
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&keeper->stop, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&keeper->mutex, NULL);
  keeper->arena = arena_new(ARENA_FIRST_BYTES);
  for (int which = 0; which < SHADOW_PENDING_COUNT; which++) {
    keeper->incoming[which] = shadow_pending_new(PENDING_BYTES_MAX[which]);
    keeper->taken[which] = shadow_pending_new(PENDING_BYTES_MAX[which]);
  }
  if (keeper->settings.metrics != NULL) {
    keeper->stored = metrics_counter(keeper->settings.metrics, "crumbtrail_shadows_stored_total", "", "Shadows stored.");
    keeper->left_out =
        metrics_counter(keeper->settings.metrics, "crumbtrail_shadow_texts_left_out_total", "",
                        "Shadow texts for which there was no room; their shadows are behind until the next one.");
  }
}

static void tear_down(struct shadow_keeper *keeper)
{
  for (int which = 0; which < SHADOW_PENDING_COUNT; which++) {
    shadow_pending_free(keeper->incoming[which]);
    shadow_pending_free(keeper->taken[which]);
  }
  arena_free(keeper->arena);
  free(keeper->watched);
  pthread_cond_destroy(&keeper->stop);
  pthread_mutex_destroy(&keeper->mutex);
  free(keeper);
}

struct error shadow_keeper_start(struct shadow_keeper_settings settings, struct shadow_keeper **started)
{
  struct shadow_keeper *keeper = calloc(1, sizeof *keeper);
  if (keeper == NULL) {
    error_out_of_memory(sizeof *keeper);
  }
  keeper->settings = settings;
  set_up(keeper);
  const int failed = pthread_create(&keeper->thread, NULL, run, keeper);
  if (failed != 0) {
    tear_down(keeper);
    return error_make(ERROR_SETUP, "cannot start the shadow keeper's thread: %s", strerror(failed));
  }
  *started = keeper;
  return error_none();
}

void shadow_keeper_stop(struct shadow_keeper *keeper, int grace_ms)
{
  if (keeper == NULL) {
    return;
  }
  pthread_mutex_lock(&keeper->mutex);
  keeper->stop_at_us = clock_monotonic_us() + grace_ms * US_PER_MS;
  keeper->is_stopping = true;
  pthread_cond_signal(&keeper->stop);
  pthread_mutex_unlock(&keeper->mutex);
  pthread_join(keeper->thread, NULL);
  tear_down(keeper);
}
