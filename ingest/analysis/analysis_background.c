/* What is computed anew between the passes: vehicles that are behind first, then what changes of rules ask for. */
#include <stdlib.h>

#include "ingest/analysis/analysis_state.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  VEHICLES_AT_ONCE = 64,
  /* Between two looks at what is new. */
  PIECE_BREADCRUMBS = 40000,
};

/* ---- which vehicles ---- */

static struct error begin_refold(struct analysis *analysis, const struct refold_wish *wishes, size_t count)
{
  const struct refold_settings settings = {analysis->book, analysis->roads, analysis->seq, analysis_recent_us()};
  return refold_new(analysis->connection, settings, wishes, count, &analysis->refold);
}

static struct error begin_backlog(struct analysis *analysis)
{
  struct refold_wish wishes[VEHICLES_AT_ONCE];
  size_t count = 0;
  for (size_t i = 0; i < analysis->backlog.count && count < VEHICLES_AT_ONCE; i++) {
    const struct backlog_entry *entry = &analysis->backlog.entries[i];
    wishes[count++] = (struct refold_wish){entry->vehicle_id, entry->from_us, WINDOW_NO_END};
  }
  analysis->job = (struct recompute_job){.is_open = false};
  return begin_refold(analysis, wishes, count);
}

static struct error end_job(struct analysis *analysis)
{
  const struct error error = recompute_finish(analysis->connection, &analysis->job, clock_now_us());
  if (error.code == ERROR_NONE) {
    LOG_INFO("recomputed", "recompute=%lld", (long long)analysis->job.recompute_id);
  }
  analysis->job.is_open = false;
  return error;
}

static struct error begin_job(struct analysis *analysis)
{
  struct refold_wish wishes[VEHICLES_AT_ONCE];
  int64_t *vehicle_ids = NULL;
  size_t count = 0;
  TRY(recompute_next(analysis->connection, clock_now_us(), &analysis->job));
  if (!analysis->job.is_open) {
    return error_none();
  }
  TRY(recompute_vehicles(analysis->connection, analysis->arena, &analysis->job, VEHICLES_AT_ONCE, &vehicle_ids, &count));
  if (count == 0) {
    return end_job(analysis);
  }
  for (size_t i = 0; i < count; i++) {
    wishes[i] = (struct refold_wish){vehicle_ids[i], analysis->job.from_us, analysis->job.until_us};
  }
  return begin_refold(analysis, wishes, count);
}

/* ---- what became of them ---- */

static void list_results(struct analysis *analysis, struct refold_item *items, size_t count, struct written_window *windows,
                         size_t *window_count, struct backlog_entry *stale, size_t *stale_count)
{
  for (size_t i = 0; i < count; i++) {
    if (items[i].state == REFOLD_STALE) {
      const int64_t from_us = items[i].wish.from_us < items[i].new_from_us ? items[i].wish.from_us : items[i].new_from_us;
      stale[(*stale_count)++] = (struct backlog_entry){items[i].wish.vehicle_id, from_us};
    } else {
      windows[(*window_count)++] =
          (struct written_window){.window = &items[i].window, .may_lack_rows = true, .is_replay = true};
    }
  }
  analysis->counts.breadcrumbs += refold_breadcrumbs(analysis->refold);
}

/* Those that were behind are not any more, but for those that have to be done again. What a recomputation has done says nothing
 * of who fell behind meanwhile. */
static struct error write_backlog(struct analysis *analysis, const struct refold_item *items, size_t count,
                                  const struct backlog_entry *stale, size_t stale_count)
{
  int64_t *done = arena_alloc_array(analysis->arena, count, sizeof *done);
  size_t done_count = 0;
  for (size_t i = 0; i < count && !analysis->job.is_open; i++) {
    if (items[i].state != REFOLD_STALE) {
      done[done_count++] = items[i].wish.vehicle_id;
    }
  }
  TRY(backlog_erase(analysis->connection, analysis->arena, done, done_count));
  return backlog_write(analysis->connection, analysis->arena, stale, stale_count);
}

static struct error write_results(struct analysis *analysis, const struct written_window *windows, size_t window_count,
                                  const struct backlog_entry *stale, size_t stale_count)
{
  size_t count = 0;
  const struct refold_item *items = refold_items(analysis->refold, &count);
  TRY(db_run(analysis->connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(analysis_write(analysis, windows, window_count));
  TRY(write_backlog(analysis, items, count, stale, stale_count));
  if (analysis->job.is_open) {
    TRY(recompute_advance(analysis->connection, &analysis->job, items[count - 1].wish.vehicle_id, count));
  }
  return db_run(analysis->connection, &SQL_COMMIT_BATCH, NULL, NULL);
}

static void remember_results(struct analysis *analysis, const struct backlog_entry *stale, size_t stale_count)
{
  size_t count = 0;
  struct refold_item *items = refold_items(analysis->refold, &count);
  for (size_t i = 0; i < count; i++) {
    if (items[i].state != REFOLD_STALE && !analysis->job.is_open) {
      backlog_remove(&analysis->backlog, items[i].wish.vehicle_id);
    }
    if (items[i].state == REFOLD_ENDED && live_folds_find(analysis->folds, items[i].wish.vehicle_id) != NULL) {
      analysis_keep(analysis, &items[i]);
    }
  }
  for (size_t i = 0; i < stale_count; i++) {
    backlog_add(&analysis->backlog, stale[i]);
    live_folds_drop(analysis->folds, stale[i].vehicle_id);
  }
}

static struct error end_refold(struct analysis *analysis)
{
  size_t count = 0;
  size_t window_count = 0;
  size_t stale_count = 0;
  TRY(refold_finish(analysis->refold, analysis->connection, analysis->seq));
  struct refold_item *items = refold_items(analysis->refold, &count);
  struct written_window *windows = arena_alloc_array(analysis->arena, count, sizeof *windows);
  struct backlog_entry *stale = arena_alloc_array(analysis->arena, count, sizeof *stale);
  list_results(analysis, items, count, windows, &window_count, stale, &stale_count);
  TRY(write_results(analysis, windows, window_count, stale, stale_count));
  remember_results(analysis, stale, stale_count);
  refold_free(analysis->refold);
  analysis->refold = NULL;
  return error_none();
}

struct error analysis_background(struct analysis *analysis, bool *has_more)
{
  bool is_done = false;
  arena_reset(analysis->arena);
  *has_more = true;
  if (analysis->refold == NULL) {
    TRY(analysis->backlog.count != 0 ? begin_backlog(analysis) : begin_job(analysis));
    *has_more = analysis->refold != NULL || analysis->job.recompute_id != 0;
    return error_none();
  }
  TRY(refold_advance(analysis->refold, analysis->connection, PIECE_BREADCRUMBS, &is_done));
  return is_done ? end_refold(analysis) : error_none();
}
