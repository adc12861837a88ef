#include "ingest/push/confirmer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest_sql.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/queue.h"
#include "server/log.h"

enum { QUEUE_MAX = 256, TAKEN_MAX = 32, CLAIMED_MAX = 16, OPERATOR_ROWS_MAX = 100, ANSWER_MAX_BYTES = 64 * 1024 };
enum { DATABASE_RETRY_MS = 5000 };
#define TRY_AGAIN_US (120 * US_PER_SECOND)
#define TOKEN_LIFE_US (2 * US_PER_DAY)

/* A request that came in, or a fetch that has ended. */
struct confirmer_task {
  struct confirmation *asked; /* NULL: a fetch */
  struct confirmer *confirmer;
  char *arn;
  char *url;
  int64_t asked_at_us;
  bool is_temporary;
  struct error error;
};

struct confirmer {
  struct confirmer_settings settings;
  struct queue *queue;
  pthread_t thread;
  atomic_bool is_stopping;
  /* The thread's own. */
  struct db_connection *connection; /* within a round of work */
  struct arena *arena;
  int wait_ms; /* until the next link is due; -1: none waits */
};

static const char *kind_name(enum confirmation_kind kind)
{
  return kind == CONFIRM_SUBSCRIPTION ? "subscription" : "destination";
}

/* ---- tasks ---- */

static struct confirmer_task *task_new(struct confirmer_task content)
{
  struct confirmer_task *task = malloc(sizeof *task);
  if (task == NULL) {
    error_out_of_memory(sizeof *task);
  }
  *task = content;
  return task;
}

static char *copy_of(struct text value)
{
  char *copy = strndup(value.data, value.length);
  if (copy == NULL) {
    error_out_of_memory(value.length);
  }
  return copy;
}

static void task_free(struct confirmer_task *task)
{
  free(task->arn);
  free(task->url);
  free(task);
}

/* ---- requests ---- */

static struct error keep(struct confirmer *confirmer, const struct confirmation *asked)
{
  struct db_parameters *row = db_parameters_new(confirmer->arena);
  db_add_text(row, asked->arn);
  db_add_text(row, text_from(kind_name(asked->kind)));
  db_add_text(row, asked->url);
  db_add_text(row, asked->is_allowed ? TEXT("waiting") : TEXT("operator"));
  db_add_time(row, asked->asked_at_us);
  if (asked->is_allowed) {
    db_add_time(row, asked->asked_at_us);
  } else {
    db_add_null(row);
  }
  TRY(db_run(confirmer->connection, &SQL_UPSERT_CONFIRMATION, row, NULL));
  struct db_parameters *limit = db_parameters_new(confirmer->arena);
  db_add_int64(limit, OPERATOR_ROWS_MAX);
  return db_run(confirmer->connection, &SQL_TRIM_CONFIRMATIONS, limit, NULL);
}

/* ---- fetches ---- */

/* On the client's thread. */
static void on_fetched(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct confirmer_task *task = context;
  task->error = outcome->error;
  task->is_temporary = outcome->is_temporary || outcome->result == AWS_CANCELLED;
  aws_request_free(request);
  if (!queue_push(task->confirmer->queue, task)) {
    task_free(task); /* the row is still waiting */
  }
}

static void fetch(struct confirmer *confirmer, struct text arn, struct text url, int64_t asked_at_us)
{
  struct confirmer_task *task = task_new(
      (struct confirmer_task){.confirmer = confirmer, .arn = copy_of(arn), .url = copy_of(url), .asked_at_us = asked_at_us});
  struct aws_handlers handlers = {.context = task, .on_done = on_fetched};
  struct aws_request *request = NULL;
  struct error error = aws_plain_get(task->url, confirmer->settings.link_endpoint_url, ANSWER_MAX_BYTES, handlers, &request);
  if (error.code == ERROR_NONE) {
    error = aws_submit(confirmer->settings.client, request);
  }
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "aws_link_not_fetched", &error);
    aws_request_free(request);
    task_free(task);
  }
}

static struct error fetch_due(struct confirmer *confirmer)
{
  int64_t now_us = clock_now_us();
  struct db_parameters *parameters = db_parameters_new(confirmer->arena);
  const struct db_rows *rows = NULL;
  db_add_time(parameters, now_us);
  db_add_time(parameters, now_us + TRY_AGAIN_US);
  db_add_int64(parameters, CLAIMED_MAX);
  TRY(db_query(confirmer->connection, confirmer->arena, &SQL_CLAIM_CONFIRMATIONS, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    fetch(confirmer, db_text(rows, row, 0), db_text(rows, row, 2), db_time(rows, row, 3));
  }
  return error_none();
}

static struct error finish(struct confirmer *confirmer, const struct confirmer_task *task)
{
  int64_t now_us = clock_now_us();
  bool is_confirmed = task->error.code == ERROR_NONE;
  bool is_over = is_confirmed || !task->is_temporary || now_us > task->asked_at_us + TOKEN_LIFE_US;
  if (is_confirmed) {
    LOG_INFO("aws_link_confirmed", "arn=%s", log_quote_cstring(task->arn));
  } else {
    LOG_WARNING("aws_link_not_confirmed", "arn=%s open=%s again=%s reason=%s", log_quote_cstring(task->arn),
                log_quote_cstring(task->url), is_over ? "no" : "yes", log_quote_cstring(task->error.detail));
  }
  struct db_parameters *row = db_parameters_new(confirmer->arena);
  db_add_text(row, text_from(task->arn));
  db_add_text(row, text_from(task->url));
  db_add_text(row, is_confirmed ? TEXT("confirmed") : is_over ? TEXT("failed") : TEXT("waiting"));
  if (is_confirmed) {
    db_add_null(row);
  } else {
    db_add_text(row, text_from(task->error.detail));
  }
  db_add_time(row, now_us);
  if (is_over) {
    db_add_null(row);
  } else {
    db_add_time(row, now_us + TRY_AGAIN_US);
  }
  return db_run(confirmer->connection, &SQL_FINISH_CONFIRMATION, row, NULL);
}

/* ---- the thread ---- */

static struct error do_task(struct confirmer *confirmer, struct confirmer_task *task)
{
  if (confirmer->connection == NULL) {
    return error_make(ERROR_DATABASE_AWAY, "the database cannot be reached");
  }
  return task->asked != NULL ? keep(confirmer, task->asked) : finish(confirmer, task);
}

static void end_task(struct confirmer_task *task, struct error outcome)
{
  if (task->asked != NULL) {
    task->asked->outcome = outcome;
    task->asked->on_done(task->asked);
  } else if (outcome.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "confirmation_not_kept", &outcome);
  }
  task_free(task);
}

