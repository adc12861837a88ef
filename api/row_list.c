#include "api/row_list.h"

#include "api/cursor.h"
#include "api/parameters.h"
#include "api/position_list.h"

enum { STREAM_PAGE_ROWS = 500, FEATURE_PAGE_ROWS = 100, PAGE_ARENA_BYTES = 64 * 1024 };

/* ---- columns ---- */

void json_text_column(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column)
{
  const struct text value = db_text(rows, row, column);
  json_key(json, key);
  if (value.data == NULL) {
    json_null(json);
  } else {
    json_string(json, value);
  }
}

void json_time_column(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column)
{
  json_key(json, key);
  if (db_is_null(rows, row, column)) {
    json_null(json);
  } else {
    json_time(json, db_time(rows, row, column));
  }
}

void json_int64_column(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column)
{
  json_key(json, key);
  if (db_is_null(rows, row, column)) {
    json_null(json);
  } else {
    json_int64(json, db_int64(rows, row, column));
  }
}

void csv_time_column(struct csv_row *cells, const struct db_rows *rows, int row, int column)
{
  if (db_is_null(rows, row, column)) {
    csv_empty(cells);
  } else {
    csv_time(cells, db_time(rows, row, column));
  }
}

void csv_int64_column(struct csv_row *cells, const struct db_rows *rows, int row, int column)
{
  if (db_is_null(rows, row, column)) {
    csv_empty(cells);
  } else {
    csv_int64(cells, db_int64(rows, row, column));
  }
}

