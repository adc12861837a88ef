#include "api/speeding/report.h"

#include <math.h>
#include <stdlib.h>

#include "api/speeding/report_query.h"
#include "api_sql.h"
#include "server/base/clock.h"

/* ---- computing ---- */

static bool is_listed(const struct report *report, int64_t key)
{
  switch (report->group_by) {
  case GROUP_BY_VEHICLE:
    return wanted_names_hold(&report->filter->vehicles, key);
  case GROUP_BY_DRIVER:
    return wanted_names_hold(&report->filter->drivers, key);
  default:
    return true;
  }
}

/* The highest rate first, those that did not drive last. */
static int compare_rates(const void *left, const void *right)
{
  const struct report_row *a = left;
  const struct report_row *b = right;
  const double rate_a = a->now.distance_mm > 0.0 ? report_rate(&a->now) : -1.0;
  const double rate_b = b->now.distance_mm > 0.0 ? report_rate(&b->now) : -1.0;
  if (rate_a < rate_b || rate_a > rate_b) {
    return rate_a < rate_b ? 1 : -1;
  }
  if (a->now.episodes != b->now.episodes) {
    return a->now.episodes < b->now.episodes ? 1 : -1;
  }
  return (a->key > b->key) - (a->key < b->key);
}

static int compare_keys(const void *left, const void *right)
{
  const struct report_row *a = left;
  const struct report_row *b = right;
  return (a->key > b->key) - (a->key < b->key);
}

static void give_ranks(struct report *report)
{
  for (size_t i = 0; i < report->count; i++) {
    struct report_row *row = &report->rows[i];
    if (row->now.distance_mm > 0.0) {
      const bool is_equal = i > 0 && !(report_rate(&report->rows[i - 1].now) > report_rate(&row->now));
      row->rank = is_equal ? report->rows[i - 1].rank : (int64_t)i + 1;
      report->ranked++;
    }
  }
}

static void keep_listed(struct report *report)
{
  size_t kept = 0;
  for (size_t i = 0; i < report->count; i++) {
    report_sums_add(&report->fleet, &report->rows[i].now);
    report_sums_add(&report->fleet_previous, &report->rows[i].previous);
    if (is_listed(report, report->rows[i].key)) {
      report->rows[kept++] = report->rows[i];
      report_sums_add(&report->total, &report->rows[i].now);
      report_sums_add(&report->total_previous, &report->rows[i].previous);
    }
  }
  report->count = kept;
}

struct error report_make(struct report_memory *memory, struct db_connection *connection, const struct speeding_filter *filter,
                         enum report_group_by group_by, struct arena *arena, struct report *report)
{
  struct report_pieces pieces;
  struct report_groups groups;
  bool is_held = false;
  TRY(report_pieces_read(filter, group_by, arena, connection, &pieces));
  if (memory != NULL) {
    TRY(report_memory_sum(memory, connection, filter, group_by, &pieces, arena, &groups, &is_held));
  }
  if (!is_held) {
    TRY(report_query_sum(connection, filter, group_by, arena, &groups));
  }
  *report = (struct report){.filter = filter, .group_by = group_by, .is_whole_days = pieces.is_whole_days};
  report->rows = arena_alloc_array(arena, groups.count, sizeof *report->rows);
  report->count = groups.count;
  for (size_t i = 0; i < groups.count; i++) {
    report->rows[i] =
        (struct report_row){.key = groups.items[i].key, .now = groups.items[i].now, .previous = groups.items[i].previous};
  }
  qsort(report->rows, report->count, sizeof *report->rows, compare_rates);
  give_ranks(report);
  keep_listed(report);
  if (group_by == GROUP_BY_DAY) {
    qsort(report->rows, report->count, sizeof *report->rows, compare_keys);
  }
  return error_none();
}

/* ---- names ---- */

static int compare_row_ids(const void *left, const void *right, void *context)
{
  const int64_t *ids = context;
  const int64_t a = ids[*(const size_t *)left];
  const int64_t b = ids[*(const size_t *)right];
  return (a > b) - (a < b);
}

/* Both in the order of their ids. */
static void match_names(const struct db_rows *rows, const int64_t *ids, const size_t *order, size_t count, struct text *names)
{
  size_t at = 0;
  for (int row = 0; row < db_row_count(rows); row++) {
    while (at < count && ids[order[at]] < db_int64(rows, row, 0)) {
      at++;
    }
    if (at < count && ids[order[at]] == db_int64(rows, row, 0)) {
      names[order[at]] = db_text(rows, row, 1);
    }
  }
}