static struct error find_next(struct confirmer *confirmer)
{
  const struct db_rows *rows = NULL;
  TRY(db_query(confirmer->connection, confirmer->arena, &SQL_SELECT_NEXT_CONFIRMATION, db_parameters_new(confirmer->arena),
               &rows));
  confirmer->wait_ms = -1;
  if (!db_is_null(rows, 0, 0)) {
    int64_t left_us = db_time(rows, 0, 0) - clock_now_us();
    int64_t most_us = 2 * TRY_AGAIN_US; /* whatever the clock does meanwhile */
    left_us = left_us < 0 ? 0 : left_us > most_us ? most_us : left_us;
    confirmer->wait_ms = (int)(left_us / US_PER_MS) + 1;
  }
  return error_none();
}

static void work(struct confirmer *confirmer, struct confirmer_task **tasks, size_t count)
{
  struct error error = db_open(confirmer->settings.database, &confirmer->connection);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "confirmer_cannot_connect", &error);
    confirmer->connection = NULL;
  }
  for (size_t i = 0; i < count; i++) {
    end_task(tasks[i], do_task(confirmer, tasks[i]));
  }
  if (error.code == ERROR_NONE) {
    error = fetch_due(confirmer);
  }
  if (error.code == ERROR_NONE) {
    error = find_next(confirmer);
  }
  if (error.code != ERROR_NONE) {
    confirmer->wait_ms = DATABASE_RETRY_MS;
  }
  db_close(confirmer->connection);
  confirmer->connection = NULL;
  arena_reset(confirmer->arena);
}

static void *run(void *argument)
{
  struct confirmer *confirmer = argument;
  struct confirmer_task *tasks[TAKEN_MAX];
  while (!atomic_load(&confirmer->is_stopping)) {
    size_t count = queue_take(confirmer->queue, (void **)tasks, TAKEN_MAX, confirmer->wait_ms);
    if (count != 0 || !atomic_load(&confirmer->is_stopping)) {
      work(confirmer, tasks, count);
    }
  }
  size_t left = queue_take(confirmer->queue, (void **)tasks, TAKEN_MAX, 0);
  for (; left != 0; left = queue_take(confirmer->queue, (void **)tasks, TAKEN_MAX, 0)) {
    for (size_t i = 0; i < left; i++) {
      end_task(tasks[i], error_make(ERROR_SHUTTING_DOWN, "the server is shutting down"));
    }
  }
  return NULL;
}

/* ---- from any thread ---- */

struct error confirmer_start(struct confirmer_settings settings, struct confirmer **confirmer)
{
  struct confirmer *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->settings = settings;
  made->queue = queue_new(QUEUE_MAX);
  made->arena = arena_new(4096);
  int failed = pthread_create(&made->thread, NULL, run, made);
  if (failed != 0) {
    arena_free(made->arena);
    queue_free(made->queue);
    free(made);
    return error_make(ERROR_SETUP, "cannot start the confirmer's thread: %s", strerror(failed));
  }
  *confirmer = made;
  return error_none();
}

struct error confirmer_ask(struct confirmer *confirmer, struct confirmation *confirmation)
{
  struct confirmer_task *task = task_new((struct confirmer_task){.asked = confirmation, .confirmer = confirmer});
  confirmation->outcome = error_none();
  if (queue_push(confirmer->queue, task)) {
    return error_none();
  }
  task_free(task);
  if (queue_is_closed(confirmer->queue)) {
    return error_make(ERROR_SHUTTING_DOWN, "the server is shutting down");
  }
  return error_make(ERROR_BUSY, "too many requests for confirmation wait");
}

void confirmer_stop(struct confirmer *confirmer)
{
  if (confirmer != NULL) {
    atomic_store(&confirmer->is_stopping, true);
    queue_close(confirmer->queue);
    (void)pthread_join(confirmer->thread, NULL);
  }
}

void confirmer_free(struct confirmer *confirmer)
{
  if (confirmer != NULL) {
    arena_free(confirmer->arena);
    queue_free(confirmer->queue);
    free(confirmer);
  }
}
