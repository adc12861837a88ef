#include "ingest/objects/fetcher.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ingest/objects/fetcher_marks.h"
#include "ingest/objects/object_read.h"
#include "server/db/steady_connection.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  ARENA_FIRST_BYTES = 256 * 1024,
  MEMORY_OF_ONE_BYTES = 4 * 1024 * 1024, /* of events under way */
  SMALL_BYTES = 256 * 1024,
  UNKNOWN_SIZE_BYTES = 1024 * 1024,
  LARGE_ONES_BYTES = 16 * 1024 * 1024, /* transferred at a time; at least one */
  HELD_PER_READER = 4,                 /* in hand at a time: those beyond the transfers wait for one or for their commit */
  HELD_MIN = 64,
  TROUBLE_FIRST_MS = 1000,
  TROUBLE_MAX_MS = 30000,
};
#define LEASE_US (30 * US_PER_SECOND)
#define RENEW_EVERY_US (10 * US_PER_SECOND)
#define LOOK_EVERY_US US_PER_SECOND
#define LOOK_SOON_US (20 * US_PER_MS)

struct fetcher {
  struct fetcher_settings settings;
  struct object_read_settings reads;
  struct aws_client *client;
  struct fetcher_metrics metrics;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards what follows, up to is_idle */
  pthread_cond_t wake;
  pthread_cond_t idle;
  bool is_woken;
  bool is_announced; /* woken because there is something to claim */
  bool is_draining;
  bool is_idle; /* draining, and nothing is in hand any more */
  /* The thread's own. */
  struct steady_connection database;
  struct arena *arena;
  struct object_read **held;
  size_t held_count;
  size_t held_max;
  bool is_ending; /* is_draining as the thread has seen it */
  int64_t look_at_us;
  int64_t renew_at_us;
  int64_t paused_until_us;
  int trouble_ms;
  unsigned int seed;
};

/* ---- from other threads ---- */

static void wake_up(struct fetcher *fetcher, bool is_announced)
{
  pthread_mutex_lock(&fetcher->mutex);
  fetcher->is_woken = true;
  fetcher->is_announced |= is_announced;
  pthread_cond_signal(&fetcher->wake);
  pthread_mutex_unlock(&fetcher->mutex);
}

void fetcher_wake(void *fetcher)
{
  wake_up(fetcher, true);
}

static void on_transferred(struct object_read *read, void *context)
{
  atomic_store(&read->is_transferred, true);
  wake_up(context, false);
}

static void on_room(void *context)
{
  wake_up(context, false);
}

/* The fetcher may free it as soon as it is noted. */
static void on_done(struct object_read *read, void *context)
{
  atomic_store(&read->is_done, true);
  wake_up(context, false);
}

/* ---- finishing ---- */

static void finish_one(struct fetcher *fetcher, struct object_read *read)
{
  if (fetcher->is_ending && read->is_full) {
    read->is_finished = true;
    object_read_give_up(read);
    return;
  }
  if (read->is_full && !atomic_load(&read->has_room)) {
    return;
  }
  read->is_full = false;
  read->is_finished = true; /* before: it may be done and noted within the call */
  if (!object_read_finish(read)) {
    read->is_finished = false;
    read->is_full = true;
  }
}

static void finish_transferred(struct fetcher *fetcher)
{
  for (size_t i = 0; i < fetcher->held_count; i++) {
    struct object_read *read = fetcher->held[i];
    if (!read->is_finished && atomic_load(&read->is_transferred)) {
      finish_one(fetcher, read);
    }
  }
}

/* ---- marking ---- */

/* Nothing but trouble: the others would fare no better now. What was under way when the pause began makes it no longer. */
static void note_trouble(struct fetcher *fetcher, const struct fetcher_marks *marks)
{
  if (marks->trouble_count < marks->marked_count && marks->trouble_count != 0) {
    LOG_WARNING("objects_in_trouble", "objects=%zu detail=%s", marks->trouble_count, log_quote(marks->trouble));
  }
  if (marks->trouble_count == 0 || marks->trouble_count < marks->marked_count) {
    fetcher->trouble_ms = marks->marked_count != 0 ? TROUBLE_FIRST_MS : fetcher->trouble_ms;
    return;
  }
  int64_t now_us = clock_monotonic_us();
  if (now_us < fetcher->paused_until_us) {
    return;
  }
  fetcher->paused_until_us = now_us + fetcher->trouble_ms * US_PER_MS;
  LOG_WARNING("objects_paused", "ms=%d detail=%s", fetcher->trouble_ms, log_quote(marks->trouble));
  fetcher->trouble_ms = fetcher->trouble_ms * 2 < TROUBLE_MAX_MS ? fetcher->trouble_ms * 2 : TROUBLE_MAX_MS;
}