struct error report_read_names(const struct report *report, struct db_connection *connection, struct arena *arena, size_t first,
                               size_t end, struct text **names)
{
  const size_t count = end - first;
  *names = NULL;
  if (report->group_by == GROUP_BY_DAY) {
    return error_none();
  }
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  size_t *order = arena_alloc_array(arena, count, sizeof *order);
  *names = arena_alloc_array(arena, count, sizeof **names);
  for (size_t i = 0; i < count; i++) {
    ids[i] = report->rows[first + i].key;
    order[i] = i;
  }
  qsort_r(order, count, sizeof *order, compare_row_ids, ids);
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_int64_array(parameters, ids, NULL, count);
  TRY(db_query(connection, arena, report->group_by == GROUP_BY_VEHICLE ? &SQL_LIST_VEHICLE_NAMES : &SQL_LIST_DRIVER_NAMES,
               parameters, &rows));
  match_names(rows, ids, order, count, *names);
  return error_none();
}

/* ---- writing ---- */

void report_write_head(struct json_writer *json, const struct report *report)
{
  const struct speeding_filter *filter = report->filter;
  json_key(json, "from");
  json_time(json, filter->range.from_us);
  json_key(json, "to");
  json_time(json, filter->range.to_us);
  json_key(json, "previous_from");
  json_time(json, filter->previous_from_us);
  json_key(json, "tz");
  json_string(json, filter->zone);
  json_key(json, "group_by");
  json_cstring(json, REPORT_GROUPS[report->group_by]);
  json_key(json, "tolerance_kmh");
  json_decimal(json, filter->tolerance_kmh, 6);
  json_key(json, "min_duration_s");
  json_decimal(json, filter->min_duration_s, 6);
  json_key(json, "min_samples");
  json_int64(json, filter->min_samples);
  json_key(json, "strict");
  json_boolean(json, filter->is_strict);
  json_key(json, "bands_kmh");
  json_begin_array(json);
  for (int band = 0; band < BAND_COUNT - 1; band++) {
    json_decimal(json, filter->bands_kmh[band], 6);
  }
  json_end_array(json);
  json_key(json, "rule_version");
  json_int64(json, filter->rule_version);
  json_key(json, "whole_days");
  json_boolean(json, report->is_whole_days);
}

static const struct report_sums *previous_of(const struct report *report, const struct report_sums *previous)
{
  return report->group_by == GROUP_BY_DAY ? NULL : previous;
}

void report_write_sums(struct json_writer *json, const char *key, const struct report *report, const struct report_sums *now,
                       const struct report_sums *previous)
{
  struct interval_cache cache;
  interval_cache_init(&cache);
  const struct report_figures figures = report_figures_of(now, previous_of(report, previous), &cache);
  json_key(json, key);
  json_begin_object(json);
  report_figures_write_members(json, &figures);
  json_end_object(json);
}

static void write_key(struct json_writer *json, const struct report *report, const struct report_row *row, struct text name)
{
  char day[16];
  if (report->group_by == GROUP_BY_DAY) {
    clock_format_day((int32_t)row->key, day);
    json_key(json, "day");
    json_cstring(json, day);
    return;
  }
  const bool is_vehicle = report->group_by == GROUP_BY_VEHICLE;
  json_key(json, is_vehicle ? "vehicle_id" : "driver_id");
  json_int64(json, row->key);
  json_key(json, is_vehicle ? "vehicle" : "driver");
  if (name.data != NULL) {
    json_string(json, name);
  } else {
    json_null(json);
  }
}

void report_write_row(struct json_writer *json, const struct report *report, size_t row, struct text name,
                      struct interval_cache *cache)
{
  const struct report_row *item = &report->rows[row];
  const struct report_figures figures = report_figures_of(&item->now, previous_of(report, &item->previous), cache);
  json_begin_object(json);
  write_key(json, report, item, name);
  report_figures_write_members(json, &figures);
  json_key(json, "rank");
  if (item->rank > 0) {
    json_int64(json, item->rank);
  } else {
    json_null(json);
  }
  json_end_object(json);
}

struct text report_csv_header(const struct report *report)
{
  switch (report->group_by) {
  case GROUP_BY_VEHICLE:
    return TEXT("vehicle_id,vehicle," REPORT_FIGURES_CSV_HEADER ",rank");
  case GROUP_BY_DRIVER:
    return TEXT("driver_id,driver," REPORT_FIGURES_CSV_HEADER ",rank");
  default:
    return TEXT("day," REPORT_FIGURES_CSV_HEADER ",rank");
  }
}

void report_write_cells(struct csv_row *cells, const struct report *report, size_t row, struct text name,
                        struct interval_cache *cache)
{
  const struct report_row *item = &report->rows[row];
  const struct report_figures figures = report_figures_of(&item->now, previous_of(report, &item->previous), cache);
  char day[16];
  if (report->group_by == GROUP_BY_DAY) {
    clock_format_day((int32_t)item->key, day);
    csv_text(cells, text_from(day));
  } else {
    csv_int64(cells, item->key);
    csv_text(cells, name);
  }
  report_figures_write_cells(cells, &figures);
  if (item->rank > 0) {
    csv_int64(cells, item->rank);
  } else {
    csv_empty(cells);
  }
}
