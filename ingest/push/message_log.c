#include "ingest/push/message_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "server/db/steady_connection.h"
#include "ingest_sql.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/queue.h"
#include "server/log.h"

enum { QUEUE_MAX = 8192, TAKEN_MAX = 512, IDLE_CHECK_MS = 1000, FORGOTTEN_MAX = 5000 };
#define KEPT_US US_PER_DAY /* SNS tries for an hour at most, Firehose for two */
#define FORGET_EVERY_US (3600 * US_PER_SECOND)

/* One thing to do: a question, or an id to remember. */
struct message_task {
  struct message_lookup *lookup; /* NULL: remember */
  uint8_t source;
  struct text message_id; /* borrows `bytes` when it is to be remembered, else the lookup's */
  int64_t received_at_us;
  char bytes[];
};

struct message_log {
  struct queue *queue;
  pthread_t thread;
  atomic_bool is_away;
  _Atomic int64_t stop_at_us; /* monotonic; 0: not stopping */
  /* The thread's own. */
  struct steady_connection database;
  struct arena *arena;
  struct message_task *taken[TAKEN_MAX];
  size_t taken_count;
  int64_t forget_at_us; /* monotonic */
};

/* ---- handing back ---- */

static void hand_back(struct message_lookup **lookups, size_t count)
{
  size_t start = 0;
  for (size_t i = 0; i < count; i++) {
    bool is_last = i + 1 == count || lookups[i + 1]->on_done != lookups[start]->on_done;
    lookups[i]->next = is_last ? NULL : lookups[i + 1];
    if (is_last) {
      size_t first = start;
      start = i + 1;
      lookups[first]->on_done(lookups[first]);
    }
  }
}

/* Ends everything that was taken. */
static void finish_taken(struct message_log *log)
{
  struct message_lookup *lookups[TAKEN_MAX];
  size_t count = 0;
  for (size_t i = 0; i < log->taken_count; i++) {
    if (log->taken[i]->lookup != NULL) {
      lookups[count++] = log->taken[i]->lookup;
    }
    free(log->taken[i]);
  }
  log->taken_count = 0;
  hand_back(lookups, count);
}

/* ---- the database ---- */

/* The columns of all tasks of one kind, in the arena. */
struct columns {
  int16_t *sources;
  struct text *ids;
  int64_t *times_us;
  size_t count;
};

static struct columns columns_of(const struct message_log *log, bool of_lookups)
{
  struct columns columns = {.sources = arena_alloc_array(log->arena, log->taken_count, sizeof(int16_t)),
                            .ids = arena_alloc_array(log->arena, log->taken_count, sizeof(struct text)),
                            .times_us = arena_alloc_array(log->arena, log->taken_count, sizeof(int64_t))};
  for (size_t i = 0; i < log->taken_count; i++) {
    const struct message_task *task = log->taken[i];
    if ((task->lookup != NULL) == of_lookups) {
      columns.sources[columns.count] = task->source;
      columns.ids[columns.count] = task->message_id;
      columns.times_us[columns.count++] = task->received_at_us;
    }
  }
  return columns;
}

static struct db_parameters *parameters_of(struct arena *arena, const struct columns *columns)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int16_array(parameters, columns->sources, NULL, columns->count);
  db_add_text_array(parameters, columns->ids, columns->count);
  return parameters;
}

static struct error remember(struct message_log *log)
{
  struct columns columns = columns_of(log, false);
  if (columns.count == 0) {
    return error_none();
  }
  struct db_parameters *parameters = parameters_of(log->arena, &columns);
  db_add_time_array(parameters, columns.times_us, NULL, columns.count);
  return db_run(log->database.connection, &SQL_INSERT_MESSAGES, parameters, NULL);
}

static void mark_known(struct message_log *log, uint8_t source, struct text message_id)
{
  for (size_t i = 0; i < log->taken_count; i++) {
    struct message_task *task = log->taken[i];
    if (task->lookup != NULL && task->source == source && text_equal(task->message_id, message_id)) {
      task->lookup->is_known = true;
    }
  }
}

static struct error look_up(struct message_log *log)
{
  struct columns columns = columns_of(log, true);
  if (columns.count == 0) {
    return error_none();
  }
  const struct db_rows *rows = NULL;
  TRY(db_query(log->database.connection, log->arena, &SQL_SELECT_KNOWN_MESSAGES, parameters_of(log->arena, &columns), &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    mark_known(log, (uint8_t)db_int64(rows, row, 0), db_text(rows, row, 1));
  }
  return error_none();
}

/* First what is to be remembered: the same message may be asked for right behind it. */
static void work(struct message_log *log)
{
  arena_reset(log->arena);
  struct error error = remember(log);
  if (error.code == ERROR_NONE) {
    error = look_up(log);
  }
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "message_log_failed", &error);
  }
}

