#include "ingest/analysis/analysis.h"

#include <assert.h>
#include <stdlib.h>

#include "ingest/analysis/analysis_state.h"
#include "ingest/analysis/breadcrumb_reader.h"
#include "ingest/analysis/fold_roads.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  ARENA_BYTES = 1 << 20,
  PAGE_NUMBERS = 20000, /* of the feed, in one pass */
  /* Further behind, vehicles are noted and worked off one after the other, which reads each of their days once. */
  FAR_BEHIND_NUMBERS = 400000,
  NOTED_NUMBERS_MAX = 4000000,
  /* What is late may cost a pass so many breadcrumbs; the rest waits for the background. */
  LATE_BREADCRUMBS_MAX = 60000,
  LATE_VEHICLES_MAX = 2000,
};

static const int64_t RECENT_US = INT64_C(26) * 3600 * US_PER_SECOND;

struct analysis *analysis_new(struct analysis_settings settings)
{
  struct analysis *analysis = calloc(1, sizeof *analysis);
  if (analysis == NULL) {
    error_out_of_memory(sizeof *analysis);
  }
  analysis->settings = settings;
  analysis->arena = arena_new(ARENA_BYTES);
  analysis->book = rule_book_new(settings.uses_estimates);
  analysis->roads = road_source_new();
  analysis->folds = live_folds_new();
  return analysis;
}

void analysis_free(struct analysis *analysis)
{
  if (analysis != NULL) {
    refold_free(analysis->refold);
    backlog_free(&analysis->backlog);
    live_folds_free(analysis->folds);
    road_source_free(analysis->roads);
    rule_book_free(analysis->book);
    arena_free(analysis->arena);
    free(analysis);
  }
}

int64_t analysis_recent_us(void)
{
  return clock_now_us() - RECENT_US;
}

struct analysis_lag analysis_lag(const struct analysis *analysis)
{
  return (struct analysis_lag){.seq = analysis->seq,
                               .breadcrumbs = analysis->head - analysis->seq,
                               .oldest_us = analysis->oldest_us,
                               .vehicles_behind = analysis->backlog.count,
                               .vehicles_in_memory = live_folds_count(analysis->folds)};
}

struct analysis_counts analysis_counts(const struct analysis *analysis)
{
  return analysis->counts;
}

/* ---- one pass ---- */

/* New breadcrumbs of one vehicle. */
struct group {
  int64_t vehicle_id;
  const struct vehicle_fix *fixes;
  size_t count;
  struct live_fold *live; /* NULL: not in memory */
};

struct pass {
  struct analysis *analysis;
  int64_t until_seq;
  struct new_breadcrumbs found;
  struct group *groups;
  size_t group_count;
  struct window *windows; /* of those that go on in memory */
  struct group **continued;
  size_t window_count;
  struct refold_wish *wishes;
  size_t wish_count;
  struct refold *refold; /* of those that do not; NULL: none */
  struct backlog_entry *postponed;
  size_t postponed_count;
  struct written_window *written;
  size_t written_count;
};

static void find_groups(struct pass *pass)
{
  const struct vehicle_fix *items = pass->found.items;
  struct arena *arena = pass->analysis->arena;
  pass->groups = arena_alloc_array(arena, pass->found.count, sizeof *pass->groups);
  assert(pass->groups != NULL);
  for (size_t i = 0; i < pass->found.count; i++) {
    struct group *last = pass->group_count > 0 ? &pass->groups[pass->group_count - 1] : NULL;
    if (last != NULL && last->vehicle_id == items[i].vehicle_id) {
      last->count++;
    } else {
      pass->groups[pass->group_count++] = (struct group){.vehicle_id = items[i].vehicle_id,
                                                         .fixes = &items[i],
                                                         .count = 1,
                                                         .live = live_folds_find(pass->analysis->folds, items[i].vehicle_id)};
    }
  }
  pass->windows = arena_alloc_array(arena, pass->group_count, sizeof *pass->windows);
  pass->continued = arena_alloc_array(arena, pass->group_count, sizeof(struct group *));
  pass->wishes = arena_alloc_array(arena, pass->group_count, sizeof *pass->wishes);
  pass->postponed = arena_alloc_array(arena, pass->group_count, sizeof *pass->postponed);
  pass->written = arena_alloc_array(arena, pass->group_count, sizeof *pass->written);
}

