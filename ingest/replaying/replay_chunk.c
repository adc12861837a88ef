#include "ingest/replaying/replay_chunk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/metrics.h"

struct replay_desk {
  struct replay_desk_settings settings;
  struct counter *counters[REPLAY_OUTCOME_COUNT];
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int waiting; /* chunks that wait for the writer */
  bool is_stopping;
};

const char *replay_outcome_name(enum replay_outcome outcome)
{
  static const char *const names[REPLAY_OUTCOME_COUNT] = {"stored", "duplicate", "rejected"};
  return names[outcome];
}

/* ---- through the reader ---- */

static void reject(struct replay_row *row, struct text field, struct text reason)
{
  row->outcome = REPLAY_REJECTED;
  row->field = field;
  row->reason = reason;
}

/* What is good of it becomes a delivery. What still cannot be read is a row of its own from then on, unless it is the same
 * bytes: then it is this row. */
static void read_events(struct replay_chunk *chunk, struct replay_row *row, int64_t received_at_us)
{
  struct delivery *delivery = &row->delivery;
  struct buffer scratch = {0};
  struct events events;
  /* What was rejected of an object of S3 says so in place of a request's id. */
  const bool is_of_file = text_starts_with(delivery->request_id, TEXT("s3://"));
  const struct event_input input = {.body = row->body,
                                    .file = is_of_file ? delivery->request_id : TEXT(""),
                                    .vehicle_hint = delivery->vehicle_hint,
                                    .now_us = received_at_us,
                                    .source = SOURCE_REPLAY};
  event_read(chunk->arena, &scratch, &chunk->desk->settings.events, &input, &events);
  buffer_free(&scratch);
  row->outcome = REPLAY_STORED;
  for (size_t i = 0; i < events.reject_count; i++) {
    if (events.breadcrumb_count == 0 || text_equal(events.rejects[i].body, row->body)) {
      reject(row, events.rejects[i].field, events.rejects[i].reason);
      break;
    }
  }
  if (events.breadcrumb_count == 0 && events.reject_count == 0) {
    reject(row, TEXT("$"), TEXT("no event in the body"));
  }
  delivery->breadcrumbs = events.breadcrumbs;
  delivery->breadcrumb_count = events.breadcrumb_count;
  delivery->rejects = events.rejects;
  delivery->reject_count = events.reject_count;
}

static void take_rows(struct replay_chunk *chunk, const struct db_rows *rows)
{
  const int64_t now_us = clock_now_us();
  chunk->count = (size_t)db_row_count(rows);
  chunk->rows = arena_alloc_array(chunk->arena, chunk->count, sizeof *chunk->rows);
  for (size_t i = 0; i < chunk->count; i++) {
    struct replay_row *row = &chunk->rows[i];
    const int at = (int)i;
    const struct text hint = db_text(rows, at, 2);
    row->rejected_id = db_int64(rows, at, 0);
    row->body = db_text(rows, at, 4);
    row->delivery = (struct delivery){.body = row->body,
                                      .vehicle_hint = hint.data != NULL ? hint : TEXT(""),
                                      .request_id = db_text(rows, at, 3),
                                      .received_at_us = now_us,
                                      .source = SOURCE_REPLAY,
                                      .is_repeatable = true,
                                      .owner = chunk};
    const size_t used_before = arena_used_bytes(chunk->arena);
    read_events(chunk, row, db_time(rows, at, 1));
    row->delivery.memory_bytes = arena_used_bytes(chunk->arena) - used_before + row->body.length;
  }
}

/* ---- through the writer ---- */

static void on_done(struct delivery *first)
{
  struct replay_chunk *chunk = first->owner;
  struct replay_desk *desk = chunk->desk;
  /* Of several chunks, when several handlers wait: each handler may end as soon as its last one is counted. */
  pthread_mutex_lock(&desk->lock);
  for (struct delivery *next = NULL, *delivery = first; delivery != NULL; delivery = next) {
    next = delivery->next;
    chunk = delivery->owner;
    chunk->under_way--;
  }
  pthread_cond_broadcast(&desk->changed);
  pthread_mutex_unlock(&desk->lock);
}

static struct error submit_all(struct replay_chunk *chunk)
{
  struct error error = error_none();
  for (size_t i = 0; i < chunk->count && error.code == ERROR_NONE; i++) {
    struct delivery *delivery = &chunk->rows[i].delivery;
    if (delivery->breadcrumb_count == 0) {
      continue;
    }
    delivery->on_done = on_done;
    pthread_mutex_lock(&chunk->desk->lock);
    chunk->under_way++;
    pthread_mutex_unlock(&chunk->desk->lock);
    error = batch_writer_submit(chunk->desk->settings.writer, delivery);
    if (error.code != ERROR_NONE) {
      pthread_mutex_lock(&chunk->desk->lock);
      chunk->under_way--;
      pthread_mutex_unlock(&chunk->desk->lock);
      delivery->outcome = error;
    }
  }
  return error;
}

