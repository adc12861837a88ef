#include "ingest/spool/spool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ingest/spool/spool_file.h"
#include "ingest/spool/spool_lane.h"
#include "ingest/spool/spool_metrics.h"
#include "ingest/spool/spool_pack.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  PUTS_MAX = 65536, /* entries that may wait to be written */
  WRITE_MAX = 4096, /* entries of one transaction */
  TICK_MS = 200,
  PATH_ARENA_BYTES = 1024,
};

struct spool {
  struct spool_settings settings;
  struct arena *arena; /* the path */
  struct spool_metrics metrics;
  pthread_t thread;
  bool is_started;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  /* The mutex's. */
  struct spool_entry *first_put;
  struct spool_entry **end_of_puts;
  size_t put_count;
  bool is_woken;
  bool is_draining; /* takers may be called */
  bool is_in_taker;
  bool is_stopping;
  struct spool_state state;
  /* The thread's own. */
  struct spool_file *file; /* NULL: it could not be made again after it was moved aside */
  struct spool_lane lanes[SPOOL_KIND_COUNT];
  bool is_full;
  uint64_t logged_entries;
};

/* ---- state ---- */

/* That the spool begins to fill and that it is empty again are events for an operator. */
static void log_changes(struct spool *spool, const struct spool_state *state)
{
  if (spool->logged_entries == 0 && state->entries != 0) {
    LOG_WARNING("spooling", "entries=%llu bytes_max=%lld", (unsigned long long)state->entries,
                (long long)spool->settings.bytes_max);
  } else if (spool->logged_entries != 0 && state->entries == 0) {
    LOG_INFO("spool_empty", "");
  }
  spool->logged_entries = state->entries;
}

static void publish_state(struct spool *spool)
{
  struct spool_state state = {.bytes_max = (uint64_t)spool->settings.bytes_max};
  if (spool->file != NULL) {
    const struct spool_totals *totals = spool_file_totals(spool->file);
    for (int kind = 0; kind < SPOOL_KIND_COUNT; kind++) {
      state.entries += totals->entries[kind];
    }
    state.bytes = totals->bytes;
    struct error error = spool_file_oldest(spool->file, &state.oldest_received_at_us);
    if (error.code != ERROR_NONE) {
      log_error(LOG_LEVEL_ERROR, "spool_not_read", &error);
    }
  }
  (void)pthread_mutex_lock(&spool->mutex);
  state.damaged_files = spool->state.damaged_files;
  spool->state = state;
  (void)pthread_mutex_unlock(&spool->mutex);
  spool_metrics_set(&spool->metrics, &state);
  log_changes(spool, &state);
}

void spool_read_state(struct spool *spool, struct spool_state *state)
{
  (void)pthread_mutex_lock(&spool->mutex);
  *state = spool->state;
  (void)pthread_mutex_unlock(&spool->mutex);
}

/* ---- the file ---- */

static struct error open_file(struct spool *spool)
{
  int damaged = 0;
  struct error error = spool_file_open(spool->arena, spool->settings.data_folder, &spool->file, &damaged);
  (void)pthread_mutex_lock(&spool->mutex);
  spool->state.damaged_files += (uint64_t)damaged;
  (void)pthread_mutex_unlock(&spool->mutex);
  return error;
}

/* A damaged file is kept beside, and a new one takes its place. */
static void replace_damaged_file(struct spool *spool)
{
  struct error error = spool_file_move_aside(spool->file);
  spool->file = NULL;
  (void)pthread_mutex_lock(&spool->mutex);
  spool->state.damaged_files++;
  (void)pthread_mutex_unlock(&spool->mutex);
  if (error.code == ERROR_NONE) {
    error = open_file(spool);
  }
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_ERROR, "spool_not_opened", &error);
  }
  for (int kind = 0; kind < SPOOL_KIND_COUNT; kind++) {
    spool_lane_forget(&spool->lanes[kind]);
  }
}

static void after_file_error(struct spool *spool, const char *event, const struct error *error)
{
  log_error(LOG_LEVEL_ERROR, event, error);
  if (spool_file_is_damaged(spool->file)) {
    replace_damaged_file(spool);
  }
}

/* ---- in ---- */

