#include "ingest/analysis/refold.h"

#include <stdlib.h>

#include "ingest/analysis/breadcrumb_reader.h"
#include "ingest/analysis/fold_roads.h"
#include "ingest_sql.h"

enum { ARENA_BYTES = 64 * 1024, VEHICLES_AT_A_TIME = 16, PAGE_MIN = 500, CATCH_UP_MAX = 100000 };

struct refold {
  struct arena *arena; /* of what is made */
  struct arena *page;  /* of what is being read */
  struct refold_settings settings;
  struct refold_item *items; /* ascending vehicle_id */
  size_t count;
  size_t first_reading; /* all before it have been read */
  size_t breadcrumbs;
};

/* ---- beginning ---- */

static int compare_wishes(const void *left, const void *right)
{
  const struct refold_item *a = left;
  const struct refold_item *b = right;
  return (a->wish.vehicle_id > b->wish.vehicle_id) - (a->wish.vehicle_id < b->wish.vehicle_id);
}

static struct refold_item *find_item(const struct refold *refold, int64_t vehicle_id)
{
  const struct refold_item key = {.wish = {.vehicle_id = vehicle_id}};
  return refold->count == 0 ? NULL : bsearch(&key, refold->items, refold->count, sizeof key, compare_wishes);
}

static struct error read_rules(struct refold *refold, struct db_connection *connection)
{
  int64_t *vehicle_ids = arena_alloc_array(refold->page, refold->count, sizeof *vehicle_ids);
  struct vehicle_rules **rules = arena_alloc_array(refold->page, refold->count, sizeof(struct vehicle_rules *));
  for (size_t i = 0; i < refold->count; i++) {
    vehicle_ids[i] = refold->items[i].wish.vehicle_id;
    rules[i] = &refold->items[i].rules;
  }
  return rule_book_read_vehicles(refold->settings.book, connection, vehicle_ids, rules, refold->count);
}

/* Where days were dropped, the checkpoint at the end of them is the beginning. */
static struct error read_beginning(struct refold *refold, struct db_connection *connection, int64_t *oldest_us)
{
  const struct db_rows *rows;
  bool is_needed = false;
  *oldest_us = INT64_MIN;
  for (size_t i = 0; i < refold->count; i++) {
    is_needed = is_needed || refold->items[i].wish.from_us == INT64_MIN;
  }
  if (!is_needed) {
    return error_none();
  }
  TRY(db_query(connection, refold->page, &SQL_READ_OLDEST_BREADCRUMB, NULL, &rows));
  *oldest_us = db_row_count(rows) == 1 && !db_is_null(rows, 0, 0) ? db_time(rows, 0, 0) : INT64_MIN;
  return error_none();
}

struct loaded {
  int64_t at_us;
  struct fold fold;
};

static void begin_item(struct refold *refold, struct refold_item *item, struct loaded *loaded, const struct checkpoint *stored,
                       size_t stored_count)
{
  const struct window_settings settings = {.vehicle_id = item->wish.vehicle_id,
                                           .context =
                                               rule_book_context(refold->settings.book, &item->rules, refold->settings.roads),
                                           .stored = stored,
                                           .stored_count = stored_count,
                                           .touched_until_us = item->wish.touched_until_us,
                                           .parts_from_us = refold->settings.parts_from_us};
  window_begin(&item->window, settings, &loaded->fold, loaded->at_us, loaded->at_us, refold->arena);
}