/* Of vehicles in memory, where rules have changed since. */
static struct error refresh_rules(struct pass *pass)
{
  struct analysis *analysis = pass->analysis;
  int64_t *vehicle_ids = arena_alloc_array(analysis->arena, pass->group_count, sizeof *vehicle_ids);
  struct vehicle_rules **rules = arena_alloc_array(analysis->arena, pass->group_count, sizeof(struct vehicle_rules *));
  size_t count = 0;
  for (size_t i = 0; i < pass->group_count; i++) {
    struct live_fold *live = pass->groups[i].live;
    if (live != NULL && live->rules.generation != rule_book_generation(analysis->book)) {
      vehicle_ids[count] = live->vehicle_id;
      rules[count++] = &live->rules;
    }
  }
  return rule_book_read_vehicles(analysis->book, analysis->connection, vehicle_ids, rules, count);
}

/* What was read for all looks at one field; a vehicle whose rule has another is read by itself. */
static bool has_its_pauses(const struct analysis *analysis, const struct vehicle_rules *rules)
{
  const struct text own = rule_book_vehicle_pause_field(analysis->book, rules);
  return own.data == NULL || text_equal(own, rule_book_pause_field(analysis->book));
}

static void postpone(struct pass *pass, int64_t vehicle_id, int64_t from_us)
{
  pass->postponed[pass->postponed_count++] = (struct backlog_entry){vehicle_id, from_us};
}

static void sort_out(struct pass *pass)
{
  struct analysis *analysis = pass->analysis;
  for (size_t i = 0; i < pass->group_count; i++) {
    struct group *group = &pass->groups[i];
    const struct fix *first = &group->fixes[0].fix;
    const struct backlog_entry *behind = backlog_find(&analysis->backlog, group->vehicle_id);
    if (analysis->refold != NULL) {
      refold_tell(analysis->refold, group->vehicle_id, first->recorded_at_us);
    }
    if (behind != NULL) {
      if (first->recorded_at_us < behind->from_us) {
        postpone(pass, group->vehicle_id, first->recorded_at_us);
      }
    } else if (group->live != NULL && fold_is_next(&group->live->fold, first->recorded_at_us, first->version) &&
               has_its_pauses(analysis, &group->live->rules)) {
      pass->continued[pass->window_count++] = group;
    } else if (pass->wish_count < LATE_VEHICLES_MAX) {
      pass->wishes[pass->wish_count++] =
          (struct refold_wish){group->vehicle_id, first->recorded_at_us, group->fixes[group->count - 1].fix.recorded_at_us};
    } else {
      postpone(pass, group->vehicle_id, first->recorded_at_us);
    }
  }
}

static struct error prepare_roads(struct pass *pass)
{
  struct analysis *analysis = pass->analysis;
  struct fold_track *tracks = arena_alloc_array(analysis->arena, pass->window_count, sizeof *tracks);
  for (size_t i = 0; i < pass->window_count; i++) {
    const struct group *group = pass->continued[i];
    struct fix *fixes = arena_alloc_array(analysis->arena, group->count, sizeof *fixes);
    for (size_t j = 0; j < group->count; j++) {
      fixes[j] = group->fixes[j].fix;
    }
    tracks[i] = (struct fold_track){&group->live->fold, fixes, group->count};
  }
  return fold_roads_prepare(analysis->roads, analysis->connection, analysis->arena, tracks, pass->window_count);
}

static void continue_one(struct pass *pass, size_t index)
{
  struct analysis *analysis = pass->analysis;
  struct live_fold *live = pass->continued[index]->live;
  struct window *window = &pass->windows[index];
  const struct window_settings settings = {.vehicle_id = live->vehicle_id,
                                           .context = rule_book_context(analysis->book, &live->rules, analysis->roads),
                                           .touched_until_us = WINDOW_NO_END,
                                           .parts_from_us = analysis_recent_us()};
  const int64_t from_us = live->fold.last_recorded_at_us == INT64_MIN ? WINDOW_BEGINNING : live->fold.last_recorded_at_us + 1;
  window_begin(window, settings, &live->fold, from_us, live->checkpoint_at_us, analysis->arena);
  window->since_checkpoint = live->since_checkpoint;
  for (size_t i = 0; i < pass->continued[index]->count; i++) {
    (void)window_take(window, &pass->continued[index]->fixes[i].fix);
  }
  analysis->counts.breadcrumbs += pass->continued[index]->count;
  window_finish(window, window_is_checkpoint_due(window));
  pass->written[pass->written_count++] =
      (struct written_window){.window = window, .may_lack_rows = live_fold_lacks_shown(live, window)};
}

