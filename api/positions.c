/* GET /v1/positions: history, oldest first. */
#include "api/handlers.h"

#include "api/cursor.h"
#include "api/history.h"
#include "api/position_list.h"
#include "api/vehicle_ids.h"

enum { FIRST_PAGE_ROWS = 500, PAGE_ROWS = 10000 };

static struct error read_filter(struct request *request, struct db_connection *connection, struct history_filter *filter)
{
  *filter = (struct history_filter){.range = TIME_RANGE_ALL};
  TRY(parameter_time_range(request, &filter->range));
  TRY(parameter_bbox(request, &filter->has_box, &filter->box));
  struct vehicle_ids ids;
  TRY(vehicle_ids_wanted(request, connection, &ids));
  filter->has_vehicles = ids.is_wanted;
  filter->vehicle_ids = ids.ids;
  filter->vehicle_count = ids.count;
  return error_none();
}

static struct error resume(struct request *request, struct history *history)
{
  struct text cursor;
  struct text bytes;
  struct history_key key;
  if (!request_parameter_find(request, "cursor", &cursor)) {
    return error_none();
  }
  TRY(cursor_read(request_arena(request), cursor, cursor_filter(request), &bytes));
  if (bytes.length != sizeof key) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&key, bytes.data, sizeof key);
  history_resume(history, key);
  return error_none();
}

static struct error add_page(struct position_list *list, const struct position_page *page, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    TRY(position_list_add(list, &page->positions[i], position_status_then(&page->positions[i])));
  }
  return error_none();
}

/* One page and the address of the next. One row more than asked for tells whether there is a next. */
static struct error answer_page(struct request *request, struct history *history, enum format format, size_t limit)
{
  struct position_page page;
  TRY(history_collect(history, request_arena(request), limit + 1, &page));
  struct text next = {NULL, 0};
  const size_t count = page.count > limit ? limit : page.count;
  if (page.count > limit) {
    const struct position *last = &page.positions[limit - 1];
    const struct history_key key = {last->recorded_at_us, last->vehicle_id, last->version};
    const struct text cursor = cursor_make(request_arena(request), cursor_filter(request), &key, sizeof key);
    next = cursor_url(request, "cursor", cursor);
    cursor_link(request, next);
  }
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, false);
  position_list_begin_items(&list);
  TRY(add_page(&list, &page, count));
  position_list_end_items(&list);
  position_list_next(&list, next);
  return position_list_close(&list);
}

/* Everything up to `limit`, or to the end; the first page is small so that the first byte comes early. */
static struct error answer_stream(struct request *request, struct history *history, enum format format, int64_t limit)
{
  struct position_page page;
  int64_t left = limit;
  TRY(history_next(history, left < FIRST_PAGE_ROWS ? (size_t)left : FIRST_PAGE_ROWS, &page));
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, false);
  position_list_begin_items(&list);
  for (;;) {
    TRY(add_page(&list, &page, page.count));
    TRY(response_write_buffer(request, list.out, list.out->length > 0));
    left -= (int64_t)page.count;
    if (left == 0 || history->is_at_end) {
      break;
    }
    TRY(history_next(history, left < PAGE_ROWS ? (size_t)left : PAGE_ROWS, &page));
  }
  position_list_end_items(&list);
  return position_list_close(&list);
}

struct error positions_history(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"from", "to", "vehicle*", "bbox", "limit", "cursor", "f", NULL};
  struct api *api = context;
  enum format format;
  struct history_filter filter;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON, &format));
  const bool is_paged = format == FORMAT_JSON || format == FORMAT_GEOJSON;
  int64_t limit = is_paged ? POSITIONS_LIMIT_DEFAULT : INT64_MAX;
  TRY(parameter_int64(request, "limit", 1, LIMIT_MAX, &limit));
  TRY(read_filter(request, connection, &filter));
  struct history history = history_open(connection, request_arena(request), api->names, filter);
  TRY(resume(request, &history));
  response_header(request, "Cache-Control", "private, no-cache");
  return is_paged ? answer_page(request, &history, format, (size_t)limit) : answer_stream(request, &history, format, limit);
}