/* So few at a time that nobody waits for it. */
static void forget_old(struct message_log *log)
{
  arena_reset(log->arena);
  struct db_parameters *parameters = db_parameters_new(log->arena);
  int64_t forgotten = 0;
  db_add_time(parameters, clock_now_us() - KEPT_US);
  db_add_int64(parameters, FORGOTTEN_MAX);
  struct error error = db_run(log->database.connection, &SQL_FORGET_MESSAGES, parameters, &forgotten);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "messages_not_forgotten", &error);
  }
  log->forget_at_us = clock_monotonic_us() + (forgotten == FORGOTTEN_MAX ? US_PER_SECOND : FORGET_EVERY_US);
}

/* ---- the thread ---- */

static bool is_over(const struct message_log *log)
{
  int64_t stop_at_us = atomic_load(&log->stop_at_us);
  return stop_at_us != 0 &&
         (log->database.connection == NULL || queue_depth(log->queue) == 0 || clock_monotonic_us() >= stop_at_us);
}

static void take(struct message_log *log, int timeout_ms)
{
  log->taken_count = queue_take(log->queue, (void **)log->taken, TAKEN_MAX, timeout_ms);
}

/* Without a database nothing is known: what comes meanwhile is new. */
static void *run(void *argument)
{
  struct message_log *log = argument;
  while (!is_over(log)) {
    bool is_away = steady_connection_ensure(&log->database).code != ERROR_NONE;
    atomic_store(&log->is_away, is_away);
    take(log, is_away ? steady_connection_pause_ms(&log->database) : IDLE_CHECK_MS);
    if (log->taken_count != 0 && !is_away) {
      work(log);
    }
    finish_taken(log);
    if (!is_away && clock_monotonic_us() >= log->forget_at_us) {
      forget_old(log);
    }
  }
  for (take(log, 0); log->taken_count != 0; take(log, 0)) {
    finish_taken(log);
  }
  return NULL;
}

/* ---- from any thread ---- */

static bool push(struct message_log *log, struct message_task *task)
{
  if (!queue_push(log->queue, task)) {
    free(task);
    return false;
  }
  return true;
}

static struct message_task *task_new(uint8_t source, struct text message_id, size_t copied_bytes)
{
  struct message_task *made = calloc(1, sizeof *made + copied_bytes);
  if (made == NULL) {
    error_out_of_memory(sizeof *made + copied_bytes);
  }
  made->source = source;
  made->message_id = message_id;
  return made;
}

bool message_log_find(struct message_log *log, struct message_lookup *lookup)
{
  lookup->is_known = false;
  if (atomic_load(&log->is_away) || lookup->message_id.length == 0 || lookup->message_id.length > MESSAGE_ID_MAX_BYTES) {
    return false;
  }
  struct message_task *task = task_new(lookup->source, lookup->message_id, 0);
  task->lookup = lookup;
  return push(log, task);
}

void message_log_remember(struct message_log *log, uint8_t source, struct text message_id, int64_t received_at_us)
{
  if (message_id.length == 0 || message_id.length > MESSAGE_ID_MAX_BYTES) {
    return;
  }
  struct message_task *task = task_new(source, message_id, message_id.length);
  memcpy(task->bytes, message_id.data, message_id.length);
  task->message_id.data = task->bytes;
  task->received_at_us = received_at_us;
  (void)push(log, task);
}

struct error message_log_start(struct db_settings database, struct message_log **log)
{
  struct message_log *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->queue = queue_new(QUEUE_MAX);
  made->arena = arena_new((size_t)64 * 1024);
  steady_connection_init(&made->database, database);
  atomic_store(&made->is_away, steady_connection_ensure(&made->database).code != ERROR_NONE);
  int failed = pthread_create(&made->thread, NULL, run, made);
  if (failed != 0) {
    steady_connection_close(&made->database);
    arena_free(made->arena);
    queue_free(made->queue);
    free(made);
    return error_make(ERROR_SETUP, "cannot start the thread of the message log: %s", strerror(failed));
  }
  *log = made;
  return error_none();
}

void message_log_stop(struct message_log *log, int grace_ms)
{
  if (log != NULL) {
    atomic_store(&log->stop_at_us, clock_monotonic_us() + grace_ms * US_PER_MS);
    queue_close(log->queue);
    (void)pthread_join(log->thread, NULL);
    steady_connection_close(&log->database);
  }
}

void message_log_free(struct message_log *log)
{
  if (log != NULL) {
    arena_free(log->arena);
    queue_free(log->queue);
    free(log);
  }
}
