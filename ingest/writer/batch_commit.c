#include "ingest/writer/batch_commit.h"

#include "ingest/writer/batch_history.h"
#include "ingest/writer/batch_parameters.h"
#include "ingest/writer/batch_paths.h"
#include "ingest_sql.h"
#include "server_db_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

/* After others have written, so many batches take the lock first: two busy servers then do not fail at every turn. */
enum { SHARED_BATCHES = 32 };
/* A copy costs a few round trips more than an INSERT within the pipeline, and much less for each row. */
enum { COPY_ROWS_MIN = 24 };
enum { NO_STEP = -1 };

/* One transaction on its way, and which steps of the pipeline it has. */
struct attempt {
  struct batch_store *store;
  struct batch *batch;
  bool is_locked; /* feed.head is ours already, up to the end of the transaction */
  bool is_wary;   /* what was thought new was not: rows that exist are stepped over */
  int64_t numbers_taken;
  int64_t head;
  size_t new_row_count;
  struct position_candidate *candidates;
  size_t candidate_count;
  struct db_pipeline *pipeline;
  struct db_copy *copy; /* when the new rows are not inserted by the pipeline */
  int step_count;
  int advance_step;
  int insert_step;
  int update_step; /* of the positions */
  size_t update_count;
  int path_steps[PATH_COUNT]; /* of the counts */
};

bool batch_error_is_of_data(const struct error *error)
{
  static const char *const classes[] = {"22", "23", "54"};
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
    if (error->code == ERROR_DATABASE_REFUSED && strncmp(error->sqlstate, classes[i], 2) == 0) {
      return true;
    }
  }
  return false;
}

static int add_step(struct attempt *attempt, const struct sql_statement *statement, const struct db_parameters *parameters)
{
  db_pipeline_add(attempt->pipeline, statement, parameters);
  return attempt->step_count++;
}

static void begin_steps(struct attempt *attempt)
{
  attempt->pipeline = db_pipeline_new(attempt->batch->arena);
  attempt->step_count = 0;
  attempt->advance_step = attempt->insert_step = attempt->update_step = NO_STEP;
}

/* Takes the lock, and learns whether others have written since our last batch. */
static struct error lock_feed(struct attempt *attempt)
{
  struct batch_store *store = attempt->store;
  struct db_parameters *parameters = db_parameters_new(attempt->batch->arena);
  attempt->numbers_taken = (int64_t)attempt->batch->row_count;
  db_add_int64(parameters, attempt->numbers_taken);
  begin_steps(attempt);
  (void)add_step(attempt, &SQL_BEGIN_BATCH, NULL);
  int step = add_step(attempt, &SQL_ADVANCE_FEED, parameters);
  TRY(db_pipeline_run(store->connection, attempt->pipeline, NULL));
  const struct db_rows *rows = db_pipeline_rows(attempt->pipeline, step);
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "the table feed must have one row");
  }
  attempt->head = db_int64(rows, 0, 0);
  if (attempt->head - attempt->numbers_taken != store->known_head) {
    store->shared_batches_ahead = store->known_head >= 0 ? SHARED_BATCHES : store->shared_batches_ahead;
    store->generation++;
  }
  return error_none();
}

static int64_t number_before(const struct attempt *attempt)
{
  return attempt->is_locked ? attempt->head - attempt->numbers_taken : attempt->store->known_head;
}

static bool copies(const struct attempt *attempt)
{
  return !attempt->is_wary && attempt->new_row_count >= COPY_ROWS_MIN;
}

static void add_positions(struct attempt *attempt)
{
  const struct batch *batch = attempt->batch;
  int64_t before = number_before(attempt);
  struct db_parameters *known = batch_position_parameters(batch, attempt->candidates, attempt->candidate_count, true, before);
  struct db_parameters *first = batch_position_parameters(batch, attempt->candidates, attempt->candidate_count, false, before);
  attempt->update_count = 0;
  for (size_t i = 0; i < attempt->candidate_count; i++) {
    attempt->update_count += attempt->candidates[i].row->vehicle->has_position ? 1 : 0;
  }
  if (known != NULL) {
    attempt->update_step = add_step(attempt, &SQL_UPDATE_POSITIONS, known);
  }
  if (first != NULL) {
    (void)add_step(attempt, &SQL_UPSERT_POSITIONS, first);
  }
}