static struct error fold_late(struct pass *pass)
{
  struct analysis *analysis = pass->analysis;
  const struct refold_settings settings = {analysis->book, analysis->roads, pass->until_seq, analysis_recent_us()};
  bool is_done = false;
  size_t count = 0;
  if (pass->wish_count == 0) {
    return error_none();
  }
  TRY(refold_new(analysis->connection, settings, pass->wishes, pass->wish_count, &pass->refold));
  TRY(refold_advance(pass->refold, analysis->connection, LATE_BREADCRUMBS_MAX, &is_done));
  TRY(refold_finish(pass->refold, analysis->connection, pass->until_seq));
  struct refold_item *items = refold_items(pass->refold, &count);
  for (size_t i = 0; i < count; i++) {
    if (items[i].state == REFOLD_STALE) {
      postpone(pass, items[i].wish.vehicle_id, items[i].wish.from_us);
    } else {
      pass->written[pass->written_count++] =
          (struct written_window){.window = &items[i].window, .may_lack_rows = true, .is_replay = true};
    }
  }
  analysis->counts.breadcrumbs += refold_breadcrumbs(pass->refold);
  return error_none();
}

struct error analysis_write(struct analysis *analysis, const struct written_window *windows, size_t count)
{
  int64_t changed = 0;
  const struct write_settings settings = {.rule_version = rule_book_version(analysis->book),
                                          .conditions_from_us = analysis_recent_us(),
                                          .parts_from_us = analysis_recent_us()};
  TRY(row_writer_write(analysis->connection, analysis->arena, windows, count, settings, &changed));
  analysis->counts.rows += (uint64_t)changed;
  return error_none();
}