/* The writer ends every delivery, also when it stops: this does not wait for ever. */
static struct error write_all(struct replay_chunk *chunk)
{
  struct replay_desk *desk = chunk->desk;
  pthread_mutex_lock(&desk->lock);
  const bool may_go = !desk->is_stopping;
  desk->waiting += may_go ? 1 : 0;
  pthread_mutex_unlock(&desk->lock);
  if (!may_go) {
    return error_make(ERROR_SHUTTING_DOWN, "the server is shutting down");
  }
  const struct error error = submit_all(chunk);
  pthread_mutex_lock(&desk->lock);
  while (chunk->under_way != 0) {
    pthread_cond_wait(&desk->changed, &desk->lock);
  }
  desk->waiting--;
  pthread_cond_broadcast(&desk->changed);
  pthread_mutex_unlock(&desk->lock);
  return error;
}

static struct error judge(struct replay_chunk *chunk)
{
  for (size_t i = 0; i < chunk->count; i++) {
    struct replay_row *row = &chunk->rows[i];
    const struct delivery *delivery = &row->delivery;
    if (delivery->breadcrumb_count == 0) {
      continue;
    }
    if (delivery->outcome.code == ERROR_BAD_INPUT) {
      reject(row, TEXT("$"), rejected_storable(text_copy(chunk->arena, text_from(delivery->outcome.detail))));
    } else if (delivery->outcome.code != ERROR_NONE) {
      return delivery->outcome;
    } else if (row->outcome == REPLAY_STORED && delivery->stored_count == 0) {
      row->outcome = REPLAY_DUPLICATE;
    }
  }
  return error_none();
}

/* ---- what the rows say from then on ---- */

static struct error note_outcomes(struct replay_chunk *chunk, struct db_connection *connection)
{
  struct arena *arena = chunk->arena;
  int64_t *ids = arena_alloc_array(arena, chunk->count, sizeof *ids);
  struct text *texts = arena_alloc_array(arena, chunk->count * 3, sizeof *texts);
  struct text *outcomes = texts, *fields = texts + chunk->count, *reasons = texts + chunk->count * 2;
  for (size_t i = 0; i < chunk->count; i++) {
    const struct replay_row *row = &chunk->rows[i];
    ids[i] = row->rejected_id;
    outcomes[i] = text_from(replay_outcome_name(row->outcome));
    fields[i] = row->field;
    reasons[i] = row->reason;
    counter_add(chunk->desk->counters[row->outcome], 1);
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, chunk->count);
  db_add_text_array(parameters, outcomes, chunk->count);
  db_add_text_array(parameters, fields, chunk->count);
  db_add_text_array(parameters, reasons, chunk->count);
  db_add_time(parameters, clock_now_us());
  return db_run(connection, &SQL_UPDATE_REJECTED_REPLAYS, parameters, NULL);
}

struct error replay_chunk_run(struct replay_chunk *chunk, struct db_connection *connection, const struct db_rows *rows)
{
  take_rows(chunk, rows);
  TRY(write_all(chunk));
  TRY(judge(chunk));
  return note_outcomes(chunk, connection);
}

/* ---- making ---- */

struct replay_desk *replay_desk_new(struct replay_desk_settings settings)
{
  struct replay_desk *desk = calloc(1, sizeof *desk);
  if (desk == NULL) {
    abort();
  }
  desk->settings = settings;
  pthread_mutex_init(&desk->lock, NULL);
  pthread_cond_init(&desk->changed, NULL);
  for (int outcome = 0; outcome < REPLAY_OUTCOME_COUNT; outcome++) {
    char labels[32];
    (void)snprintf(labels, sizeof labels, "result=\"%s\"", replay_outcome_name((enum replay_outcome)outcome));
    desk->counters[outcome] =
        metrics_counter(settings.metrics, "crumbtrail_rejected_replays_total", labels, "Rejected rows that were read again.");
  }
  return desk;
}

void replay_desk_stop(struct replay_desk *desk)
{
  if (desk == NULL) {
    return;
  }
  pthread_mutex_lock(&desk->lock);
  desk->is_stopping = true;
  while (desk->waiting != 0) {
    pthread_cond_wait(&desk->changed, &desk->lock);
  }
  pthread_mutex_unlock(&desk->lock);
}

void replay_desk_free(struct replay_desk *desk)
{
  if (desk != NULL) {
    pthread_mutex_destroy(&desk->lock);
    pthread_cond_destroy(&desk->changed);
    free(desk);
  }
}
