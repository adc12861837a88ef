#include "server/db/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/db/parameters.h"
#include "server/log.h"

/* One statement on its way. */
struct step {
  const struct sql_statement *statement;
  const struct db_parameters *parameters;
  bool prepares; /* its PREPARE travels just before it */
  PGresult *result;
};

struct db_pipeline {
  struct arena *arena;
  struct step *steps;
  struct db_rows *rows;
  int count;
  int capacity;
  bool has_begun;
  struct error begin_error;
};

enum { FIRST_STEPS = 8, STATEMENT_NAME_MAX = 16 };

/* Statements are known by their address: each lives once in the program. A linear search over some dozens is the cheapest. */
static int find_prepared(const struct db_connection *connection, const struct sql_statement *statement)
{
  for (int i = 0; i < connection->prepared_count; i++) {
    if (connection->prepared[i] == statement) {
      return i;
    }
  }
  return -1;
}

static int add_prepared(struct db_connection *connection, const struct sql_statement *statement)
{
  const int free_slot = find_prepared(connection, NULL);
  if (free_slot >= 0) {
    connection->prepared[free_slot] = statement;
    return free_slot;
  }
  if (connection->prepared_count == connection->prepared_capacity) {
    const int capacity = connection->prepared_capacity == 0 ? FIRST_STEPS : connection->prepared_capacity * 2;
    const struct sql_statement **grown = realloc(connection->prepared, (size_t)capacity * sizeof(const struct sql_statement *));
    if (grown == NULL) {
      abort();
    }
    connection->prepared = grown;
    connection->prepared_capacity = capacity;
  }
  connection->prepared[connection->prepared_count] = statement;
  return connection->prepared_count++;
}

/* The slot stays, so that the others keep their numbers, which are their names on the server. */
static void forget_prepared(struct db_connection *connection, const struct sql_statement *statement)
{
  const int slot = find_prepared(connection, statement);
  if (slot >= 0) {
    connection->prepared[slot] = NULL;
  }
}

static bool send_step(struct db_connection *connection, struct step *step)
{
  static const struct db_parameters NO_PARAMETERS = {0};
  const struct db_parameters *parameters = step->parameters != NULL ? step->parameters : &NO_PARAMETERS;
  int slot = find_prepared(connection, step->statement);
  step->prepares = slot < 0;
  if (step->prepares) {
    slot = add_prepared(connection, step->statement);
  }
  char name[STATEMENT_NAME_MAX];
  snprintf(name, sizeof name, "s%d", slot);
  if (step->prepares && PQsendPrepare(connection->session, name, step->statement->text, 0, NULL) != 1) {
    return false;
  }
  return PQsendQueryPrepared(connection->session, name, parameters->count, parameters->values, parameters->lengths,
                             parameters->formats, 1) == 1;
}

/* One result and the NULL that libpq puts behind it. */
static struct error take_result(struct db_connection *connection, PGresult **result)
{
  TRY(session_next_result(connection, result));
  if (*result == NULL) {
    return session_lost(connection, PQerrorMessage(connection->session));
  }
  const ExecStatusType status = PQresultStatus(*result);
  if (status == PGRES_FATAL_ERROR) {
    const struct error error = session_statement_error(connection, *result);
    if (!connection->usable) {
      return error;
    }
  }
  PGresult *nothing = NULL;
  const struct error error = session_next_result(connection, &nothing);
  PQclear(nothing);
  return error;
}

/* Reads what a step brought. A refused statement goes into *refused (the first one stays); the returned error is a lost
 * connection. */
static struct error receive_step(struct db_connection *connection, struct step *step, struct error *refused)
{
  PGresult *prepared = NULL;
  if (step->prepares) {
    const struct error error = take_result(connection, &prepared);
    const bool is_refused = PQresultStatus(prepared) != PGRES_COMMAND_OK;
    if (is_refused) {
      forget_prepared(connection, step->statement);
    }
    if (error.code == ERROR_NONE && is_refused && refused->code == ERROR_NONE &&
        PQresultStatus(prepared) == PGRES_FATAL_ERROR) {
      *refused = session_statement_error(connection, prepared);
    }
    PQclear(prepared);
    TRY(error);
  }
  TRY(take_result(connection, &step->result));
  if (refused->code == ERROR_NONE && PQresultStatus(step->result) == PGRES_FATAL_ERROR) {
    *refused = session_statement_error(connection, step->result);
  }
  return error_none();
}

static struct error send_steps(struct db_connection *connection, struct step *steps, int count)
{
  if (!connection->usable) {
    return session_lost(connection, "");
  }
  bool sent = PQenterPipelineMode(connection->session) == 1;
  for (int i = 0; sent && i < count; i++) {
    sent = send_step(connection, &steps[i]);
  }
  sent = sent && PQpipelineSync(connection->session) == 1;
  return sent ? error_none() : session_lost(connection, PQerrorMessage(connection->session));
}