static void add_insertions(struct attempt *attempt)
{
  struct batch *batch = attempt->batch;
  if (attempt->new_row_count != 0 && !copies(attempt)) {
    attempt->insert_step = add_step(attempt, &SQL_INSERT_BREADCRUMBS,
                                    batch_breadcrumb_parameters(batch, attempt->new_row_count, number_before(attempt)));
  }
  add_positions(attempt);
  if (batch->correction_count != 0) {
    struct db_parameters *cleared = batch_correction_parameters(batch, true);
    (void)add_step(attempt, &SQL_UPDATE_BREADCRUMB_FLAGS, batch_correction_parameters(batch, false));
    if (cleared != NULL) {
      (void)add_step(attempt, &SQL_RAISE_POSITIONS, cleared);
    }
  }
}

/* In the order of the sources, so that two writers do not wait for each other in a circle. */
static void add_paths(struct attempt *attempt)
{
  struct path_parameters paths[PATH_COUNT];
  batch_path_parameters(attempt->batch, clock_now_us(), paths);
  for (int source = 0; source < PATH_COUNT; source++) {
    attempt->path_steps[source] = NO_STEP;
    if (paths[source].count == NULL) {
      continue;
    }
    if ((attempt->store->known_paths & (1U << source)) == 0) {
      (void)add_step(attempt, &SQL_ENSURE_PATH, paths[source].ensure);
    }
    attempt->path_steps[source] = add_step(attempt, &SQL_COUNT_PATH, paths[source].count);
  }
}

static void add_all_steps(struct attempt *attempt)
{
  begin_steps(attempt);
  if (!attempt->is_locked) {
    (void)add_step(attempt, &SQL_BEGIN_BATCH, NULL);
    attempt->numbers_taken = (int64_t)attempt->new_row_count;
    if (attempt->new_row_count != 0) {
      struct db_parameters *parameters = db_parameters_new(attempt->batch->arena);
      db_add_int64(parameters, attempt->numbers_taken);
      db_add_int64(parameters, attempt->store->known_head);
      attempt->advance_step = add_step(attempt, &SQL_ADVANCE_FEED_FROM, parameters);
    }
  }
  add_insertions(attempt);
  if (attempt->batch->reject_count != 0) {
    (void)add_step(attempt, &SQL_INSERT_REJECTED, batch_rejected_parameters(attempt->batch));
  }
  if (attempt->new_row_count != 0) {
    (void)add_step(attempt, &SQL_NOTIFY_FEED, NULL);
  }
  add_paths(attempt);
  if (!copies(attempt)) {
    (void)add_step(attempt, &SQL_COMMIT_BATCH, NULL);
  }
}

/* A COPY cannot be part of a pipeline: it comes behind it, together with the end of the transaction. Its bytes are made while
 * the server works on the pipeline. */
static void begin_copy(struct attempt *attempt)
{
  db_pipeline_begin(attempt->store->connection, attempt->pipeline);
  attempt->copy = batch_breadcrumb_copy(attempt->batch, attempt->new_row_count, number_before(attempt));
}

static struct error copy_and_commit(struct attempt *attempt)
{
  return db_copy_run(attempt->store->connection, &SQL_COPY_BREADCRUMBS, attempt->copy, &SQL_COMMIT_BATCH);
}

/* *is_overtaken: others have written since; nothing was stored. */
static struct error run_attempt(struct attempt *attempt, bool *is_overtaken)
{
  struct batch_store *store = attempt->store;
  struct batch *batch = attempt->batch;
  int failed_step = NO_STEP;
  *is_overtaken = false;
  if (attempt->is_locked) {
    TRY(lock_feed(attempt));
  }
  if (batch->row_count != 0) {
    TRY(batch_history_apply(batch, store->connection, store->generation));
  }
  attempt->new_row_count = batch_new_row_count(batch);
  attempt->candidates = arena_alloc_bytes(batch->arena, batch->row_count * sizeof *attempt->candidates);
  attempt->candidate_count = batch_position_candidates(batch, attempt->candidates);
  add_all_steps(attempt);
  if (copies(attempt)) {
    begin_copy(attempt);
  }
  struct error error = db_pipeline_run(store->connection, attempt->pipeline, &failed_step);
  *is_overtaken = error.code == ERROR_DATABASE_REFUSED && failed_step != NO_STEP && failed_step == attempt->advance_step &&
                  strcmp(error.sqlstate, "23502") == 0;
  if (error.code == ERROR_NONE && attempt->advance_step != NO_STEP) {
    attempt->head = db_int64(db_pipeline_rows(attempt->pipeline, attempt->advance_step), 0, 0);
  }
  return error.code == ERROR_NONE && copies(attempt) ? copy_and_commit(attempt) : error;
}

/* The rows were thought new and some were not: somebody wrote past `feed`. Those with another number are duplicates; only
 * ingest_path has counted them as stored. */