static void drop_done(struct fetcher *fetcher, struct object_read *const *done, size_t count)
{
  size_t kept = 0;
  size_t next = 0;
  for (size_t i = 0; i < fetcher->held_count; i++) {
    if (next < count && fetcher->held[i] == done[next]) {
      object_read_free(fetcher->held[i]);
      next++;
    } else {
      fetcher->held[kept++] = fetcher->held[i];
    }
  }
  fetcher->held_count = kept;
}

/* Without a database what is done waits for it: marking later is as good, unless another took the object meanwhile. */
static void mark_done(struct fetcher *fetcher)
{
  size_t count = 0;
  arena_reset(fetcher->arena);
  struct object_read **done = arena_alloc_array(fetcher->arena, fetcher->held_count, sizeof *done);
  for (size_t i = 0; i < fetcher->held_count; i++) {
    if (atomic_load(&fetcher->held[i]->is_done)) {
      done[count++] = fetcher->held[i];
    }
  }
  if (count == 0) {
    return;
  }
  struct error error = steady_connection_ensure(&fetcher->database);
  if (error.code != ERROR_NONE && !fetcher->is_ending) {
    return;
  }
  if (error.code == ERROR_NONE) {
    struct fetcher_marks marks = {.seed = fetcher->seed};
    error = fetcher_marks_write(fetcher->database.connection, fetcher->arena, done, count, &fetcher->metrics, &marks);
    fetcher->seed = marks.seed;
    fetcher->look_at_us = marks.has_replaced ? 0 : fetcher->look_at_us;
    note_trouble(fetcher, &marks);
  }
  if (error.code != ERROR_NONE) { /* they will be read again when their leases have ended */
    log_error(LOG_LEVEL_WARNING, "objects_not_marked", &error);
  }
  drop_done(fetcher, done, count);
}

/* ---- claiming ---- */

static void renew_leases(struct fetcher *fetcher, int64_t now_us)
{
  if (fetcher->held_count == 0 || now_us < fetcher->renew_at_us ||
      steady_connection_ensure(&fetcher->database).code != ERROR_NONE) {
    return;
  }
  arena_reset(fetcher->arena);
  const struct object_claim **claims = arena_alloc_array(fetcher->arena, fetcher->held_count, sizeof *claims);
  for (size_t i = 0; i < fetcher->held_count; i++) {
    claims[i] = &fetcher->held[i]->claim;
  }
  struct error error =
      object_ledger_renew(fetcher->database.connection, fetcher->arena, claims, fetcher->held_count, clock_now_us() + LEASE_US);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "object_leases_not_renewed", &error);
  }
  fetcher->renew_at_us = now_us + RENEW_EVERY_US;
}

static struct error claim_kind(struct fetcher *fetcher, bool of_backfill, size_t limit, size_t *claimed)
{
  int64_t now_us = clock_now_us();
  struct object_claiming claiming = {
      .of_backfill = of_backfill, .now_us = now_us, .lease_until_us = now_us + LEASE_US, .limit = (int)limit};
  struct object_claim *claims = NULL;
  *claimed = 0;
  arena_reset(fetcher->arena);
  TRY(object_ledger_claim(fetcher->database.connection, fetcher->arena, claiming, &claims, claimed));
  for (size_t i = 0; i < *claimed; i++) {
    fetcher->held[fetcher->held_count++] = object_read_new(&fetcher->reads, &claims[i]);
  }
  return error_none();
}

/* What happens now goes before what a back-fill has found, and has half of the room for itself. *pause_us: until it makes sense
 * to look again. */