void add_text_or_null(struct db_parameters *parameters, struct text value)
{
  if (value.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

void add_int32_or_null(struct db_parameters *parameters, int32_t value)
{
  if (value == 0) {
    db_add_null(parameters);
  } else {
    db_add_int32(parameters, value);
  }
}

void add_time_or_null(struct db_parameters *parameters, int64_t time_us)
{
  if (time_us == TIME_RANGE_ALL.from_us || time_us == TIME_RANGE_ALL.to_us) {
    db_add_null(parameters);
  } else {
    db_add_time(parameters, time_us);
  }
}

/* ---- answering ---- */

/* One list on its way. */
struct listing {
  const struct row_list *list;
  void *query;
  struct request *request;
  struct db_connection *connection;
  enum format format;
};

static struct error read_rows(const struct listing *listing, struct arena *arena, int64_t limit, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  listing->list->add_parameters(listing->query, parameters, limit);
  return db_query(listing->connection, arena, listing->list->statement, parameters, rows);
}

static struct error write_items(const struct listing *listing, struct json_writer *json, const struct db_rows *rows, int count)
{
  json_key(json, "items");
  json_begin_array(json);
  for (int row = 0; row < count; row++) {
    json_begin_object(json);
    listing->list->write_members(json, rows, row);
    json_end_object(json);
    TRY(response_write_buffer(listing->request, json->out, false));
  }
  json_end_array(json);
  return error_none();
}

static struct error write_features(const struct listing *listing, struct json_writer *json, const struct db_rows *rows,
                                   int count)
{
  struct arena *arena = arena_new_within(request_arena(listing->request), PAGE_ARENA_BYTES);
  json_key(json, "type");
  json_cstring(json, "FeatureCollection");
  json_key(json, "features");
  json_begin_array(json);
  for (int first = 0; first < count; first += FEATURE_PAGE_ROWS) {
    const int end = first + FEATURE_PAGE_ROWS < count ? first + FEATURE_PAGE_ROWS : count;
    arena_reset(arena);
    TRY(listing->list->write_features(json, arena, listing->connection, rows, first, end));
    TRY(response_write_buffer(listing->request, json->out, false));
  }
  json_end_array(json);
  return error_none();
}

/* One row more than asked for tells whether there is a next page. */
static struct error answer_page(const struct listing *listing, int64_t limit)
{
  struct request *request = listing->request;
  struct arena *arena = request_arena(request);
  const struct db_rows *rows;
  struct text next = {NULL, 0};
  TRY(read_rows(listing, arena, limit + 1, &rows));
  const int count = db_row_count(rows) > limit ? (int)limit : db_row_count(rows);
  if (db_row_count(rows) > limit) {
    listing->list->move_behind(listing->query, rows, count - 1);
    const struct text key = listing->list->key(listing->query, arena);
    next = cursor_url(request, "cursor", cursor_make(arena, cursor_filter(request), key.data, key.length));
    cursor_link(request, next);
  }
  TRY(response_begin(request));
  struct buffer *out = request_buffer(request);
  struct json_writer json = json_writer_to(out);
  json_begin_object(&json);
  TRY(listing->format == FORMAT_GEOJSON ? write_features(listing, &json, rows, count)
                                        : write_items(listing, &json, rows, count));
  json_key(&json, "next");
  if (next.data != NULL) {
    json_string(&json, next);
  } else {
    json_null(&json);
  }
  json_end_object(&json);
  buffer_append_char(out, '\n');
  return response_write_buffer(request, out, true);
}

static void write_row(const struct listing *listing, struct buffer *out, const struct db_rows *rows, int row)
{
  if (listing->format == FORMAT_CSV) {
    struct csv_row cells = csv_row_begin(out);
    listing->list->write_cells(&cells, rows, row);
    csv_row_end(&cells);
    return;
  }
  struct json_writer json = json_writer_to(out);
  json_begin_object(&json);
  listing->list->write_members(&json, rows, row);
  json_end_object(&json);
  buffer_append_char(out, '\n');
}

/* Everything up to `limit`, or to the end. */
static struct error answer_stream(const struct listing *listing, int64_t limit)
{
  struct request *request = listing->request;
  struct arena *arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES);
  struct buffer *out = request_buffer(request);
  const struct db_rows *rows;
  int64_t wanted = limit < STREAM_PAGE_ROWS ? limit : STREAM_PAGE_ROWS;
  TRY(read_rows(listing, arena, wanted, &rows));
  TRY(response_begin(request));
  if (listing->format == FORMAT_CSV) {
    buffer_append_text(out, listing->list->csv_header);
    buffer_append(out, "\r\n", 2);
  }
  for (;;) {
    const int count = db_row_count(rows);
    for (int row = 0; row < count; row++) {
      write_row(listing, out, rows, row);
      TRY(response_write_buffer(request, out, false));
    }
    limit -= count;
    if (count < wanted || limit == 0) {
      return response_write_buffer(request, out, true);
    }
    listing->list->move_behind(listing->query, rows, count - 1);
    arena_reset(arena);
    wanted = limit < STREAM_PAGE_ROWS ? limit : STREAM_PAGE_ROWS;
    TRY(read_rows(listing, arena, wanted, &rows));
  }
}

struct error row_list_answer(const struct row_list *list, void *query, struct request *request,
                             struct db_connection *connection)
{
  struct listing listing = {list, query, request, connection, FORMAT_JSON};
  struct text cursor;
  struct text key;
  const unsigned geojson = list->write_features != NULL ? FORMAT_GEOJSON : 0;
  TRY(format_negotiate(request, FORMAT_JSON | geojson | FORMAT_CSV | FORMAT_NDJSON, &listing.format));
  const bool is_paged = listing.format == FORMAT_JSON || listing.format == FORMAT_GEOJSON;
  int64_t limit = is_paged ? LIMIT_DEFAULT : INT64_MAX;
  TRY(parameter_int64(request, "limit", 1, LIMIT_MAX, &limit));
  if (request_parameter_find(request, "cursor", &cursor)) {
    TRY(cursor_read(request_arena(request), cursor, cursor_filter(request), &key));
    TRY(list->resume(query, request_arena(request), key));
  }
  response_header(request, "Cache-Control", "private, no-cache");
  return is_paged ? answer_page(&listing, limit) : answer_stream(&listing, limit);
}
