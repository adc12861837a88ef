/* GET /v1/vehicles and /v1/vehicles/{name}: the registry and the newest positions. */
#include "api/vehicles.h"

#include "api/cursor.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/position_rows.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { PAGE_ROWS = 1000, FILTER_TEXT_MAX = 200, PAGE_ARENA_BYTES = 64 * 1024 };

struct vehicle vehicle_from_row(const struct db_rows *rows, int row)
{
  return (struct vehicle){
      .vehicle_id = db_int64(rows, row, 0),
      .name = db_text(rows, row, 1),
      .kind = db_text(rows, row, 2),
      .fleet = db_text(rows, row, 3),
      .vin = db_text(rows, row, 4),
      .attributes = db_jsonb(rows, row, 5),
      .created_at_us = db_time(rows, row, 6),
      .retired_at_us = db_is_null(rows, row, 7) ? 0 : db_time(rows, row, 7),
  };
}

/* Both are few and `positions` comes ordered by vehicle_id. */
static const struct position *find_position(const struct position_page *page, int64_t vehicle_id)
{
  size_t low = 0;
  size_t high = page->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (page->positions[middle].vehicle_id < vehicle_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < page->count && page->positions[low].vehicle_id == vehicle_id ? &page->positions[low] : NULL;
}

struct error vehicles_add_positions(const struct api *api, struct db_connection *connection, struct arena *arena,
                                    struct vehicle *vehicles, size_t count, int64_t now_us)
{
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  for (size_t i = 0; i < count; i++) {
    ids[i] = vehicles[i].vehicle_id;
    vehicle_names_add(api->names, vehicles[i].vehicle_id, vehicles[i].name);
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_time(parameters, TIME_RANGE_ALL.from_us);
  struct position_page page;
  TRY(position_rows_query(connection, arena, api->names, &SQL_LIST_POSITIONS_OF_VEHICLES, parameters, true, &page));
  for (size_t i = 0; i < count; i++) {
    const struct position *position = find_position(&page, vehicles[i].vehicle_id);
    if (position != NULL) {
      vehicles[i].has_position = true;
      vehicles[i].position = *position;
      vehicles[i].status = position_status(position, now_us, api_silent_after_us(api));
    }
  }
  return error_none();
}

static struct error read_extra(struct db_connection *connection, struct arena *arena, struct vehicle *vehicle)
{
  vehicle->has_extra = true;
  if (!vehicle->has_position) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, vehicle->vehicle_id);
  db_add_time(parameters, vehicle->position.recorded_at_us);
  db_add_int64(parameters, vehicle->position.version);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_READ_EXTRA, parameters, &rows));
  if (db_row_count(rows) == 1 && !db_is_null(rows, 0, 0)) {
    vehicle->extra = db_jsonb(rows, 0, 0);
  }
  return error_none();
}

struct error vehicle_read(const struct api *api, struct request *request, struct db_connection *connection, struct text name,
                          struct vehicle *vehicle)
{
  struct arena *arena = request_arena(request);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, name);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_READ_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  *vehicle = vehicle_from_row(rows, 0);
  TRY(vehicles_add_positions(api, connection, arena, vehicle, 1, clock_now_us()));
  return read_extra(connection, arena, vehicle);
}

struct error vehicles_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"f", NULL};
  const struct text name = request_path_parameter(request, "name");
  enum format format;
  struct vehicle vehicle;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON, &format));
  TRY(parse_vehicle_name("name", name));
  TRY(vehicle_read(context, request, connection, name, &vehicle));
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  if (format == FORMAT_GEOJSON) {
    vehicle_write_feature(&json, &vehicle);
  } else {
    vehicle_write_object(&json, &vehicle);
  }
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

struct vehicle_query {
  struct text search; /* without data: any, here and below */
  struct text fleet;
  struct text kind;
  enum vehicle_status status; /* STATUS_UNKNOWN: any */
  struct text after;          /* the last name read */
  int64_t limit;
};

static struct error read_text(const struct request *request, const char *name, struct text *value)
{
  if (request_parameter_find(request, name, value) && (value->length == 0 || value->length > FILTER_TEXT_MAX)) {
    return error_at(ERROR_BAD_INPUT, name, "expected 1 to %d bytes of text", FILTER_TEXT_MAX);
  }
  return error_none();
}

static struct error read_status(const struct request *request, enum vehicle_status *status)
{
  struct text value;
  if (!request_parameter_find(request, "status", &value)) {
    return error_none();
  }
  for (int candidate = STATUS_MOVING; candidate <= STATUS_SILENT; candidate++) {
    if (text_equal(value, text_from(vehicle_status_name((enum vehicle_status)candidate)))) {
      *status = (enum vehicle_status)candidate;
      return error_none();
    }
  }
  return error_at(ERROR_BAD_INPUT, "status", "expected moving, idling, stopped or silent");
}

static struct error read_query(struct request *request, struct vehicle_query *query, bool is_paged)
{
  struct text cursor;
  *query = (struct vehicle_query){.after = TEXT(""), .limit = is_paged ? LIMIT_DEFAULT : INT64_MAX - 1};
  TRY(read_text(request, "search", &query->search));
  TRY(read_text(request, "fleet", &query->fleet));
  TRY(read_text(request, "kind", &query->kind));
  TRY(read_status(request, &query->status));
  TRY(parameter_int64(request, "limit", 1, LIMIT_MAX, &query->limit));
  if (request_parameter_find(request, "cursor", &cursor)) {
    TRY(cursor_read(request_arena(request), cursor, cursor_filter(request), &query->after));
    TRY(parse_vehicle_name("cursor", query->after));
  }
  return error_none();
}