static struct error claim(struct fetcher *fetcher, int64_t *pause_us)
{
  size_t room = fetcher->held_max - fetcher->held_count;
  size_t claimed = 0;
  TRY(steady_connection_ensure(&fetcher->database));
  TRY(claim_kind(fetcher, false, room, &claimed));
  *pause_us = claimed == room ? 0 : LOOK_EVERY_US;
  size_t half = fetcher->held_max / 2;
  room = fetcher->held_count < half ? half - fetcher->held_count : 0;
  if (claimed != 0 || room < fetcher->held_max / 8) {
    *pause_us = *pause_us != 0 ? LOOK_SOON_US : 0;
    return error_none();
  }
  TRY(claim_kind(fetcher, true, room, &claimed));
  *pause_us = claimed == room ? 0 : LOOK_EVERY_US;
  return error_none();
}

static void claim_more(struct fetcher *fetcher, int64_t now_us)
{
  bool is_worthwhile = fetcher->held_count <= fetcher->held_max / 4 * 3 && /* in sets, not one by one */
                       batch_writer_is_ready(fetcher->settings.writer);
  if (fetcher->is_ending || !is_worthwhile || now_us < fetcher->look_at_us || now_us < fetcher->paused_until_us) {
    return;
  }
  if (fetcher->held_count == 0) {
    fetcher->renew_at_us = now_us + RENEW_EVERY_US;
  }
  int64_t pause_us = LOOK_EVERY_US;
  struct error error = claim(fetcher, &pause_us);
  if (error.code != ERROR_NONE && error.code != ERROR_DATABASE_AWAY) {
    log_error(LOG_LEVEL_WARNING, "objects_not_claimed", &error);
  }
  fetcher->look_at_us = now_us + pause_us;
}

/* ---- transfers ---- */

static int64_t size_of(const struct object_read *read)
{
  return read->claim.size_bytes >= 0 ? read->claim.size_bytes : UNKNOWN_SIZE_BYTES;
}

/* Small objects as many at a time as readers are set. Large ones keep the reader of events busy one by one: a few at a time, in
 * the order in which they were claimed, because breadcrumbs that come in the order of time are stored at a fraction of the cost
 * of those that do not. */
static void start_transfers(struct fetcher *fetcher)
{
  int running = 0;
  int64_t large_bytes = 0;
  bool has_large_room = true;
  for (size_t i = 0; i < fetcher->held_count; i++) {
    const struct object_read *read = fetcher->held[i];
    bool is_running = read->is_started && !atomic_load(&read->is_transferred);
    running += is_running;
    large_bytes += is_running && size_of(read) > SMALL_BYTES ? size_of(read) : 0;
  }
  for (size_t i = 0; i < fetcher->held_count && running < fetcher->settings.readers; i++) {
    struct object_read *read = fetcher->held[i];
    bool is_large = size_of(read) > SMALL_BYTES;
    if (read->is_started || (is_large && !has_large_room)) {
      continue;
    }
    if (is_large && large_bytes != 0 && large_bytes + size_of(read) > LARGE_ONES_BYTES) {
      has_large_room = false;
      continue;
    }
    large_bytes += is_large ? size_of(read) : 0;
    running++;
    read->is_started = true;
    object_read_start(read);
  }
}

/* ---- the thread ---- */

static void cancel_transfers(struct fetcher *fetcher)
{
  for (size_t i = 0; i < fetcher->held_count; i++) {
    struct object_read *read = fetcher->held[i];
    if (!read->is_started) {
      read->is_started = read->is_finished = true;
      object_read_skip(read);
    } else if (!atomic_load(&read->is_transferred)) {
      object_read_cancel(read);
    }
  }
}

