/* GET /v1/positions/changes: every breadcrumb exactly once, in the order of arrival.
 *
 * Numbers are given under the lock of the one row of `feed`, which is held until the commit. So whoever reads the head sees, in
 * any later statement, all that is numbered up to it: nothing can turn up behind. */
#include "api/handlers.h"

#include "api/cursor.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/position_rows.h"
#include "api_sql.h"

enum { FIRST_PAGE_ROWS = 500, PAGE_ROWS = 10000, PAGE_ARENA_BYTES = 256 * 1024 };

struct changes {
  struct api *api;
  struct db_connection *connection;
  struct arena *arena; /* of the present page */
  int64_t since;       /* everything up to it has been given */
  int64_t head;
};

static struct error read_head(struct request *request, struct changes *changes)
{
  const struct db_rows *rows;
  TRY(db_query(changes->connection, request_arena(request), &SQL_READ_FEED_HEAD, NULL, &rows));
  changes->head = db_row_count(rows) == 1 ? db_int64(rows, 0, 0) : 0;
  return error_none();
}

static struct error exists(struct changes *changes, int64_t after, int64_t to, bool *found)
{
  struct db_parameters *parameters = db_parameters_new(changes->arena);
  db_add_int64(parameters, after);
  db_add_int64(parameters, to);
  const struct db_rows *rows;
  TRY(db_query(changes->connection, changes->arena, &SQL_FIND_BREADCRUMB_BY_SEQ, parameters, &rows));
  *found = db_row_count(rows) == 1 && db_bool(rows, 0, 0);
  return error_none();
}

/* Numbers may be missing in long stretches (old days that were dropped). Doubling finds a stretch that has something, halving
 * its beginning to within `step`. */
static struct error skip_gap(struct changes *changes, int64_t step)
{
  int64_t width = step;
  bool found = false;
  while (!found && changes->since < changes->head) {
    const int64_t to = changes->head - changes->since < width ? changes->head : changes->since + width;
    TRY(exists(changes, changes->since, to, &found));
    if (!found) {
      changes->since = to;
      width = width > INT64_MAX / 2 ? width : width * 2;
    }
  }
  while (found && width > step) {
    width /= 2;
    bool is_in_first_half;
    TRY(exists(changes, changes->since, changes->since + width, &is_in_first_half));
    changes->since += is_in_first_half ? 0 : width;
  }
  return error_none();
}

/* Numbers are unique, so a stretch of `limit` numbers holds at most as many rows. */
static struct error read_stretch(struct changes *changes, int64_t limit, struct position_page *page)
{
  const int64_t to = changes->head - changes->since < limit ? changes->head : changes->since + limit;
  struct db_parameters *parameters = db_parameters_new(changes->arena);
  db_add_int64(parameters, changes->since);
  db_add_int64(parameters, to);
  db_add_int64(parameters, limit);
  TRY(position_rows_query(changes->connection, changes->arena, changes->api->names, &SQL_LIST_BREADCRUMBS_BY_SEQ, parameters,
                          false, page));
  changes->since = to;
  return error_none();
}

/* Empty only when there is nothing up to the head. */
static struct error read_page(struct changes *changes, int64_t limit, struct position_page *page)
{
  arena_reset(changes->arena);
  *page = (struct position_page){0};
  while (page->count == 0 && changes->since < changes->head) {
    TRY(read_stretch(changes, limit, page));
    if (page->count == 0) {
      TRY(skip_gap(changes, limit));
    }
  }
  return error_none();
}

static struct error add_page(struct position_list *list, const struct position_page *page)
{
  for (size_t i = 0; i < page->count; i++) {
    TRY(position_list_add(list, &page->positions[i], position_status_then(&page->positions[i])));
  }
  return error_none();
}

static struct text next_url(struct request *request, int64_t since)
{
  return cursor_url(request, "since", text_from(arena_printf(request_arena(request), "%lld", (long long)since)));
}

static struct error answer_page(struct request *request, struct changes *changes, enum format format, int64_t limit)
{
  struct position_page page;
  TRY(read_page(changes, limit, &page));
  const struct text next = next_url(request, changes->since);
  cursor_link(request, next);
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, true);
  position_list_begin_items(&list);
  TRY(add_page(&list, &page));
  position_list_end_items(&list);
  position_list_next(&list, next);
  if (position_list_has_members(&list)) {
    json_key(&list.json, "seq");
    json_int64(&list.json, changes->since);
  }
  return position_list_close(&list);
}

/* Everything up to the head as it was at the start; with a limit, one page of it and where to go on. */
static struct error answer_stream(struct request *request, struct changes *changes, enum format format)
{
  struct position_page page;
  cursor_link(request, next_url(request, changes->head > changes->since ? changes->head : changes->since));
  TRY(read_page(changes, FIRST_PAGE_ROWS, &page));
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, true);
  position_list_begin_items(&list);
  for (;;) {
    TRY(add_page(&list, &page));
    TRY(response_write_buffer(request, list.out, list.out->length > 0));
    if (changes->since >= changes->head) {
      break;
    }
    TRY(read_page(changes, PAGE_ROWS, &page));
  }
  return position_list_close(&list);
}

struct error positions_changes(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"since", "limit", "f", NULL};
  struct changes changes = {.api = context, .connection = connection};
  enum format format;
  struct text ignored;
  int64_t limit = POSITIONS_LIMIT_DEFAULT;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_CSV | FORMAT_NDJSON, &format));
  TRY(parameter_int64(request, "since", 0, INT64_MAX, &changes.since));
  TRY(parameter_int64(request, "limit", 1, LIMIT_MAX, &limit));
  changes.arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES);
  TRY(read_head(request, &changes));
  if (changes.since > changes.head) {
    return error_at(ERROR_BAD_INPUT, "since",
                    "%lld is beyond the newest, %lld: it comes from another database, begin again with 0",
                    (long long)changes.since, (long long)changes.head);
  }
  response_header(request, "Cache-Control", "private, no-cache");
  const bool is_paged = format == FORMAT_JSON || request_parameter_find(request, "limit", &ignored);
  return is_paged ? answer_page(request, &changes, format, limit) : answer_stream(request, &changes, format);
}
