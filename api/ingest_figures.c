#include "api/ingest_figures.h"

#include <math.h>

#include "api/row_list.h"
#include "api/source.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { REASONS_MAX = 50, CONFIRMATIONS_MAX = 50 };

static void write_count(struct json_writer *json, const char *key, int64_t count)
{
  json_key(json, key);
  json_int64(json, count);
}

static void write_time(struct json_writer *json, const char *key, int64_t time_us)
{
  json_key(json, key);
  if (time_us == 0) {
    json_null(json);
  } else {
    json_time(json, time_us);
  }
}

/* ---- paths ---- */

/* `row` -1: nothing has come by it. Seconds to a millisecond. */
static void write_path(struct json_writer *json, int64_t source, const struct db_rows *rows, int row)
{
  static const char *const counts[] = {"deliveries", "events", "stored", "duplicates", "duplicates_elsewhere", "rejected"};
  static const char *const times[] = {"first_received_at", "last_received_at", "last_recorded_at", "last_committed_at"};
  static const char *const seconds[] = {"last_lag_s", "lag_s", "last_age_s", "age_s"};
  json_begin_object(json);
  json_key(json, "path");
  json_cstring(json, source_name(source));
  for (int i = 0; i < 6; i++) {
    write_count(json, counts[i], row < 0 ? 0 : db_int64(rows, row, 1 + i));
  }
  for (int i = 0; i < 4; i++) {
    write_time(json, times[i], row < 0 || db_is_null(rows, row, 7 + i) ? 0 : db_time(rows, row, 7 + i));
  }
  for (int i = 0; i < 4; i++) {
    json_key(json, seconds[i]);
    json_decimal(json, row < 0 ? (double)NAN : db_double(rows, row, 11 + i), 3);
  }
  json_end_object(json);
}

/* Every way in is shown, also those by which nothing has come. */
static struct error write_paths(struct json_writer *json, struct db_connection *connection, struct arena *arena)
{
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_READ_INGEST_PATHS, NULL, &rows));
  json_key(json, "paths");
  json_begin_array(json);
  for (int64_t source = 1; source <= SOURCE_COUNT; source++) {
    int row = db_row_count(rows) - 1;
    while (row >= 0 && db_int64(rows, row, 0) != source) {
      row--;
    }
    write_path(json, source, rows, row);
  }
  json_end_array(json);
  return error_none();
}

/* ---- objects ---- */

enum object_state { STATE_WAITING, STATE_READING, STATE_READ, STATE_FAILED, STATE_MISSING, STATE_IGNORED, STATE_COUNT };
static const char *const STATES[STATE_COUNT] = {"waiting", "reading", "read", "failed", "missing", "ignored"};

struct object_counts {
  int64_t announced;
  int64_t states[STATE_COUNT];
  int64_t oldest_waiting_us; /* 0: none */
  int64_t events;
  int64_t stored;
  int64_t duplicates;
  int64_t rejected;
};

static enum object_state state_of(struct text name)
{
  int state = 0;
  while (state < STATE_COUNT - 1 && !text_equal(name, text_from(STATES[state]))) {
    state++;
  }
  return (enum object_state)state;
}

static size_t finder_of(const struct db_rows *rows, int row)
{
  const int64_t found_by = db_int64(rows, row, 0);
  return found_by >= 1 && found_by <= FOUND_BY_COUNT ? (size_t)found_by : 0;
}

/* What is in the queue, whenever it was announced. */
static void add_queued(struct object_counts *counts, const struct db_rows *rows)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    struct object_counts *count = &counts[finder_of(rows, row)];
    const int64_t oldest_us = db_time(rows, row, 3);
    count->states[state_of(db_text(rows, row, 1))] += db_int64(rows, row, 2);
    if (count->oldest_waiting_us == 0 || oldest_us < count->oldest_waiting_us) {
      count->oldest_waiting_us = oldest_us;
    }
  }
}

static void add_announced(struct object_counts *counts, const struct db_rows *rows)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    struct object_counts *count = &counts[finder_of(rows, row)];
    const enum object_state state = state_of(db_text(rows, row, 1));
    const bool is_queued = state == STATE_WAITING || state == STATE_READING || state == STATE_FAILED;
    count->announced += db_int64(rows, row, 2);
    count->states[state] += is_queued ? 0 : db_int64(rows, row, 2);
    count->events += db_int64(rows, row, 3);
    count->stored += db_int64(rows, row, 4);
    count->duplicates += db_int64(rows, row, 5);
    count->rejected += db_int64(rows, row, 6);
  }
}

static struct object_counts add_up(const struct object_counts *counts)
{
  struct object_counts all = {0};
  for (size_t i = 0; i <= FOUND_BY_COUNT; i++) {
    all.announced += counts[i].announced;
    for (int state = 0; state < STATE_COUNT; state++) {
      all.states[state] += counts[i].states[state];
    }
    if (counts[i].oldest_waiting_us != 0 &&
        (all.oldest_waiting_us == 0 || counts[i].oldest_waiting_us < all.oldest_waiting_us)) {
      all.oldest_waiting_us = counts[i].oldest_waiting_us;
    }
    all.events += counts[i].events;
    all.stored += counts[i].stored;
    all.duplicates += counts[i].duplicates;
    all.rejected += counts[i].rejected;
  }
  return all;
}