static struct error find_unexpected(struct attempt *attempt)
{
  struct batch *batch = attempt->batch;
  const struct db_rows *stored = NULL;
  struct batch_row **rows = arena_alloc_array(batch->arena, attempt->new_row_count, sizeof(struct batch_row *));
  size_t count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    if (!batch->rows[i].exists) {
      rows[count++] = &batch->rows[i];
    }
  }
  TRY(batch_history_find_stored(batch, attempt->store->connection, rows, count, &stored));
  for (int row = 0; row < db_row_count(stored); row++) {
    int64_t ordinal = db_int64(stored, row, 0);
    if (db_int64(stored, row, 1) != attempt->head - attempt->numbers_taken + ordinal) {
      batch_row_found(rows[ordinal - 1], db_int64(stored, row, 2));
    }
  }
  attempt->store->generation++;
  return error_none();
}

static void remember(struct attempt *attempt)
{
  struct batch *batch = attempt->batch;
  uint64_t generation = attempt->store->generation;
  for (size_t i = 0; i < attempt->candidate_count; i++) {
    const struct position_candidate *candidate = &attempt->candidates[i];
    struct vehicle_state *vehicle = candidate->row->vehicle;
    if (vehicle->generation == generation) {
      vehicle->has_position = true;
      vehicle->position = candidate->row->key;
      vehicle->slow_since_us = candidate->slow_since_us;
    }
  }
  batch_history_remember(batch, generation);
  for (size_t i = 0; i < batch->row_count; i++) {
    struct batch_row *row = &batch->rows[i];
    if (row->exists) {
      row->delivery->duplicate_count++;
      row->delivery->duplicate_elsewhere_count += row->stored_source != row->delivery->source ? 1 : 0;
    } else {
      row->delivery->stored_count++;
    }
  }
}

/* Whether fewer rows were written than should have been, because somebody wrote past `feed`. */
static bool is_short(const struct attempt *attempt, int step, size_t expected)
{
  return step != NO_STEP && db_affected(db_pipeline_rows(attempt->pipeline, step)) < (int64_t)expected;
}

/* A row that somebody took away is made again with the next batch. */
static void remember_paths(struct attempt *attempt)
{
  for (int source = 0; source < PATH_COUNT; source++) {
    if (is_short(attempt, attempt->path_steps[source], 1)) {
      attempt->store->known_paths &= ~(1U << source);
    } else if (attempt->path_steps[source] != NO_STEP) {
      attempt->store->known_paths |= 1U << source;
    }
  }
}

/* Again under the lock, deriving everything anew. */
static struct error run_locked(struct attempt *attempt)
{
  bool is_overtaken = false;
  attempt->store->known_head = -1;
  attempt->store->generation++;
  attempt->is_locked = true;
  return run_attempt(attempt, &is_overtaken);
}

static struct error run_attempts(struct attempt *attempt)
{
  struct batch_store *store = attempt->store;
  bool is_overtaken = false;
  struct error error = run_attempt(attempt, &is_overtaken);
  if (is_overtaken) {
    LOG_INFO("feed_shared", "head=%lld", (long long)store->known_head);
    store->shared_batches_ahead = SHARED_BATCHES;
    error = run_locked(attempt);
  }
  if (error.code == ERROR_DATABASE_REFUSED && strcmp(error.sqlstate, "23505") == 0 && !attempt->is_wary) {
    LOG_WARNING("breadcrumbs_from_elsewhere", "detail=%s", log_quote_cstring(error.detail));
    attempt->is_wary = true;
    error = run_locked(attempt);
  }
  return error;
}

struct error batch_commit(struct batch_store *store, struct batch *batch)
{
  bool has_rows = batch->row_count != 0;
  struct attempt attempt = {
      .store = store, .batch = batch, .advance_step = NO_STEP, .insert_step = NO_STEP, .update_step = NO_STEP};
  attempt.is_locked = has_rows && (store->known_head < 0 || store->shared_batches_ahead > 0);
  struct error error = run_attempts(&attempt);
  if (error.code != ERROR_NONE) {
    store->known_head = -1;
    return error;
  }
  if (attempt.is_locked || attempt.advance_step != NO_STEP) {
    store->known_head = attempt.head;
  }
  if (attempt.is_locked && store->shared_batches_ahead > 0) {
    store->shared_batches_ahead--;
  }
  if (is_short(&attempt, attempt.insert_step, attempt.new_row_count)) {
    TRY(find_unexpected(&attempt));
  }
  remember(&attempt);
  remember_paths(&attempt);
  if (is_short(&attempt, attempt.update_step, attempt.update_count)) {
    store->generation++;
  }
  return error_none();
}
