#include "ingest/objects/object_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/objects/object_ledger.h"
#include "server/db/steady_connection.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/queue.h"
#include "server/log.h"
#include "server/metrics.h"

enum { WAITING_MAX = 8192, TAKEN_MAX = 512, ENTRIES_MAX = 5000, ARENA_FIRST_BYTES = 256 * 1024, IDLE_CHECK_MS = 1000 };

struct object_queue {
  struct object_queue_settings settings;
  struct queue *queue;
  pthread_t thread;
  atomic_bool is_away;        /* no connection: announcings are refused at once */
  _Atomic int64_t stop_at_us; /* monotonic; 0: not stopping */
  struct counter *announced[FOUND_BY_COUNT];
  /* The thread's own. */
  struct steady_connection database;
  struct arena *arena;
  struct announcing *taken[TAKEN_MAX]; /* oldest first */
  size_t taken_count;
};

/* ---- handing back ---- */

static void hand_back_run(struct announcing **announcings, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    announcings[i]->next = i + 1 < count ? announcings[i + 1] : NULL;
  }
  announcings[0]->on_done(announcings[0]);
}

/* The first `count` of those that were taken. */
static void hand_back(struct object_queue *queue, size_t count, struct error outcome)
{
  size_t run_start = 0;
  for (size_t i = 0; i < count; i++) {
    queue->taken[i]->outcome = outcome;
  }
  for (size_t i = 1; i <= count; i++) {
    if (i == count || queue->taken[i]->on_done != queue->taken[run_start]->on_done) {
      hand_back_run(queue->taken + run_start, i - run_start);
      run_start = i;
    }
  }
  queue->taken_count -= count;
  memmove(queue->taken, queue->taken + count, queue->taken_count * sizeof queue->taken[0]);
}

static void fail_all(struct object_queue *queue, struct error outcome)
{
  for (;;) {
    if (queue->taken_count != 0) {
      hand_back(queue, queue->taken_count, outcome);
    }
    queue->taken_count = queue_take(queue->queue, (void **)queue->taken, TAKEN_MAX, 0);
    if (queue->taken_count == 0) {
      return;
    }
  }
}

/* ---- one transaction ---- */

/* How many of those that were taken make the next one. */
static size_t next_set(const struct object_queue *queue, size_t *entry_count)
{
  size_t count = 0;
  *entry_count = 0;
  while (count < queue->taken_count && (count == 0 || *entry_count < ENTRIES_MAX)) {
    *entry_count += queue->taken[count]->announcement_count;
    count++;
  }
  return count;
}

static struct object_entry *entries_of(struct object_queue *queue, size_t count, size_t entry_count)
{
  struct object_entry *entries = arena_alloc_array(queue->arena, entry_count, sizeof *entries);
  size_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    const struct announcing *announcing = queue->taken[i];
    for (size_t k = 0; k < announcing->announcement_count; k++) {
      entries[filled++] = (struct object_entry){&announcing->announcements[k], announcing->found_by};
    }
  }
  return entries;
}

static void tell(struct object_queue *queue, const size_t *new_counts)
{
  size_t sum = 0;
  for (int i = 0; i < FOUND_BY_COUNT; i++) {
    sum += new_counts[i];
    if (new_counts[i] != 0 && queue->announced[i] != NULL) {
      counter_add(queue->announced[i], new_counts[i]);
    }
  }
  if (sum != 0 && queue->settings.on_announced != NULL) {
    queue->settings.on_announced(queue->settings.context);
  }
}

static void write_next(struct object_queue *queue)
{
  size_t new_counts[FOUND_BY_COUNT] = {0};
  size_t entry_count = 0;
  size_t count = next_set(queue, &entry_count);
  arena_reset(queue->arena);
  struct error error = object_ledger_announce(queue->database.connection, queue->arena, entries_of(queue, count, entry_count),
                                              entry_count, clock_now_us(), new_counts);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_ERROR, "objects_not_announced", &error);
  }
  hand_back(queue, count, error);
  tell(queue, new_counts);
}

/* ---- the thread ---- */

static bool is_over(const struct object_queue *queue)
{
  int64_t stop_at_us = atomic_load(&queue->stop_at_us);
  return stop_at_us != 0 && (clock_monotonic_us() >= stop_at_us || queue->database.connection == NULL ||
                             (queue->taken_count == 0 && queue_depth(queue->queue) == 0));
}

static void *run(void *argument)
{
  struct object_queue *queue = argument;
  while (!is_over(queue)) {
    struct error error = steady_connection_ensure(&queue->database);
    atomic_store(&queue->is_away, error.code != ERROR_NONE);
    if (error.code != ERROR_NONE) {
      fail_all(queue, error);
    }
    int pause_ms = steady_connection_pause_ms(&queue->database);
    int timeout_ms = pause_ms > 0 ? pause_ms : IDLE_CHECK_MS;
    queue->taken_count += queue_take(queue->queue, (void **)queue->taken + queue->taken_count, TAKEN_MAX - queue->taken_count,
                                     queue->taken_count == 0 ? timeout_ms : 0);
    if (queue->taken_count != 0 && queue->database.connection != NULL) {
      write_next(queue);
    }
  }
  fail_all(queue, error_make(ERROR_SHUTTING_DOWN, "the server is shutting down"));
  return NULL;
}

static void register_metrics(struct object_queue *queue)
{
  for (int i = FOUND_BY_SNS; i < FOUND_BY_COUNT && queue->settings.metrics != NULL; i++) {
    char labels[32];
    (void)snprintf(labels, sizeof labels, "found_by=\"%s\"", found_by_word((enum found_by)i));
    queue->announced[i] = metrics_counter(queue->settings.metrics, "crumbtrail_objects_announced_total", labels,
                                          "Objects of S3 that were announced and not known before.");
  }
}

struct error object_queue_start(struct object_queue_settings settings, struct object_queue **queue)
{
  struct object_queue *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  made->queue = queue_new(WAITING_MAX);
  made->arena = arena_new(ARENA_FIRST_BYTES);
  steady_connection_init(&made->database, settings.database);
  register_metrics(made);
  struct error error = steady_connection_ensure(&made->database);
  atomic_store(&made->is_away, error.code != ERROR_NONE);
  if (pthread_create(&made->thread, NULL, run, made) != 0) {
    abort();
  }
  *queue = made;
  return error_none();
}

struct error object_queue_announce(struct object_queue *queue, struct announcing *announcing)
{
  if (atomic_load(&queue->stop_at_us) != 0) {
    return error_make(ERROR_SHUTTING_DOWN, "the server is shutting down");
  }
  if (atomic_load(&queue->is_away)) {
    return error_make(ERROR_DATABASE_AWAY, "the database cannot be reached");
  }
  announcing->outcome = error_none();
  if (!queue_push(queue->queue, announcing)) {
    return error_make(ERROR_BUSY, "too many announced objects wait to be stored");
  }
  return error_none();
}

bool object_queue_is_ready(const struct object_queue *queue)
{
  return !atomic_load(&queue->is_away) && atomic_load(&queue->stop_at_us) == 0;
}

void object_queue_stop(struct object_queue *queue, int grace_ms)
{
  if (queue == NULL) {
    return;
  }
  atomic_store(&queue->stop_at_us, clock_monotonic_us() + grace_ms * US_PER_MS);
  queue_close(queue->queue);
  (void)pthread_join(queue->thread, NULL);
  steady_connection_close(&queue->database);
  arena_free(queue->arena);
  queue_free(queue->queue);
  free(queue);
}