/* An absent slice travels as null. */
static void add_optional(struct db_parameters *parameters, struct text value)
{
  if (value.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

struct vehicle_page {
  struct vehicle *vehicles;
  size_t count;
  bool is_at_end;
};

/* The next rows of the registry that fit; may be none although there are more. The status depends on the time and stays out of
 * the statement. */
static struct error read_page(const struct api *api, struct db_connection *connection, struct arena *arena,
                              struct vehicle_query *query, struct vehicle_page *page)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, query->after);
  add_optional(parameters, query->search);
  add_optional(parameters, query->fleet);
  add_optional(parameters, query->kind);
  db_add_int64(parameters, PAGE_ROWS);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_LIST_VEHICLES, parameters, &rows));
  const size_t row_count = (size_t)db_row_count(rows);
  *page = (struct vehicle_page){arena_alloc_array(arena, row_count, sizeof *page->vehicles), 0, row_count < PAGE_ROWS};
  for (size_t i = 0; i < row_count; i++) {
    page->vehicles[i] = vehicle_from_row(rows, (int)i);
  }
  TRY(vehicles_add_positions(api, connection, arena, page->vehicles, row_count, clock_now_us()));
  if (row_count > 0) {
    query->after = page->vehicles[row_count - 1].name;
  }
  for (size_t i = 0; i < row_count; i++) {
    const struct vehicle *vehicle = &page->vehicles[i];
    if (!vehicle_is_removed(vehicle) && (query->status == STATUS_UNKNOWN || vehicle->status == query->status)) {
      page->vehicles[page->count++] = *vehicle;
    }
  }
  return error_none();
}

static struct error answer_csv(struct request *request, const struct api *api, struct db_connection *connection,
                               struct vehicle_query *query)
{
  char after[VEHICLE_NAME_MAX];
  struct vehicle_page page;
  struct arena *arena = request_arena(request);
  struct arena *page_arena = arena_new_within(arena, PAGE_ARENA_BYTES);
  TRY(read_page(api, connection, page_arena, query, &page));
  TRY(response_begin(request));
  struct buffer *out = request_buffer(request);
  vehicle_csv_header(out);
  for (;;) {
    for (size_t i = 0; i < page.count && query->limit > 0; i++, query->limit--) {
      vehicle_csv_row(out, &page.vehicles[i]);
      TRY(response_write_buffer(request, out, false));
    }
    if (page.is_at_end || query->limit == 0) {
      return response_write_buffer(request, out, true);
    }
    memcpy(after, query->after.data, query->after.length);
    query->after.data = after;
    arena_reset(page_arena);
    TRY(read_page(api, connection, page_arena, query, &page));
  }
}

/* `limit` and one more, which tells whether there is a next page. */
static struct error collect(const struct api *api, struct db_connection *connection, struct arena *arena,
                            struct vehicle_query *query, struct vehicle_page *all)
{
  const size_t wanted = (size_t)query->limit + 1;
  *all = (struct vehicle_page){arena_alloc_array(arena, wanted, sizeof *all->vehicles), 0, false};
  while (all->count < wanted && !all->is_at_end) {
    struct vehicle_page page;
    TRY(read_page(api, connection, arena, query, &page));
    for (size_t i = 0; i < page.count && all->count < wanted; i++) {
      all->vehicles[all->count++] = page.vehicles[i];
    }
    all->is_at_end = page.is_at_end;
  }
  return error_none();
}

static struct error answer_page(struct request *request, const struct api *api, struct db_connection *connection,
                                struct vehicle_query *query, enum format format)
{
  struct vehicle_page all;
  TRY(collect(api, connection, request_arena(request), query, &all));
  struct text next = {NULL, 0};
  size_t count = all.count;
  if (count > (size_t)query->limit) {
    count = (size_t)query->limit;
    const struct text name = all.vehicles[count - 1].name;
    next = cursor_url(request, "cursor", cursor_make(request_arena(request), cursor_filter(request), name.data, name.length));
    cursor_link(request, next);
  }
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, false);
  position_list_begin_items(&list);
  for (size_t i = 0; i < count; i++) {
    if (format == FORMAT_GEOJSON) {
      vehicle_write_feature(&list.json, &all.vehicles[i]);
    } else {
      vehicle_write_object(&list.json, &all.vehicles[i]);
    }
    TRY(response_write_buffer(request, list.out, false));
  }
  position_list_end_items(&list);
  position_list_next(&list, next);
  return position_list_close(&list);
}

struct error vehicles_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"search", "fleet", "kind", "status", "limit", "cursor", "f", NULL};
  enum format format;
  struct vehicle_query query;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV, &format));
  TRY(read_query(request, &query, format != FORMAT_CSV));
  response_header(request, "Cache-Control", "private, no-cache");
  return format == FORMAT_CSV ? answer_csv(request, context, connection, &query)
                              : answer_page(request, context, connection, &query, format);
}
