/* Where the analysis begins when it has a connection: what the database says, and what has changed since. */
#include "ingest/analysis/analysis_state.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

static struct error read_progress(struct analysis *analysis, bool *is_other_feed)
{
  const struct db_rows *rows;
  TRY(db_query(analysis->connection, analysis->arena, &SQL_READ_ANALYSIS_PROGRESS, NULL, &rows));
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "the tables feed and analysis_progress must have one row each");
  }
  analysis->seq = db_int64(rows, 0, 0);
  analysis->head = db_int64(rows, 0, 1);
  *is_other_feed = analysis->seq > analysis->head || db_bool(rows, 0, 2);
  return error_none();
}

/* Nothing of what another program, or the same one with other settings, has computed holds. */
static struct error ask_all(struct analysis *analysis, struct text reason)
{
  struct db_parameters *none = db_parameters_new(analysis->arena);
  db_add_int32(none, FOLD_FORMAT);
  TRY(db_run(analysis->connection, &SQL_DELETE_FOREIGN_CHECKPOINTS, none, NULL));
  return recompute_ask_all(analysis->connection, reason, clock_now_us());
}

static struct error follow_time_zone(struct analysis *analysis)
{
  int64_t changed = 0;
  struct db_parameters *zone = db_parameters_new(analysis->arena);
  db_add_text(zone, text_from(analysis->settings.time_zone));
  db_add_time(zone, clock_now_us());
  TRY(db_run(analysis->connection, &SQL_UPSERT_DEPOT_TIME_ZONE, zone, &changed));
  if (changed == 0 || analysis->seq == 0) {
    return error_none();
  }
  LOG_INFO("depot_time_zone_changed", "zone=%s", log_quote_cstring(analysis->settings.time_zone));
  return ask_all(analysis, TEXT("depot-time-zone"));
}

static struct error follow_estimates(struct analysis *analysis)
{
  int64_t changed = 0;
  struct db_parameters *estimates = db_parameters_new(analysis->arena);
  db_add_bool(estimates, analysis->settings.uses_estimates);
  db_add_time(estimates, clock_now_us());
  TRY(db_run(analysis->connection, &SQL_UPSERT_ESTIMATED_LIMITS, estimates, &changed));
  if (changed == 0 || analysis->seq == 0) {
    return error_none();
  }
  LOG_INFO("estimated_limits_changed", "used=%d", analysis->settings.uses_estimates);
  return ask_all(analysis, TEXT("estimated-limits"));
}

static struct error follow_format(struct analysis *analysis)
{
  const struct db_rows *rows;
  struct db_parameters *format = db_parameters_new(analysis->arena);
  db_add_int32(format, FOLD_FORMAT);
  TRY(db_query(analysis->connection, analysis->arena, &SQL_HAS_FOREIGN_CHECKPOINTS, format, &rows));
  return db_bool(rows, 0, 0) ? ask_all(analysis, TEXT("another version of crumbtrail")) : error_none();
}

/* The numbers of the feed have begun anew: all breadcrumbs are looked at as if they were new. */
static struct error follow_feed(struct analysis *analysis, bool is_other_feed)
{
  if (is_other_feed) {
    LOG_WARNING("analysis_begins_anew", "seq=%lld head=%lld", (long long)analysis->seq, (long long)analysis->head);
    TRY(ask_all(analysis, TEXT("another feed")));
    analysis->seq = 0;
  }
  return error_none();
}

/* What the rows in the database go by is made what this program goes by. */
static struct error follow(struct analysis *analysis, bool is_other_feed)
{
  TRY(follow_time_zone(analysis));
  TRY(follow_estimates(analysis));
  TRY(follow_format(analysis));
  return follow_feed(analysis, is_other_feed);
}

static struct error begin(struct analysis *analysis)
{
  bool is_other_feed = false;
  TRY(rule_book_read_days(analysis->book, analysis->connection, analysis->settings.time_zone));
  TRY(read_progress(analysis, &is_other_feed));
  TRY(db_run(analysis->connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(follow(analysis, is_other_feed));
  TRY(db_run(analysis->connection, &SQL_COMMIT_BATCH, NULL, NULL));
  TRY(rule_book_read(analysis->book, analysis->connection));
  return backlog_read(&analysis->backlog, analysis->connection);
}

struct error analysis_start(struct analysis *analysis, struct db_connection *connection)
{
  analysis->connection = connection;
  arena_reset(analysis->arena);
  refold_free(analysis->refold);
  analysis->refold = NULL;
  analysis->job = (struct recompute_job){.is_open = false};
  live_folds_clear(analysis->folds);
  road_source_forget(analysis->roads);
  return begin(analysis);
}

struct error analysis_tidy(struct analysis *analysis)
{
  arena_reset(analysis->arena);
  struct db_parameters *recent = db_parameters_new(analysis->arena);
  db_add_time(recent, analysis_recent_us());
  TRY(db_run(analysis->connection, &SQL_DELETE_ENDED_CONDITIONS, recent, NULL));
  return db_run(analysis->connection, &SQL_DELETE_OLD_CHECKPOINTS, NULL, NULL);
}