struct error spool_put(struct spool *spool, struct spool_entry *entry)
{
  struct error error = error_none();
  (void)pthread_mutex_lock(&spool->mutex);
  if (spool->is_stopping) {
    error = error_make(ERROR_SHUTTING_DOWN, "the server is shutting down");
  } else if (spool->put_count >= PUTS_MAX) {
    error = error_make(ERROR_BUSY, "too many deliveries wait to be spooled");
  } else {
    entry->next = NULL;
    entry->is_kept = false;
    *spool->end_of_puts = entry;
    spool->end_of_puts = &entry->next;
    spool->put_count++;
    (void)pthread_cond_broadcast(&spool->changed);
  }
  (void)pthread_mutex_unlock(&spool->mutex);
  return error;
}

/* Cuts off the first entries of what was put; the mutex is held. */
static struct spool_entry *take_puts(struct spool *spool, size_t *count)
{
  struct spool_entry *first = spool->first_put;
  struct spool_entry **end = &first;
  for (*count = 0; *end != NULL && *count < WRITE_MAX; (*count)++) {
    end = &(*end)->next;
  }
  spool->first_put = *end;
  if (spool->first_put == NULL) {
    spool->end_of_puts = &spool->first_put;
  }
  *end = NULL;
  spool->put_count -= *count;
  return first;
}

/* Those that still have room. */
static size_t choose_fitting(const struct spool *spool, struct spool_entry *first, struct spool_entry **fitting)
{
  uint64_t bytes = spool->file != NULL ? spool_file_totals(spool->file)->bytes : (uint64_t)spool->settings.bytes_max;
  size_t count = 0;
  for (struct spool_entry *entry = first; entry != NULL; entry = entry->next) {
    uint64_t more = spool_entry_bytes(entry);
    if (bytes + more <= (uint64_t)spool->settings.bytes_max) {
      bytes += more;
      fitting[count++] = entry;
    }
  }
  return count;
}

/* Neighbours with the same on_done go to it as one list. */
static void end_puts(struct spool_entry *first)
{
  while (first != NULL) {
    struct spool_entry *last = first;
    while (last->next != NULL && last->next->on_done == first->on_done) {
      last = last->next;
    }
    struct spool_entry *rest = last->next;
    last->next = NULL;
    first->on_done(first);
    first = rest;
  }
}

static void write_puts(struct spool *spool, struct spool_entry *first, size_t total)
{
  struct spool_entry *fitting[WRITE_MAX];
  size_t count = choose_fitting(spool, first, fitting);
  if (count < total && !spool->is_full) {
    LOG_WARNING("spool_full", "bytes_max=%lld help=%s", (long long)spool->settings.bytes_max,
                log_quote_cstring("deliveries are answered 503 until the database is back"));
  }
  spool->is_full = count < total;
  struct error error = count != 0 ? spool_file_put(spool->file, fitting, count) : error_none();
  if (error.code != ERROR_NONE) {
    after_file_error(spool, "spool_not_written", &error);
    count = 0;
  }
  for (size_t i = 0; i < count; i++) {
    fitting[i]->is_kept = true;
  }
  spool_metrics_put(&spool->metrics, count, total - count);
  publish_state(spool);
  end_puts(first);
}

/* ---- out ---- */

static void settle_all(struct spool *spool)
{
  uint64_t total = 0;
  for (int kind = 0; kind < SPOOL_KIND_COUNT; kind++) {
    uint64_t settled = 0;
    struct error error = spool_lane_settle(&spool->lanes[kind], spool->file, &settled);
    if (error.code != ERROR_NONE) {
      after_file_error(spool, "spool_not_emptied", &error);
    }
    total += settled;
  }
  if (total != 0) {
    spool_metrics_drained(&spool->metrics, total);
    publish_state(spool);
  }
}

/* Whether the takers may be called; while they are, spool_stop_draining waits. */
static bool enter_takers(struct spool *spool)
{
  (void)pthread_mutex_lock(&spool->mutex);
  spool->is_in_taker = spool->is_draining;
  (void)pthread_mutex_unlock(&spool->mutex);
  return spool->is_in_taker;
}