static struct error commit(struct pass *pass)
{
  struct analysis *analysis = pass->analysis;
  struct db_parameters *progress = db_parameters_new(analysis->arena);
  db_add_int64(progress, pass->until_seq);
  db_add_time(progress, clock_now_us());
  TRY(db_run(analysis->connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(analysis_write(analysis, pass->written, pass->written_count));
  TRY(backlog_write(analysis->connection, analysis->arena, pass->postponed, pass->postponed_count));
  TRY(db_run(analysis->connection, &SQL_WRITE_ANALYSIS_PROGRESS, progress, NULL));
  return db_run(analysis->connection, &SQL_COMMIT_BATCH, NULL, NULL);
}

void analysis_keep(struct analysis *analysis, struct refold_item *item)
{
  struct live_fold *live = live_folds_add(analysis->folds, item->wish.vehicle_id);
  live_fold_take(live, &item->window);
  vehicle_rules_free(&live->rules);
  live->rules = item->rules;
  item->rules = (struct vehicle_rules){0};
  live->used_at = analysis->pass;
}

/* What is committed is what is in memory from now on. */
static void remember(struct pass *pass)
{
  struct analysis *analysis = pass->analysis;
  size_t count = 0;
  struct refold_item *items = pass->refold != NULL ? refold_items(pass->refold, &count) : NULL;
  for (size_t i = 0; i < pass->window_count; i++) {
    live_fold_take(pass->continued[i]->live, &pass->windows[i]);
    pass->continued[i]->live->used_at = analysis->pass;
  }
  for (size_t i = 0; i < count; i++) {
    if (items[i].state == REFOLD_ENDED) {
      analysis_keep(analysis, &items[i]);
    }
  }
  for (size_t i = 0; i < pass->postponed_count; i++) {
    backlog_add(&analysis->backlog, pass->postponed[i]);
    live_folds_drop(analysis->folds, pass->postponed[i].vehicle_id);
  }
  live_folds_trim(analysis->folds);
}

static struct error fold_all(struct pass *pass)
{
  if (pass->found.count == 0) {
    return commit(pass);
  }
  find_groups(pass);
  TRY(refresh_rules(pass));
  sort_out(pass);
  TRY(fold_late(pass));
  TRY(prepare_roads(pass));
  for (size_t i = 0; i < pass->window_count; i++) {
    continue_one(pass, i);
  }
  return commit(pass);
}

static struct error run_pass(struct analysis *analysis, int64_t until_seq)
{
  struct pass pass = {.analysis = analysis, .until_seq = until_seq};
  analysis->pass++;
  TRY(breadcrumbs_read_new(analysis->connection, analysis->arena, analysis->seq, until_seq,
                           rule_book_pause_field(analysis->book), &pass.found));
  const struct error error = fold_all(&pass);
  if (error.code == ERROR_NONE) {
    remember(&pass);
    analysis->seq = until_seq;
    analysis->oldest_us = pass.found.oldest_received_at_us == INT64_MAX ? 0 : pass.found.oldest_received_at_us;
    analysis->counts.passes++;
  }
  for (size_t i = 0; i < pass.window_count; i++) {
    window_free(&pass.windows[i]);
  }
  refold_free(pass.refold);
  return error;
}

/* ---- far behind ---- */

/* Only who has something new is noted: their days are read once, however many pieces the new breadcrumbs came in. */
static struct error note_behind(struct analysis *analysis, int64_t until_seq)
{
  const struct db_rows *rows;
  struct db_parameters *stretch = db_parameters_new(analysis->arena);
  struct db_parameters *progress = db_parameters_new(analysis->arena);
  db_add_int64(stretch, analysis->seq);
  db_add_int64(stretch, until_seq);
  db_add_int64(progress, until_seq);
  db_add_time(progress, clock_now_us());
  TRY(db_query(analysis->connection, analysis->arena, &SQL_LIST_NEW_VEHICLES, stretch, &rows));
  const size_t count = (size_t)db_row_count(rows);
  struct backlog_entry *entries = arena_alloc_array(analysis->arena, count, sizeof *entries);
  for (size_t i = 0; i < count; i++) {
    entries[i] = (struct backlog_entry){db_int64(rows, (int)i, 0), db_time(rows, (int)i, 1)};
    if (analysis->refold != NULL) {
      refold_tell(analysis->refold, entries[i].vehicle_id, entries[i].from_us);
    }
  }
  TRY(db_run(analysis->connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(backlog_write(analysis->connection, analysis->arena, entries, count));
  TRY(db_run(analysis->connection, &SQL_WRITE_ANALYSIS_PROGRESS, progress, NULL));
  TRY(db_run(analysis->connection, &SQL_COMMIT_BATCH, NULL, NULL));
  for (size_t i = 0; i < count; i++) {
    backlog_add(&analysis->backlog, entries[i]);
    live_folds_drop(analysis->folds, entries[i].vehicle_id);
  }
  LOG_INFO("analysis_far_behind", "breadcrumbs=%lld vehicles=%zu", (long long)(until_seq - analysis->seq), count);
  analysis->seq = until_seq;
  return error_none();
}

/* What is under way in the background goes by the rules from before: it begins again. */
static struct error follow_rules(struct analysis *analysis)
{
  const int64_t road_version = rule_book_road_version(analysis->book);
  refold_free(analysis->refold);
  analysis->refold = NULL;
  TRY(rule_book_read(analysis->book, analysis->connection));
  if (rule_book_road_version(analysis->book) != road_version) {
    road_source_forget(analysis->roads);
  }
  return error_none();
}

static struct error read_head(struct analysis *analysis)
{
  const struct db_rows *rows;
  TRY(db_query(analysis->connection, analysis->arena, &SQL_READ_ANALYSIS_PROGRESS, NULL, &rows));
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "the tables feed and analysis_progress must have one row each");
  }
  analysis->head = db_int64(rows, 0, 1);
  if (analysis->head < analysis->seq || db_bool(rows, 0, 2)) {
    return error_make(ERROR_INTERNAL, "the feed has begun anew");
  }
  return db_int64(rows, 0, 3) == rule_book_version(analysis->book) ? error_none() : follow_rules(analysis);
}

struct error analysis_pass(struct analysis *analysis, bool *is_behind)
{
  arena_reset(analysis->arena);
  *is_behind = false;
  TRY(read_head(analysis));
  const int64_t behind = analysis->head - analysis->seq;
  if (behind <= 0) {
    return error_none();
  }
  if (behind > FAR_BEHIND_NUMBERS) {
    *is_behind = behind > NOTED_NUMBERS_MAX;
    return note_behind(analysis, analysis->seq + (behind < NOTED_NUMBERS_MAX ? behind : NOTED_NUMBERS_MAX));
  }
  *is_behind = behind > PAGE_NUMBERS;
  return run_pass(analysis, analysis->seq + (behind < PAGE_NUMBERS ? behind : PAGE_NUMBERS));
}
