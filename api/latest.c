/* GET /v1/positions/latest: the map's snapshot. */
#include "api/handlers.h"

#include "api/cursor.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/position_rows.h"
#include "api/vehicle_ids.h"
#include "api_sql.h"
#include "server/base/grid.h"
#include "server/base/clock.h"

enum { PAGE_ROWS = 20000, PAGE_ARENA_BYTES = 64 * 1024 };

struct latest {
  struct api *api;
  struct db_connection *connection;
  struct arena *arena; /* of the present page */
  struct vehicle_ids vehicles;
  bool has_box;
  struct grid_box box;
  int64_t now_us;
  int64_t oldest_us;
  int64_t after_vehicle_id;
  bool is_at_end;
};

struct feed_head {
  int64_t seq;
  struct text epoch;
};

static struct error read_parameters(struct request *request, struct latest *latest)
{
  int64_t max_age_s = -1;
  TRY(parameter_bbox(request, &latest->has_box, &latest->box));
  TRY(parameter_int64(request, "max_age_s", 1, INT64_C(10) * 366 * 86400, &max_age_s));
  latest->oldest_us = max_age_s < 0 ? TIME_RANGE_ALL.from_us : latest->now_us - max_age_s * US_PER_SECOND;
  return vehicle_ids_wanted(request, latest->connection, &latest->vehicles);
}

/* Read before the positions: everything up to it is then among them, so a stream that resumes there misses nothing. */
static struct error read_head(struct request *request, struct db_connection *connection, struct feed_head *head)
{
  const struct db_rows *rows;
  TRY(db_query(connection, request_arena(request), &SQL_READ_FEED_HEAD, NULL, &rows));
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "the feed has %d rows", db_row_count(rows));
  }
  *head = (struct feed_head){db_int64(rows, 0, 0), db_text(rows, 0, 1)};
  return error_none();
}

/* The statements look at no box, or at a slightly larger one: the coordinates decide here. */
static void keep_in_box(const struct grid_box *box, struct position_page *page)
{
  size_t kept = 0;
  for (size_t i = 0; i < page->count; i++) {
    if (box_contains(box, page->positions[i].longitude_deg, page->positions[i].latitude_deg)) {
      page->positions[kept++] = page->positions[i];
    }
  }
  page->count = kept;
}

static struct error read_vehicles(struct latest *latest, struct position_page *page)
{
  struct db_parameters *parameters = db_parameters_new(latest->arena);
  db_add_int64_array(parameters, latest->vehicles.ids, NULL, latest->vehicles.count);
  db_add_time(parameters, latest->oldest_us);
  latest->is_at_end = true;
  return position_rows_query(latest->connection, latest->arena, latest->api->names, &SQL_LIST_POSITIONS_OF_VEHICLES, parameters,
                             true, page);
}

static struct error read_fleet(struct latest *latest, struct position_page *page)
{
  /* Over the antimeridian there would be two boxes: that is left to the coordinates. */
  const bool is_by_cell = latest->has_box && latest->box.west_deg <= latest->box.east_deg;
  struct db_parameters *parameters = db_parameters_new(latest->arena);
  db_add_int64(parameters, latest->after_vehicle_id);
  db_add_time(parameters, latest->oldest_us);
  db_add_int64(parameters, PAGE_ROWS);
  if (is_by_cell) {
    int32_t south_west;
    int32_t north_east;
    grid_corners(latest->box, &south_west, &north_east);
    db_add_int32(parameters, south_west);
    db_add_int32(parameters, north_east);
    db_add_int32(parameters, GRID_COLUMNS);
  }
  const struct sql_statement *statement = is_by_cell ? &SQL_LIST_POSITIONS_IN_BOX : &SQL_LIST_POSITIONS;
  TRY(position_rows_query(latest->connection, latest->arena, latest->api->names, statement, parameters, true, page));
  latest->is_at_end = page->count < PAGE_ROWS;
  if (page->count > 0) {
    latest->after_vehicle_id = page->positions[page->count - 1].vehicle_id;
  }
  return error_none();
}

static struct error read_page(struct latest *latest, struct position_page *page)
{
  arena_reset(latest->arena);
  TRY(latest->vehicles.is_wanted ? read_vehicles(latest, page) : read_fleet(latest, page));
  if (latest->has_box) {
    keep_in_box(&latest->box, page);
  }
  return error_none();
}

static enum vehicle_status status_now(const struct latest *latest, const struct position *position)
{
  return position_status(position, latest->now_us, api_silent_after_us(latest->api));
}

/* What the answer depends on: everything that arrived (seq), which question (filter), and what time alone changes: who is in,
 * and with which status. */
static bool is_not_modified(struct request *request, const struct latest *latest, const struct feed_head *head,
                            enum format format, const struct position_page *page)
{
  uint64_t hash = cursor_hash(cursor_filter(request), &format, sizeof format);
  hash = cursor_hash(hash, head->epoch.data, head->epoch.length);
  for (size_t i = 0; i < page->count; i++) {
    const int64_t state = page->positions[i].vehicle_id * 8 + (int64_t)status_now(latest, &page->positions[i]);
    hash = cursor_hash(hash, &state, sizeof state);
  }
  const char *etag = arena_printf(request_arena(request), "W/\"%lld-%016llx\"", (long long)head->seq, (unsigned long long)hash);
  return response_not_modified(request, etag);
}

static struct error answer(struct request *request, struct latest *latest, const struct feed_head *head, enum format format,
                           struct position_page *page)
{
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, false);
  if (position_list_has_members(&list)) {
    json_key(&list.json, "seq");
    json_int64(&list.json, head->seq);
  }
  position_list_begin_items(&list);
  for (;;) {
    for (size_t i = 0; i < page->count; i++) {
      TRY(position_list_add(&list, &page->positions[i], status_now(latest, &page->positions[i])));
    }
    if (latest->is_at_end) {
      break;
    }
    TRY(read_page(latest, page));
  }
  position_list_end_items(&list);
  return position_list_close(&list);
}

struct error positions_latest(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"bbox", "vehicle*", "max_age_s", "f", NULL};
  struct latest latest = {.api = context, .connection = connection, .now_us = clock_now_us()};
  enum format format;
  struct feed_head head = {0};
  struct position_page page;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON, &format));
  TRY(read_parameters(request, &latest));
  latest.arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES);
  TRY(read_head(request, connection, &head));
  TRY(read_page(&latest, &page));
  response_header(request, "Cache-Control", "private, no-cache");
  /* A fleet of more than a page changes with every second; only a whole answer is compared. */
  if (latest.is_at_end && is_not_modified(request, &latest, &head, format, &page)) {
    return error_none();
  }
  return answer(request, &latest, &head, format, &page);
}
