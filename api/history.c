#include "api/history.h"

#include "api_sql.h"
#include "server/base/clock.h"

enum {
  CELLS_MAX = 4096, /* 0.6 x 0.6 degrees; a larger box is read along time */
  PAGE_ARENA_BYTES = 256 * 1024,
  WINDOW_GROWTH = 4,
};
static const int64_t FIRST_WINDOW_US = 60 * US_PER_SECOND;

static void choose_statement(struct history *history, struct arena *request_arena)
{
  const struct history_filter *filter = &history->filter;
  if (filter->is_track) {
    history->statement = &SQL_LIST_TRACK;
  } else if (filter->has_vehicles && filter->has_box) {
    history->statement = &SQL_LIST_BREADCRUMBS_OF_VEHICLES_IN_BOX;
    history->is_sorting = true;
  } else if (filter->has_vehicles && filter->vehicle_count == 1) {
    history->statement = &SQL_LIST_BREADCRUMBS_OF_VEHICLE;
  } else if (filter->has_vehicles) {
    history->statement = &SQL_LIST_BREADCRUMBS_OF_VEHICLES;
    history->is_sorting = true;
  } else if (filter->has_box) {
    history->cells = arena_alloc_array(request_arena, CELLS_MAX, sizeof *history->cells);
    history->cell_count = grid_cells(filter->box, history->cells, CELLS_MAX);
    history->is_sorting = history->cell_count > 0;
    history->statement = history->cell_count > 0 ? &SQL_LIST_BREADCRUMBS_IN_BOX : &SQL_LIST_BREADCRUMBS_IN_WIDE_BOX;
  } else {
    history->statement = &SQL_LIST_BREADCRUMBS;
  }
}

struct history history_open(struct db_connection *connection, struct arena *request_arena, struct vehicle_names *names,
                            struct history_filter filter)
{
  struct history history = {
      .connection = connection,
      .names = names,
      .arena = arena_new_within(request_arena, PAGE_ARENA_BYTES),
      .filter = filter,
      .after = {filter.range.from_us, -1, INT64_MIN},
      .window_us = FIRST_WINDOW_US,
      .is_at_end = filter.has_vehicles && filter.vehicle_count == 0,
  };
  choose_statement(&history, request_arena);
  return history;
}

void history_resume(struct history *history, struct history_key after)
{
  history->after = after;
}

static void add_box(struct db_parameters *parameters, const struct grid_box *box)
{
  db_add_double(parameters, box->west_deg);
  db_add_double(parameters, box->south_deg);
  db_add_double(parameters, box->east_deg);
  db_add_double(parameters, box->north_deg);
}

static struct error read_until(struct history *history, int64_t to_us, size_t limit, struct position_page *page)
{
  const struct history_filter *filter = &history->filter;
  struct db_parameters *parameters = db_parameters_new(history->arena);
  db_add_time(parameters, history->after.recorded_at_us);
  db_add_time(parameters, to_us);
  db_add_int64(parameters, history->after.vehicle_id);
  db_add_int64(parameters, history->after.version);
  db_add_int64(parameters, (int64_t)limit);
  if (history->statement == &SQL_LIST_TRACK || history->statement == &SQL_LIST_BREADCRUMBS_OF_VEHICLE) {
    db_add_int64(parameters, filter->vehicle_ids[0]);
  } else if (filter->has_vehicles) {
    db_add_int64_array(parameters, filter->vehicle_ids, NULL, filter->vehicle_count);
  }
  if (filter->has_box) {
    add_box(parameters, &filter->box);
  }
  if (history->cell_count > 0 && history->statement == &SQL_LIST_BREADCRUMBS_IN_BOX) {
    db_add_int32_array(parameters, history->cells, NULL, history->cell_count);
  }
  return position_rows_query(history->connection, history->arena, history->names, history->statement, parameters, false, page);
}

static void note_last(struct history *history, const struct position_page *page)
{
  const struct position *last = &page->positions[page->count - 1];
  history->after = (struct history_key){last->recorded_at_us, last->vehicle_id, last->version};
}

/* Windows start where there is anything at all, not in the year 2000. */
static struct error skip_to_first(struct history *history)
{
  struct db_parameters *parameters = db_parameters_new(history->arena);
  db_add_time(parameters, history->after.recorded_at_us);
  const struct db_rows *rows;
  TRY(db_query(history->connection, history->arena, &SQL_FIND_FIRST_BREADCRUMB, parameters, &rows));
  history->has_started = true;
  history->is_at_end = db_row_count(rows) == 0 || db_time(rows, 0, 0) >= history->filter.range.to_us;
  if (!history->is_at_end && db_time(rows, 0, 0) > history->after.recorded_at_us) {
    history->after = (struct history_key){db_time(rows, 0, 0), -1, INT64_MIN};
  }
  return error_none();
}

/* Twice the time that a full page spans: what is left of a window that was too large is not sorted again for every page. */
static int64_t window_after(const struct position_page *page)
{
  const int64_t span_us = page->positions[page->count - 1].recorded_at_us - page->positions[0].recorded_at_us;
  return span_us * 2 > FIRST_WINDOW_US ? span_us * 2 : FIRST_WINDOW_US;
}

/* Statements that sort look at a window of time that grows while it brings little and shrinks to what a full page spans, so
 * that a page costs what it holds and not what is left of the range. */
static struct error read_windows(struct history *history, size_t limit, struct position_page *page)
{
  const int64_t end_us = history->filter.range.to_us;
  if (!history->has_started) {
    TRY(skip_to_first(history));
  }
  while (!history->is_at_end && page->count == 0) {
    const int64_t left_us = end_us - history->after.recorded_at_us;
    const bool is_last = left_us <= history->window_us;
    const int64_t to_us = is_last ? end_us : history->after.recorded_at_us + history->window_us;
    TRY(read_until(history, to_us, limit, page));
    if (page->count == limit) {
      note_last(history, page);
      history->window_us = window_after(page);
      return error_none();
    }
    history->is_at_end = is_last;
    history->window_us *= is_last ? 1 : WINDOW_GROWTH;
    history->after = (struct history_key){to_us, -1, INT64_MIN};
  }
  return error_none();
}

static struct error read_page(struct history *history, size_t limit, struct position_page *page)
{
  if (history->is_sorting) {
    return read_windows(history, limit, page);
  }
  TRY(read_until(history, history->filter.range.to_us, limit, page));
  history->is_at_end = page->count < limit;
  if (page->count > 0) {
    note_last(history, page);
  }
  return error_none();
}

struct error history_next(struct history *history, size_t limit, struct position_page *page)
{
  *page = (struct position_page){0};
  arena_reset(history->arena);
  return history->is_at_end ? error_none() : read_page(history, limit, page);
}

struct error history_collect(struct history *history, struct arena *arena, size_t limit, struct position_page *all)
{
  *all = (struct position_page){arena_alloc_array(arena, limit, sizeof *all->positions), 0};
  while (all->count < limit && !history->is_at_end) {
    struct position_page page;
    TRY(history_next(history, limit - all->count, &page));
    if (page.count > 0) {
      memcpy(all->positions + all->count, page.positions, page.count * sizeof *page.positions);
    }
    all->count += page.count;
  }
  return error_none();
}