static struct error load_states(struct refold *refold, struct db_connection *connection, struct loaded *loaded)
{
  const struct db_rows *rows;
  int64_t oldest_us;
  TRY(read_beginning(refold, connection, &oldest_us));
  int64_t *vehicle_ids = arena_alloc_array(refold->page, refold->count, sizeof *vehicle_ids);
  int64_t *before_us = arena_alloc_array(refold->page, refold->count, sizeof *before_us);
  for (size_t i = 0; i < refold->count; i++) {
    vehicle_ids[i] = refold->items[i].wish.vehicle_id;
    before_us[i] = refold->items[i].wish.from_us == INT64_MIN ? oldest_us : refold->items[i].wish.from_us;
    loaded[i].at_us = WINDOW_BEGINNING;
  }
  struct db_parameters *parameters = db_parameters_new(refold->page);
  db_add_int64_array(parameters, vehicle_ids, NULL, refold->count);
  db_add_time_array(parameters, before_us, NULL, refold->count);
  db_add_int32(parameters, FOLD_FORMAT);
  TRY(db_query(connection, refold->page, &SQL_READ_CHECKPOINTS, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct refold_item *item = find_item(refold, db_int64(rows, row, 0));
    struct loaded *state = &loaded[item - refold->items];
    if (!fold_load(&state->fold, db_text(rows, row, 4))) {
      return error_make(ERROR_INTERNAL, "the checkpoint of vehicle %lld is damaged: delete the rows of analysis_checkpoint",
                        (long long)item->wish.vehicle_id);
    }
    state->at_us = db_time(rows, row, 1);
  }
  return error_none();
}

/* Ascending by vehicle, as the items are. */
static struct error begin_items(struct refold *refold, struct db_connection *connection, struct loaded *loaded)
{
  const struct db_rows *rows;
  int64_t *vehicle_ids = arena_alloc_array(refold->page, refold->count, sizeof *vehicle_ids);
  int64_t *after_us = arena_alloc_array(refold->page, refold->count, sizeof *after_us);
  for (size_t i = 0; i < refold->count; i++) {
    vehicle_ids[i] = refold->items[i].wish.vehicle_id;
    after_us[i] = loaded[i].at_us;
  }
  struct db_parameters *parameters = db_parameters_new(refold->page);
  db_add_int64_array(parameters, vehicle_ids, NULL, refold->count);
  db_add_time_array(parameters, after_us, NULL, refold->count);
  db_add_int32(parameters, FOLD_FORMAT);
  TRY(db_query(connection, refold->page, &SQL_LIST_CHECKPOINTS, parameters, &rows));
  const int row_count = db_row_count(rows);
  struct checkpoint *stored = arena_alloc_array(refold->arena, (size_t)row_count, sizeof *stored);
  int row = 0;
  for (size_t i = 0; i < refold->count; i++) {
    const int first = row;
    for (; row < row_count && db_int64(rows, row, 0) == vehicle_ids[i]; row++) {
      stored[row] = (struct checkpoint){.at_us = db_time(rows, row, 1),
                                        .kind = (enum checkpoint_kind)db_int64(rows, row, 2),
                                        .digest = db_int64(rows, row, 3)};
    }
    begin_item(refold, &refold->items[i], &loaded[i], &stored[first], (size_t)(row - first));
  }
  return error_none();
}

static struct error begin(struct refold *refold, struct db_connection *connection)
{
  struct loaded *loaded = arena_alloc_array(refold->page, refold->count, sizeof *loaded);
  for (size_t i = 0; i < refold->count; i++) {
    fold_init(&loaded[i].fold);
  }
  struct error error = read_rules(refold, connection);
  if (error.code == ERROR_NONE) {
    error = load_states(refold, connection, loaded);
  }
  if (error.code == ERROR_NONE) {
    error = begin_items(refold, connection, loaded);
  }
  for (size_t i = 0; i < refold->count; i++) {
    fold_free(&loaded[i].fold);
  }
  arena_reset(refold->page);
  return error;
}

struct error refold_new(struct db_connection *connection, struct refold_settings settings, const struct refold_wish *wishes,
                        size_t count, struct refold **made)
{
  struct arena *arena = arena_new(ARENA_BYTES);
  struct refold *refold = arena_alloc(arena, sizeof *refold);
  *refold = (struct refold){.arena = arena, .page = arena_new(ARENA_BYTES), .settings = settings, .count = count};
  refold->items = arena_alloc_array(arena, count, sizeof *refold->items);
  for (size_t i = 0; i < count; i++) {
    refold->items[i].wish = wishes[i];
    refold->items[i].new_from_us = INT64_MAX;
    fold_init(&refold->items[i].window.fold);
  }
  if (count > 1) {
    qsort(refold->items, count, sizeof *refold->items, compare_wishes);
  }
  const struct error error = count > 0 ? begin(refold, connection) : error_none();
  if (error.code != ERROR_NONE) {
    refold_free(refold);
    return error;
  }
  *made = refold;
  return error;
}

void refold_free(struct refold *refold)
{
  if (refold == NULL) {
    return;
  }
  for (size_t i = 0; i < refold->count; i++) {
    window_free(&refold->items[i].window);
    vehicle_rules_free(&refold->items[i].rules);
  }
  arena_free(refold->page);
  arena_free(refold->arena);
}

/* ---- reading ---- */

static struct breadcrumb_cursor cursor_of(const struct refold *refold, const struct refold_item *item)
{
  const struct window *window = &item->window;
  const bool has_begun = window->fold.last_recorded_at_us != INT64_MIN && window->fold.last_recorded_at_us >= window->from_us;
  return (struct breadcrumb_cursor){
      .vehicle_id = item->wish.vehicle_id,
      .recorded_at_us = has_begun ? window->fold.last_recorded_at_us : window->from_us,
      .version = has_begun ? window->fold.last_version : INT64_MIN,
      .after_seq = 0,
      .until_seq = refold->settings.until_seq,
      .pause_field = rule_book_vehicle_pause_field(refold->settings.book, &item->rules),
  };
}

/* A page of one vehicle. */
struct page {
  struct refold_item *item;
  struct fix *fixes;
  size_t count;
};

static void read_page(struct refold *refold, struct page *page, const struct db_rows *rows)
{
  page->count = (size_t)db_row_count(rows);
  page->fixes = arena_alloc_array(refold->page, page->count, sizeof *page->fixes);
  for (size_t i = 0; i < page->count; i++) {
    page->fixes[i] = breadcrumbs_read_fix(rows, (int)i);
  }
}

static void take_page(struct refold *refold, const struct page *page)
{
  for (size_t i = 0; i < page->count; i++) {
    if (!window_take(&page->item->window, &page->fixes[i])) {
      page->item->state = REFOLD_MET;
      return;
    }
    refold->breadcrumbs++;
  }
}

/* A page of each vehicle, in one round trip; then their roads, then they are folded. */
static struct error take_pages(struct refold *refold, struct db_connection *connection, struct db_pipeline *pipeline,
                               struct page *pages, size_t count)
{
  struct fold_track *tracks = arena_alloc_array(refold->page, count, sizeof *tracks);
  TRY(db_pipeline_run(connection, pipeline, NULL));
  for (size_t i = 0; i < count; i++) {
    read_page(refold, &pages[i], db_pipeline_rows(pipeline, (int)i));
    tracks[i] = (struct fold_track){&pages[i].item->window.fold, pages[i].fixes, pages[i].count};
  }
  TRY(fold_roads_prepare(refold->settings.roads, connection, refold->page, tracks, count));
  for (size_t i = 0; i < count; i++) {
    take_page(refold, &pages[i]);
  }
  return error_none();
}

static struct error read_pages(struct refold *refold, struct db_connection *connection, int64_t limit)
{
  struct page pages[VEHICLES_AT_A_TIME];
  size_t count = 0;
  struct db_pipeline *pipeline = db_pipeline_new(refold->page);
  for (size_t i = refold->first_reading; i < refold->count && count < VEHICLES_AT_A_TIME; i++) {
    if (refold->items[i].state == REFOLD_READING) {
      const struct breadcrumb_cursor cursor = cursor_of(refold, &refold->items[i]);
      breadcrumbs_add_page(pipeline, refold->page, &cursor, limit);
      pages[count++] = (struct page){.item = &refold->items[i]};
    }
  }
  TRY(take_pages(refold, connection, pipeline, pages, count));
  for (size_t i = 0; i < count; i++) {
    if (pages[i].item->state == REFOLD_READING && pages[i].count < (size_t)limit) {
      pages[i].item->state = REFOLD_ENDED;
    }
  }
  while (refold->first_reading < refold->count && refold->items[refold->first_reading].state != REFOLD_READING) {
    refold->first_reading++;
  }
  return error_none();
}

struct error refold_advance(struct refold *refold, struct db_connection *connection, size_t breadcrumbs_max, bool *is_done)
{
  const size_t until = refold->breadcrumbs + breadcrumbs_max;
  while (refold->first_reading < refold->count && refold->breadcrumbs < until) {
    const size_t each = (until - refold->breadcrumbs) / VEHICLES_AT_A_TIME;
    const struct error error = read_pages(refold, connection, each > PAGE_MIN ? (int64_t)each : PAGE_MIN);
    arena_reset(refold->page);
    TRY(error);
  }
  *is_done = refold->first_reading == refold->count;
  return error_none();
}

size_t refold_breadcrumbs(const struct refold *refold)
{
  return refold->breadcrumbs;
}

/* ---- what came meanwhile ---- */

void refold_tell(struct refold *refold, int64_t vehicle_id, int64_t first_recorded_at_us)
{
  struct refold_item *item = find_item(refold, vehicle_id);
  if (item != NULL && first_recorded_at_us < item->new_from_us) {
    item->new_from_us = first_recorded_at_us;
  }
}

/* Whether breadcrumbs that came meanwhile have to be read. */
static bool judge(struct refold_item *item)
{
  if (item->state == REFOLD_READING) {
    item->state = REFOLD_STALE;
  }
  if (item->new_from_us == INT64_MAX || item->state == REFOLD_STALE) {
    return false;
  }
  const int64_t end_us = item->state == REFOLD_MET ? item->window.until_us : item->window.fold.last_recorded_at_us + 1;
  if (item->new_from_us < end_us) {
    item->state = REFOLD_STALE;
  }
  return item->state == REFOLD_ENDED;
}

/* Behind its end nothing has come that is older: it goes on as if what came meanwhile had been there from the start. */
static struct error catch_up(struct refold *refold, struct db_connection *connection, int64_t until_seq)
{
  struct db_pipeline *pipeline = db_pipeline_new(refold->page);
  struct page *pages = arena_alloc_array(refold->page, refold->count, sizeof *pages);
  size_t count = 0;
  for (size_t i = 0; i < refold->count; i++) {
    struct refold_item *item = &refold->items[i];
    if (judge(item)) {
      struct breadcrumb_cursor cursor = cursor_of(refold, item);
      cursor.after_seq = refold->settings.until_seq;
      cursor.until_seq = until_seq;
      breadcrumbs_add_page(pipeline, refold->page, &cursor, CATCH_UP_MAX);
      pages[count++] = (struct page){.item = item};
    }
  }
  if (count == 0) {
    return error_none();
  }
  TRY(take_pages(refold, connection, pipeline, pages, count));
  for (size_t i = 0; i < count; i++) {
    if (pages[i].count >= CATCH_UP_MAX) {
      pages[i].item->state = REFOLD_STALE;
    }
  }
  return error_none();
}

struct error refold_finish(struct refold *refold, struct db_connection *connection, int64_t until_seq)
{
  const struct error error = catch_up(refold, connection, until_seq);
  arena_reset(refold->page);
  for (size_t i = 0; i < refold->count && error.code == ERROR_NONE; i++) {
    if (refold->items[i].state == REFOLD_ENDED) {
      window_finish(&refold->items[i].window, true);
    }
  }
  return error;
}

struct refold_item *refold_items(struct refold *refold, size_t *count)
{
  *count = refold->count;
  return refold->items;
}
