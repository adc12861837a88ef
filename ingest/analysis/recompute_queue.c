#include "ingest/analysis/recompute_queue.h"

#include "ingest_sql.h"

static struct error run_at(struct db_connection *connection, const struct sql_statement *statement, int64_t now_us,
                           const struct recompute_job *job)
{
  struct arena *scratch = arena_new(1024);
  struct db_parameters *parameters = db_parameters_new(scratch);
  db_add_time(parameters, now_us);
  if (job != NULL) {
    db_add_int64(parameters, job->recompute_id);
  }
  const struct error error = db_run(connection, statement, parameters, NULL);
  arena_free(scratch);
  return error;
}

static void take_job(struct recompute_job *job, const struct db_rows *rows)
{
  *job = (struct recompute_job){.is_open = db_row_count(rows) == 1};
  if (job->is_open) {
    job->recompute_id = db_int64(rows, 0, 0);
    job->vehicle_id = db_int64(rows, 0, 1);
    job->from_us = db_time(rows, 0, 2);
    job->until_us = db_time(rows, 0, 3);
    job->needs_matching = db_bool(rows, 0, 4);
    job->last_vehicle_id = db_int64(rows, 0, 5);
  }
}

struct error recompute_next(struct db_connection *connection, int64_t now_us, struct recompute_job *job)
{
  struct arena *scratch = arena_new(1024);
  const struct db_rows *rows;
  *job = (struct recompute_job){.is_open = false};
  struct error error = db_query(connection, scratch, &SQL_READ_NEXT_RECOMPUTE, NULL, &rows);
  if (error.code == ERROR_NONE && db_row_count(rows) != 0) {
    error = run_at(connection, &SQL_MERGE_RECOMPUTES, now_us, NULL);
    if (error.code == ERROR_NONE) {
      error = db_query(connection, scratch, &SQL_READ_NEXT_RECOMPUTE, NULL, &rows);
    }
    if (error.code == ERROR_NONE) {
      take_job(job, rows);
      error = job->is_open ? run_at(connection, &SQL_START_RECOMPUTE, now_us, job) : error;
    }
  }
  arena_free(scratch);
  return error;
}

struct error recompute_vehicles(struct db_connection *connection, struct arena *arena, const struct recompute_job *job,
                                int64_t limit, int64_t **vehicle_ids, size_t *count)
{
  const struct db_rows *rows;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, job->vehicle_id);
  db_add_int64(parameters, job->last_vehicle_id);
  db_add_int64(parameters, limit);
  TRY(db_query(connection, arena, &SQL_LIST_RECOMPUTE_VEHICLES, parameters, &rows));
  *count = (size_t)db_row_count(rows);
  *vehicle_ids = arena_alloc_array(arena, *count, sizeof **vehicle_ids);
  for (size_t i = 0; i < *count; i++) {
    (*vehicle_ids)[i] = db_int64(rows, (int)i, 0);
  }
  return error_none();
}

struct error recompute_advance(struct db_connection *connection, const struct recompute_job *job, int64_t last_vehicle_id,
                               size_t count)
{
  struct arena *scratch = arena_new(1024);
  struct db_parameters *parameters = db_parameters_new(scratch);
  db_add_int64(parameters, job->recompute_id);
  db_add_int64(parameters, last_vehicle_id);
  db_add_int64(parameters, (int64_t)count);
  const struct error error = db_run(connection, &SQL_ADVANCE_RECOMPUTE, parameters, NULL);
  arena_free(scratch);
  return error;
}

struct error recompute_finish(struct db_connection *connection, const struct recompute_job *job, int64_t now_us)
{
  return run_at(connection, &SQL_FINISH_RECOMPUTE, now_us, job);
}

struct error recompute_ask_all(struct db_connection *connection, struct text reason, int64_t now_us)
{
  struct arena *scratch = arena_new(1024);
  struct db_parameters *parameters = db_parameters_new(scratch);
  db_add_time(parameters, now_us);
  db_add_text(parameters, reason);
  const struct error error = db_run(connection, &SQL_INSERT_RECOMPUTE_OF_ALL, parameters, NULL);
  arena_free(scratch);
  return error;
}
