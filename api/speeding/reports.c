/* GET /v1/speeding/report: who drove too fast and how often, by vehicle, driver or local day. */
#include "api/cursor.h"
#include "api/position_list.h"
#include "api/speeding/report.h"
#include "api/speeding/report_query.h"

enum { NAME_PAGE_ROWS = 1000, PAGE_ARENA_BYTES = 64 * 1024 };

/* A report on its way out: its rows from `first` on, at most `limit`. */
struct page {
  struct request *request;
  struct db_connection *connection;
  const struct report *report;
  enum format format;
  size_t first;
  size_t end;
};

/* What a cursor holds: the last row shown. */
struct place {
  double rate;
  int64_t episodes;
  int64_t key;
};

static struct error read_group_by(const struct request *request, enum report_group_by *group_by)
{
  struct text value;
  *group_by = GROUP_BY_VEHICLE;
  if (!request_parameter_find(request, "group_by", &value)) {
    return error_none();
  }
  for (int i = 0; i < GROUP_BY_COUNT; i++) {
    if (text_equal(value, text_from(REPORT_GROUPS[i]))) {
      *group_by = (enum report_group_by)i;
      return error_none();
    }
  }
  return error_at(ERROR_BAD_INPUT, "group_by", "expected vehicle, driver or day");
}

/* ---- pages ---- */

static double order_rate(const struct report_row *row)
{
  return row->now.distance_mm > 0.0 ? report_rate(&row->now) : -1.0;
}

static bool is_behind(const struct report *report, const struct report_row *row, const struct place *place)
{
  const double rate = order_rate(row);
  if (report->group_by == GROUP_BY_DAY) {
    return row->key > place->key;
  }
  if (rate < place->rate || rate > place->rate) {
    return rate < place->rate;
  }
  return row->now.episodes != place->episodes ? row->now.episodes < place->episodes : row->key > place->key;
}

static struct error read_place(struct page *page)
{
  struct text cursor;
  struct text key;
  struct place place;
  struct arena *arena = request_arena(page->request);
  if (!request_parameter_find(page->request, "cursor", &cursor)) {
    return error_none();
  }
  TRY(cursor_read(arena, cursor, cursor_filter(page->request), &key));
  if (key.length != sizeof place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&place, key.data, sizeof place);
  while (page->first < page->report->count && !is_behind(page->report, &page->report->rows[page->first], &place)) {
    page->first++;
  }
  return error_none();
}

static struct text next_url(const struct page *page)
{
  if (page->end == page->report->count) {
    return (struct text){NULL, 0};
  }
  const struct report_row *last = &page->report->rows[page->end - 1];
  const struct place place = {order_rate(last), last->now.episodes, last->key};
  return cursor_url(page->request, "cursor",
                    cursor_make(request_arena(page->request), cursor_filter(page->request), &place, sizeof place));
}

/* ---- writing ---- */

static void write_row(const struct page *page, struct json_writer *json, struct buffer *out, size_t row, struct text name,
                      struct interval_cache *cache)
{
  if (page->format == FORMAT_JSON) {
    report_write_row(json, page->report, row, name, cache);
  } else if (page->format == FORMAT_CSV) {
    struct csv_row cells = csv_row_begin(out);
    report_write_cells(&cells, page->report, row, name, cache);
    csv_row_end(&cells);
  } else {
    struct json_writer line = json_writer_to(out);
    report_write_row(&line, page->report, row, name, cache);
    buffer_append_char(out, '\n');
  }
}

static struct error write_rows(const struct page *page, struct json_writer *json, struct buffer *out)
{
  struct arena *arena = arena_new_within(request_arena(page->request), PAGE_ARENA_BYTES);
  struct interval_cache cache;
  interval_cache_init(&cache);
  for (size_t first = page->first; first < page->end; first += NAME_PAGE_ROWS) {
    const size_t end = first + NAME_PAGE_ROWS < page->end ? first + NAME_PAGE_ROWS : page->end;
    struct text *names;
    arena_reset(arena);
    TRY(report_read_names(page->report, page->connection, arena, first, end, &names));
    for (size_t row = first; row < end; row++) {
      write_row(page, json, out, row, names == NULL ? (struct text){NULL, 0} : names[row - first], &cache);
      TRY(response_write_buffer(page->request, out, false));
    }
  }
  return error_none();
}

static struct error answer_json(const struct page *page)
{
  const struct report *report = page->report;
  struct buffer *out = request_buffer(page->request);
  const struct text next = next_url(page);
  struct json_writer json = json_writer_to(out);
  if (next.data != NULL) {
    cursor_link(page->request, next);
  }
  TRY(response_begin(page->request));
  json_begin_object(&json);
  report_write_head(&json, report);
  json_key(&json, "groups");
  json_int64(&json, (int64_t)report->count);
  json_key(&json, "ranked");
  json_int64(&json, report->ranked);
  report_write_sums(&json, "total", report, &report->total, &report->total_previous);
  report_write_sums(&json, "fleet", report, &report->fleet, &report->fleet_previous);
  json_key(&json, "items");
  json_begin_array(&json);
  TRY(write_rows(page, &json, out));
  json_end_array(&json);
  json_key(&json, "next");
  if (next.data != NULL) {
    json_string(&json, next);
  } else {
    json_null(&json);
  }
  json_end_object(&json);
  buffer_append_char(out, '\n');
  return response_write_buffer(page->request, out, true);
}

static struct error answer_rows(const struct page *page)
{
  struct buffer *out = request_buffer(page->request);
  TRY(response_begin(page->request));
  if (page->format == FORMAT_CSV) {
    buffer_append_text(out, report_csv_header(page->report));
    buffer_append(out, "\r\n", 2);
  }
  TRY(write_rows(page, NULL, out));
  return response_write_buffer(page->request, out, true);
}

struct error reports_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {SPEEDING_PARAMETERS, "group_by", "limit", "cursor", "f", NULL};
  struct speeding_filter filter;
  enum report_group_by group_by;
  struct report report;
  struct page page = {.request = request, .connection = connection, .report = &report};
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_group_by(request, &group_by));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_CSV | FORMAT_NDJSON | FORMAT_SQL, &page.format));
  int64_t limit = page.format == FORMAT_JSON ? LIMIT_DEFAULT : INT64_MAX;
  TRY(parameter_int64(request, "limit", 1, LIMIT_MAX, &limit));
  TRY(speeding_filter_read(request, context, connection, &filter));
  response_header(request, "Cache-Control", "private, no-cache");
  if (page.format == FORMAT_SQL) {
    report_query_write(response_body(request), &filter, group_by);
    return error_none();
  }
  const struct api *api = context;
  TRY(report_make(api->reports, connection, &filter, group_by, request_arena(request), &report));
  TRY(read_place(&page));
  page.end = (size_t)limit < report.count - page.first ? page.first + (size_t)limit : report.count;
  return page.format == FORMAT_JSON ? answer_json(&page) : answer_rows(&page);
}