static void write_object_counts(struct json_writer *json, const struct object_counts *counts)
{
  for (int state = 0; state < STATE_COUNT; state++) {
    write_count(json, STATES[state], counts->states[state]);
  }
  write_time(json, "oldest_waiting_at", counts->oldest_waiting_us);
  write_count(json, "announced", counts->announced);
  write_count(json, "events", counts->events);
  write_count(json, "stored", counts->stored);
  write_count(json, "duplicates", counts->duplicates);
  write_count(json, "rejected", counts->rejected);
}

static void write_sweeps(struct json_writer *json, const struct db_rows *rows)
{
  json_key(json, "sweeps");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(rows); row++) {
    json_begin_object(json);
    json_text_column(json, "prefix", rows, row, 0);
    json_time_column(json, "started_at", rows, row, 1);
    json_time_column(json, "finished_at", rows, row, 2);
    json_int64_column(json, "objects", rows, row, 3);
    json_int64_column(json, "missing", rows, row, 4);
    json_int64_column(json, "missing_total", rows, row, 5);
    json_text_column(json, "error", rows, row, 6);
    json_end_object(json);
  }
  json_end_array(json);
}

static struct error write_objects(struct json_writer *json, struct db_connection *connection, struct arena *arena,
                                  int64_t since_us)
{
  struct object_counts counts[FOUND_BY_COUNT + 1] = {0};
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_time(parameters, since_us);
  TRY(db_query(connection, arena, &SQL_COUNT_QUEUED_OBJECTS, NULL, &rows));
  add_queued(counts, rows);
  TRY(db_query(connection, arena, &SQL_COUNT_ANNOUNCED_OBJECTS, parameters, &rows));
  add_announced(counts, rows);
  TRY(db_query(connection, arena, &SQL_LIST_SWEEPS, NULL, &rows));
  const struct object_counts all = add_up(counts);
  json_key(json, "objects");
  json_begin_object(json);
  json_key(json, "since");
  json_time(json, since_us);
  write_object_counts(json, &all);
  json_key(json, "found_by");
  json_begin_array(json);
  for (int64_t found_by = 1; found_by <= FOUND_BY_COUNT; found_by++) {
    json_begin_object(json);
    json_key(json, "found_by");
    json_cstring(json, found_by_name(found_by));
    write_object_counts(json, &counts[found_by]);
    json_end_object(json);
  }
  json_end_array(json);
  write_sweeps(json, rows);
  json_end_object(json);
  return error_none();
}

/* ---- rejected ---- */

static void write_reasons(struct json_writer *json, const struct db_rows *rows)
{
  json_key(json, "reasons");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(rows); row++) {
    json_begin_object(json);
    json_key(json, "source");
    json_cstring(json, source_name(db_int64(rows, row, 0)));
    json_text_column(json, "reason", rows, row, 1);
    json_int64_column(json, "count", rows, row, 2);
    json_int64_column(json, "open", rows, row, 3);
    json_time_column(json, "newest_at", rows, row, 4);
    json_int64_column(json, "newest_id", rows, row, 5);
    json_end_object(json);
  }
  json_end_array(json);
}

static struct error write_rejected(struct json_writer *json, struct db_connection *connection, struct arena *arena,
                                   int64_t since_us)
{
  struct db_parameters *since = db_parameters_new(arena);
  struct db_parameters *since_and_most = db_parameters_new(arena);
  const struct db_rows *totals;
  const struct db_rows *reasons;
  db_add_time(since, since_us);
  db_add_time(since_and_most, since_us);
  db_add_int64(since_and_most, REASONS_MAX);
  TRY(db_query(connection, arena, &SQL_COUNT_REJECTED_SINCE, since, &totals));
  TRY(db_query(connection, arena, &SQL_COUNT_REJECTED, since_and_most, &reasons));
  json_key(json, "rejected");
  json_begin_object(json);
  json_key(json, "since");
  json_time(json, since_us);
  json_int64_column(json, "count", totals, 0, 0);
  json_int64_column(json, "open", totals, 0, 1);
  write_reasons(json, reasons);
  json_end_object(json);
  return error_none();
}

static struct error write_confirmations(struct json_writer *json, struct db_connection *connection, struct arena *arena)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_int64(parameters, CONFIRMATIONS_MAX);
  TRY(db_query(connection, arena, &SQL_LIST_CONFIRMATIONS, parameters, &rows));
  json_key(json, "confirmations");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(rows); row++) {
    json_begin_object(json);
    json_text_column(json, "arn", rows, row, 0);
    json_text_column(json, "kind", rows, row, 1);
    json_text_column(json, "url", rows, row, 2);
    json_text_column(json, "state", rows, row, 3);
    json_text_column(json, "reason", rows, row, 4);
    json_time_column(json, "asked_at", rows, row, 5);
    json_time_column(json, "answered_at", rows, row, 6);
    json_int64_column(json, "tries", rows, row, 7);
    json_end_object(json);
  }
  json_end_array(json);
  return error_none();
}

struct error ingest_figures_write(struct json_writer *json, struct db_connection *connection, struct arena *arena,
                                  int64_t now_us)
{
  const int64_t since_us = now_us - US_PER_DAY;
  TRY(write_paths(json, connection, arena));
  TRY(write_objects(json, connection, arena, since_us));
  TRY(write_rejected(json, connection, arena, since_us));
  return write_confirmations(json, connection, arena);
}