static void wait_for_work(struct fetcher *fetcher)
{
  int64_t timeout_us = LOOK_EVERY_US;
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t until_us = until.tv_sec * US_PER_SECOND + until.tv_nsec / 1000 + timeout_us;
  until = (struct timespec){.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
  pthread_mutex_lock(&fetcher->mutex);
  while (!fetcher->is_woken && pthread_cond_timedwait(&fetcher->wake, &fetcher->mutex, &until) == 0) {
  }
  if (fetcher->is_announced) {
    fetcher->look_at_us = 0;
  }
  bool begins_to_end = fetcher->is_draining && !fetcher->is_ending;
  fetcher->is_woken = fetcher->is_announced = false;
  fetcher->is_ending = fetcher->is_draining;
  pthread_mutex_unlock(&fetcher->mutex);
  if (begins_to_end) {
    cancel_transfers(fetcher);
  }
}

static void *run(void *argument)
{
  struct fetcher *fetcher = argument;
  while (!fetcher->is_ending || fetcher->held_count != 0) {
    int64_t now_us = clock_monotonic_us();
    finish_transferred(fetcher);
    mark_done(fetcher);
    renew_leases(fetcher, now_us);
    claim_more(fetcher, now_us);
    if (!fetcher->is_ending) {
      start_transfers(fetcher);
    }
    fetcher_metrics_in_hand(&fetcher->metrics, fetcher->held_count);
    if (!fetcher->is_ending || fetcher->held_count != 0) {
      wait_for_work(fetcher);
    }
  }
  pthread_mutex_lock(&fetcher->mutex);
  fetcher->is_idle = true;
  pthread_cond_signal(&fetcher->idle);
  pthread_mutex_unlock(&fetcher->mutex);
  return NULL;
}

/* ---- starting and stopping ---- */

static void init_conditions(struct fetcher *fetcher)
{
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&fetcher->wake, &attributes);
  pthread_cond_init(&fetcher->idle, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&fetcher->mutex, NULL);
}

static void free_fetcher(struct fetcher *fetcher)
{
  steady_connection_close(&fetcher->database);
  arena_free(fetcher->arena);
  pthread_cond_destroy(&fetcher->wake);
  pthread_cond_destroy(&fetcher->idle);
  pthread_mutex_destroy(&fetcher->mutex);
  free(fetcher->held);
  free(fetcher);
}

struct error fetcher_start(struct fetcher_settings settings, struct fetcher **fetcher)
{
  struct fetcher *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  made->settings.aws.requests_max = settings.readers;
  made->held_max = settings.readers * HELD_PER_READER > HELD_MIN ? (size_t)settings.readers * HELD_PER_READER : HELD_MIN;
  made->held = calloc(made->held_max, sizeof(struct object_read *));
  made->arena = arena_new(ARENA_FIRST_BYTES);
  made->trouble_ms = TROUBLE_FIRST_MS;
  made->seed = (unsigned int)clock_monotonic_us();
  steady_connection_init(&made->database, settings.database);
  made->database.setup = "SET synchronous_commit = off"; /* what a crash forgets of claims and marks is done again */
  fetcher_metrics_register(&made->metrics, settings.metrics);
  init_conditions(made);
  struct error error = aws_client_start(made->settings.aws, &made->client);
  if (error.code != ERROR_NONE) {
    free_fetcher(made);
    return error;
  }
  made->reads = (struct object_read_settings){.client = made->client,
                                              .writer = settings.writer,
                                              .events = &made->settings.events,
                                              .patterns = &made->settings.patterns,
                                              .memory_max_bytes = MEMORY_OF_ONE_BYTES,
                                              .on_transferred = on_transferred,
                                              .on_room = on_room,
                                              .on_done = on_done,
                                              .context = made};
  if (made->held == NULL || pthread_create(&made->thread, NULL, run, made) != 0) {
    abort();
  }
  *fetcher = made;
  return error_none();
}

void fetcher_drain(struct fetcher *fetcher, int grace_ms)
{
  if (fetcher == NULL) {
    return;
  }
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t until_us = until.tv_sec * US_PER_SECOND + until.tv_nsec / 1000 + grace_ms * US_PER_MS;
  until = (struct timespec){.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
  pthread_mutex_lock(&fetcher->mutex);
  fetcher->is_draining = fetcher->is_woken = true;
  pthread_cond_signal(&fetcher->wake);
  while (!fetcher->is_idle && pthread_cond_timedwait(&fetcher->idle, &fetcher->mutex, &until) == 0) {
  }
  pthread_mutex_unlock(&fetcher->mutex);
}

void fetcher_stop(struct fetcher *fetcher)
{
  if (fetcher == NULL) {
    return;
  }
  fetcher_drain(fetcher, 0);
  aws_client_stop(fetcher->client);
  (void)pthread_join(fetcher->thread, NULL);
  free_fetcher(fetcher);
}