/* The results of all steps, then the sync that ends them. *failed_index is the step that was refused, or at which the
 * connection was lost. */
static struct error receive_steps(struct db_connection *connection, struct step *steps, int count, int *failed_index)
{
  struct error refused = error_none();
  for (int i = 0; i < count; i++) {
    const bool was_fine = refused.code == ERROR_NONE;
    *failed_index = was_fine ? i : *failed_index;
    TRY(receive_step(connection, &steps[i], &refused));
    if (was_fine && refused.code != ERROR_NONE) {
      LOG_DEBUG("statement_refused", "statement=%s sqlstate=%s", steps[i].statement->name, refused.sqlstate);
    }
  }
  *failed_index = refused.code == ERROR_NONE ? -1 : *failed_index;
  PGresult *sync = NULL;
  TRY(session_next_result(connection, &sync));
  const bool is_sync = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
  PQclear(sync);
  if (!is_sync || PQexitPipelineMode(connection->session) != 1) {
    return session_lost(connection, PQerrorMessage(connection->session));
  }
  return refused;
}

static struct error end_steps(struct db_connection *connection, struct step *steps, int count, struct error sent,
                              int *failed_index)
{
  *failed_index = -1;
  struct error error = sent;
  if (error.code == ERROR_NONE) {
    error = receive_steps(connection, steps, count, failed_index);
  }
  if (error.code != ERROR_NONE) {
    session_end_broken_transaction(connection);
  }
  return error;
}

static struct error run_steps(struct db_connection *connection, struct step *steps, int count, int *failed_index)
{
  return end_steps(connection, steps, count, send_steps(connection, steps, count), failed_index);
}

static void clear_result(void *result)
{
  PQclear(result);
}

struct db_pipeline *db_pipeline_new(struct arena *arena)
{
  struct db_pipeline *pipeline = arena_alloc(arena, sizeof *pipeline);
  pipeline->arena = arena;
  return pipeline;
}

void db_pipeline_add(struct db_pipeline *pipeline, const struct sql_statement *statement,
                     const struct db_parameters *parameters)
{
  if (pipeline->count == pipeline->capacity) {
    const int capacity = pipeline->capacity == 0 ? FIRST_STEPS : pipeline->capacity * 2;
    struct step *grown = arena_alloc_array(pipeline->arena, (size_t)capacity, sizeof *grown);
    if (pipeline->count != 0) {
      memcpy(grown, pipeline->steps, (size_t)pipeline->count * sizeof *grown);
    }
    pipeline->steps = grown;
    pipeline->capacity = capacity;
  }
  pipeline->steps[pipeline->count++] = (struct step){.statement = statement, .parameters = parameters};
}

void db_pipeline_begin(struct db_connection *connection, struct db_pipeline *pipeline)
{
  pipeline->has_begun = true;
  pipeline->begin_error = send_steps(connection, pipeline->steps, pipeline->count);
  if (pipeline->begin_error.code == ERROR_NONE) {
    (void)PQflush(connection->session); /* what fails now fails again when the results are asked for */
  }
}

struct error db_pipeline_run(struct db_connection *connection, struct db_pipeline *pipeline, int *failed_index)
{
  int failed = -1;
  if (!pipeline->has_begun) {
    db_pipeline_begin(connection, pipeline);
  }
  const struct error error = end_steps(connection, pipeline->steps, pipeline->count, pipeline->begin_error, &failed);
  pipeline->rows = arena_alloc_array(pipeline->arena, (size_t)pipeline->count, sizeof *pipeline->rows);
  for (int i = 0; i < pipeline->count; i++) {
    PGresult *result = pipeline->steps[i].result;
    pipeline->rows[i].result = result;
    if (result != NULL) {
      arena_defer(pipeline->arena, clear_result, result);
    }
  }
  if (failed_index != NULL) {
    *failed_index = failed;
  }
  return error;
}

const struct db_rows *db_pipeline_rows(const struct db_pipeline *pipeline, int index)
{
  return &pipeline->rows[index];
}

struct error db_query(struct db_connection *connection, struct arena *arena, const struct sql_statement *statement,
                      const struct db_parameters *parameters, const struct db_rows **rows)
{
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  db_pipeline_add(pipeline, statement, parameters);
  TRY(db_pipeline_run(connection, pipeline, NULL));
  *rows = db_pipeline_rows(pipeline, 0);
  return error_none();
}

struct error db_run(struct db_connection *connection, const struct sql_statement *statement,
                    const struct db_parameters *parameters, int64_t *affected)
{
  struct step step = {.statement = statement, .parameters = parameters};
  int failed = -1;
  const struct error error = run_steps(connection, &step, 1, &failed);
  if (error.code == ERROR_NONE && affected != NULL) {
    *affected = db_affected(&(struct db_rows){step.result});
  }
  PQclear(step.result);
  return error;
}