static void leave_takers(struct spool *spool)
{
  (void)pthread_mutex_lock(&spool->mutex);
  spool->is_in_taker = false;
  (void)pthread_cond_broadcast(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
}

static void drain_all(struct spool *spool)
{
  if (!enter_takers(spool)) {
    return;
  }
  for (int kind = 0; kind < SPOOL_KIND_COUNT && spool->file != NULL; kind++) {
    struct error error = spool_lane_drain(&spool->lanes[kind], spool->file);
    if (error.code != ERROR_NONE) {
      after_file_error(spool, "spool_not_read", &error);
    }
  }
  leave_takers(spool);
}

/* ---- the thread ---- */

void spool_wake(struct spool *spool)
{
  (void)pthread_mutex_lock(&spool->mutex);
  spool->is_woken = true;
  (void)pthread_cond_broadcast(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
}

static struct timespec tick_end(void)
{
  struct timespec end;
  (void)clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += TICK_MS * 1000000L;
  end.tv_sec += end.tv_nsec / 1000000000L;
  end.tv_nsec %= 1000000000L;
  return end;
}

/* Until something is to be done, at most a tick. False: everything is written, and the spool stops. */
static bool wait_for_work(struct spool *spool, struct spool_entry **first, size_t *count)
{
  struct timespec end = tick_end();
  int waited = 0;
  (void)pthread_mutex_lock(&spool->mutex);
  while (spool->first_put == NULL && !spool->is_woken && !spool->is_stopping && waited != ETIMEDOUT) {
    waited = pthread_cond_timedwait(&spool->changed, &spool->mutex, &end);
  }
  spool->is_woken = false;
  *first = take_puts(spool, count);
  bool goes_on = *first != NULL || !spool->is_stopping;
  (void)pthread_mutex_unlock(&spool->mutex);
  return goes_on;
}

static void *run(void *argument)
{
  struct spool *spool = argument;
  struct spool_entry *first = NULL;
  size_t count = 0;
  (void)pthread_setname_np(pthread_self(), "spool");
  while (wait_for_work(spool, &first, &count)) {
    if (first != NULL) {
      write_puts(spool, first, count);
    }
    settle_all(spool);
    drain_all(spool);
  }
  settle_all(spool);
  return NULL;
}

struct error spool_open(struct spool_settings settings, struct spool **spool)
{
  struct spool *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  made->arena = arena_new(PATH_ARENA_BYTES);
  made->end_of_puts = &made->first_put;
  made->is_draining = true;
  for (int kind = 0; kind < SPOOL_KIND_COUNT; kind++) {
    made->lanes[kind] = (struct spool_lane){.kind = (uint8_t)kind, .spool = made};
  }
  pthread_condattr_t attributes;
  (void)pthread_condattr_init(&attributes);
  (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&made->changed, &attributes);
  (void)pthread_condattr_destroy(&attributes);
  (void)pthread_mutex_init(&made->mutex, NULL);
  spool_metrics_register(&made->metrics, settings.metrics);
  struct error error = open_file(made);
  if (error.code != ERROR_NONE) {
    spool_stop(made);
    return error;
  }
  publish_state(made);
  *spool = made;
  return error;
}

void spool_set_taker(struct spool *spool, enum spool_kind kind, struct spool_taker taker)
{
  spool->lanes[kind].taker = taker;
}

struct error spool_start(struct spool *spool)
{
  int failed = pthread_create(&spool->thread, NULL, run, spool);
  if (failed != 0) {
    return error_make(ERROR_SETUP, "cannot start the thread of the spool: %s", strerror(failed));
  }
  spool->is_started = true;
  return error_none();
}

void spool_stop_draining(struct spool *spool)
{
  if (spool == NULL) {
    return;
  }
  (void)pthread_mutex_lock(&spool->mutex);
  spool->is_draining = false;
  while (spool->is_in_taker) {
    (void)pthread_cond_wait(&spool->changed, &spool->mutex);
  }
  (void)pthread_mutex_unlock(&spool->mutex);
}

void spool_stop(struct spool *spool)
{
  if (spool == NULL) {
    return;
  }
  (void)pthread_mutex_lock(&spool->mutex);
  spool->is_draining = false;
  spool->is_stopping = true;
  (void)pthread_cond_broadcast(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
  if (spool->is_started) {
    (void)pthread_join(spool->thread, NULL);
  }
  spool_file_close(spool->file);
  (void)pthread_cond_destroy(&spool->changed);
  (void)pthread_mutex_destroy(&spool->mutex);
  arena_free(spool->arena);
  free(spool);
}
