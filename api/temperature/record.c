/* GET /v1/temperature/record: the temperature record of a trip or a period for whoever receives the load; to print, or as CSV.
 */
#include "api/handlers.h"

#include <math.h>
#include <stdlib.h>

#include "api/csv.h"
#include "api/cursor.h"
#include "api/format.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/temperature/record_page.h"
#include "api/time_zones.h"
#include "api/vehicles.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { POINTS = 1440, EXCURSIONS_MAX = 500, DAYS_MAX = 92, ENDS = 5 };

struct record {
  struct request *request;
  struct db_connection *connection;
  struct arena *arena;
  struct vehicle vehicle;
  struct text zone;
  struct record_span period;
  bool is_trip;
  bool is_open;
  double distance_m;
  struct vehicle_rule rule;
  struct temperature_figures figures;
  struct temperature_line line;
  const struct db_rows *excursions;
};

/* Local texts of the times that the page shows: ENDS of its own, the ticks, two for each excursion. */
struct local_times {
  const struct db_rows *rows;
};

/* ---- the question ---- */

static struct error read_trip(struct record *record)
{
  struct db_parameters *parameters = db_parameters_new(record->arena);
  const struct db_rows *rows;
  db_add_int64(parameters, record->vehicle.vehicle_id);
  db_add_time(parameters, record->period.from_us);
  TRY(db_query(record->connection, record->arena, &SQL_READ_TRIP_PERIOD, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_at(ERROR_NOT_FOUND, "trip", "the vehicle began no trip at that time");
  }
  record->is_trip = true;
  record->period.until_us = db_time(rows, 0, 0) + 1;
  record->distance_m = db_double(rows, 0, 1);
  record->is_open = db_bool(rows, 0, 2);
  return error_none();
}

static struct error read_period(struct record *record)
{
  struct request *request = record->request;
  struct text trip;
  struct time_range range = TIME_RANGE_ALL;
  if (request_parameter_find(request, "trip", &trip)) {
    struct text other;
    if (request_parameter_find(request, "from", &other) || request_parameter_find(request, "to", &other)) {
      return error_at(ERROR_BAD_INPUT, "trip", "expected either trip or from and to");
    }
    TRY(parse_time("trip", trip, &record->period.from_us));
    return read_trip(record);
  }
  TRY(parameter_time_range(request, &range));
  if (range.from_us == TIME_RANGE_ALL.from_us || range.to_us == TIME_RANGE_ALL.to_us) {
    return error_at(ERROR_BAD_INPUT, range.from_us == TIME_RANGE_ALL.from_us ? "from" : "to",
                    "missing: expected trip, or from and to");
  }
  if (range.to_us - range.from_us > DAYS_MAX * US_PER_DAY) {
    return error_at(ERROR_BAD_INPUT, "to", "at most %d days after from", DAYS_MAX);
  }
  record->period = (struct record_span){range.from_us, range.to_us};
  return error_none();
}

static struct error read_zone(struct record *record, const struct api *api)
{
  const struct db_rows *rows;
  TRY(parameter_time_zone(api->zones, record->request, record->connection, &record->zone));
  if (record->zone.data == NULL) {
    TRY(db_query(record->connection, record->arena, &SQL_READ_DEPOT_TIME_ZONE, NULL, &rows));
    record->zone = db_text(rows, 0, 0);
  }
  return error_none();
}

static struct error read_vehicle(struct record *record)
{
  struct db_parameters *parameters = db_parameters_new(record->arena);
  const struct db_rows *rows;
  struct text name;
  int64_t vehicle_id;
  TRY(parameter_one_vehicle(record->request, record->connection, &vehicle_id, &name));
  db_add_text(parameters, name);
  TRY(db_query(record->connection, record->arena, &SQL_READ_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_at(ERROR_NOT_FOUND, "vehicle", "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  record->vehicle = vehicle_from_row(rows, 0);
  return error_none();
}

/* ---- CSV ---- */

static const char *state_of(const struct vehicle_rule *rule, double degrees)
{
  if (rule->name.data == NULL) {
    return "";
  }
  return degrees > rule->highest_c ? "above" : degrees < rule->lowest_c ? "below" : "within";
}

static struct error list_local_times(const struct record *record, struct arena *arena, const int64_t *times_us, size_t count,
                                     const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time_array(parameters, times_us, NULL, count);
  db_add_text(parameters, record->zone);
  return db_query(record->connection, arena, &SQL_LIST_LOCAL_TIMES, parameters, rows);
}

static struct error write_rows(const struct record *record, const struct readings *readings, struct buffer *out)
{
  int64_t *times_us = arena_alloc_array(readings->arena, readings->count, sizeof *times_us);
  const struct db_rows *local;
  for (size_t i = 0; i < readings->count; i++) {
    times_us[i] = readings->items[i].recorded_at_us;
  }
  TRY(list_local_times(record, readings->arena, times_us, readings->count, &local));
  for (size_t i = 0; i < readings->count; i++) {
    struct csv_row cells = csv_row_begin(out);
    csv_text(&cells, record->vehicle.name);
    csv_time(&cells, times_us[i]);
    csv_text(&cells, db_text(local, (int)i, 0));
    csv_decimal(&cells, readings->items[i].temperature_c, DEGREE_DECIMALS);
    csv_text(&cells, text_from(state_of(&record->rule, readings->items[i].temperature_c)));
    csv_row_end(&cells);
    TRY(response_write_buffer(record->request, out, false));
  }
  return error_none();
}

static struct error answer_csv(const struct record *record)
{
  struct request *request = record->request;
  struct readings readings = readings_open(record->connection, record->arena, record->vehicle.vehicle_id,
                                           record->period.from_us, record->period.until_us);
  char from[CLOCK_TEXT_MAX];
  clock_format_day(clock_day(record->period.from_us), from);
  response_header(request, "Content-Disposition", "attachment; filename=\"temperature_%.*s_%s.csv\"",
                  TEXT_ARGS(record->vehicle.name), from);
  TRY(readings_next(&readings, READINGS_PAGE));
  TRY(response_begin(request));
  struct buffer *out = request_buffer(request);
  buffer_append_text(out, TEXT("vehicle,recorded_at,local_time,temperature_c,state\r\n"));
  for (;;) {
    TRY(write_rows(record, &readings, out));
    if (readings.is_at_end) {
      return response_write_buffer(request, out, true);
    }
    TRY(readings_next(&readings, READINGS_PAGE));
  }
}

/* ---- the page ---- */

static struct error sum_up(struct record *record)
{
  struct readings readings = readings_open(record->connection, record->arena, record->vehicle.vehicle_id,
                                           record->period.from_us, record->period.until_us);
  record->figures = temperature_figures_begin(vehicle_rule_limits(&record->rule));
  do {
    TRY(readings_next(&readings, READINGS_PAGE));
    for (size_t i = 0; i < readings.count; i++) {
      temperature_figures_add(&record->figures, readings.items[i]);
    }
  } while (!readings.is_at_end);
  return temperature_line_read(record->connection, record->arena, record->vehicle.vehicle_id, record->period.from_us,
                               record->period.until_us, POINTS, &record->line);
}

static struct error read_excursions(struct record *record)
{
  struct db_parameters *parameters = db_parameters_new(record->arena);
  db_add_int64(parameters, record->vehicle.vehicle_id);
  db_add_time(parameters, record->period.from_us);
  db_add_time(parameters, record->period.until_us);
  db_add_int64(parameters, EXCURSIONS_MAX);
  return db_query(record->connection, record->arena, &SQL_LIST_EXCURSIONS_OF_VEHICLE, parameters, &record->excursions);
}

static struct error read_local_times(const struct record *record, int64_t now_us, struct local_times *local)
{
  const int excursion_count = db_row_count(record->excursions);
  const size_t count = ENDS + RECORD_TICKS + 2 * (size_t)excursion_count;
  int64_t *times_us = arena_alloc_array(record->arena, count, sizeof *times_us);
  times_us[0] = record->period.from_us;
  times_us[1] = record->is_trip ? record->period.until_us - 1 : record->period.until_us;
  times_us[2] = now_us;
  times_us[3] = record->figures.coldest.recorded_at_us;
  times_us[4] = record->figures.warmest.recorded_at_us;
  for (int tick = 0; tick < RECORD_TICKS; tick++) {
    times_us[ENDS + tick] = record_chart_tick_us(record->period, tick);
  }
  for (int row = 0; row < excursion_count; row++) {
    times_us[ENDS + RECORD_TICKS + 2 * row] = db_time(record->excursions, row, 2);
    times_us[ENDS + RECORD_TICKS + 2 * row + 1] = db_time(record->excursions, row, 3);
  }
  return list_local_times(record, record->arena, times_us, count, &local->rows);
}

static struct text local_time(const struct local_times *local, int place)
{
  return db_text(local->rows, place, 0);
}

/* "Europe/Berlin (UTC+01:00)"; of a period over a change of the clocks both. */
static struct text zone_text(const struct record *record, const struct local_times *local)
{
  const int first = (int)db_int64(local->rows, 0, 2);
  const int last = (int)db_int64(local->rows, 1, 2);
  const char *zone = arena_printf(record->arena, "%.*s (UTC%c%02d:%02d", TEXT_ARGS(record->zone), first < 0 ? '-' : '+',
                                  abs(first) / 60, abs(first) % 60);
  return text_from(first == last ? arena_printf(record->arena, "%s)", zone)
                                 : arena_printf(record->arena, "%s, then UTC%c%02d:%02d)", zone, last < 0 ? '-' : '+',
                                                abs(last) / 60, abs(last) % 60));
}

static void add_excursions(const struct record *record, const struct local_times *local, struct record_page *page)
{
  const struct db_rows *rows = record->excursions;
  const size_t count = (size_t)db_row_count(rows);
  struct record_excursion *shown = arena_alloc_array(record->arena, count, sizeof *shown);
  struct record_span *spans = arena_alloc_array(record->arena, count, sizeof *spans);
  for (int row = 0; row < (int)count; row++) {
    spans[row] = (struct record_span){db_time(rows, row, 2), db_time(rows, row, 3)};
    shown[row] = (struct record_excursion){.is_urgent = db_int64(rows, row, 0) == 2,
                                           .is_warm = db_int64(rows, row, 1) == 2,
                                           .started_at = local_time(local, ENDS + RECORD_TICKS + 2 * row),
                                           .ended_at = local_time(local, ENDS + RECORD_TICKS + 2 * row + 1),
                                           .limit_c = db_double(rows, row, 4),
                                           .extreme_c = db_double(rows, row, 5),
                                           .degree_minutes = db_double(rows, row, 6),
                                           .over_s = db_double(rows, row, 7),
                                           .paused_s = db_double(rows, row, 8),
                                           .has_fired = !db_is_null(rows, row, 9),
                                           .is_open = db_bool(rows, row, 10)};
  }
  page->excursions = shown;
  page->excursion_count = page->chart.excursion_count = count;
  page->chart.excursions = spans;
}

static struct record_chart chart_of(const struct record *record, const struct local_times *local)
{
  struct text *ticks = arena_alloc_array(record->arena, RECORD_TICKS, sizeof *ticks);
  for (int tick = 0; tick < RECORD_TICKS; tick++) {
    ticks[tick] = db_text(local->rows, ENDS + tick, 1);
  }
  return (struct record_chart){
      .period = record->period, .line = &record->line, .rule = &record->rule, .gap_us = record->rule.silent_us, .ticks = ticks};
}

static struct error answer_page(struct record *record)
{
  struct local_times local;
  TRY(sum_up(record));
  TRY(read_excursions(record));
  TRY(read_local_times(record, request_received_at_us(record->request), &local));
  struct record_page page = {.vehicle = record->vehicle.name,
                             .kind = record->vehicle.kind,
                             .fleet = record->vehicle.fleet,
                             .vin = record->vehicle.vin,
                             .is_trip = record->is_trip,
                             .is_open = record->is_open,
                             .distance_m = record->distance_m,
                             .from = local_time(&local, 0),
                             .until = local_time(&local, 1),
                             .made_at = local_time(&local, 2),
                             .coldest_at = local_time(&local, 3),
                             .warmest_at = local_time(&local, 4),
                             .zone = zone_text(record, &local),
                             .rule = &record->rule,
                             .figures = &record->figures,
                             .chart = chart_of(record, &local),
                             .csv_url = cursor_url(record->request, "f", TEXT("csv"))};
  add_excursions(record, &local, &page);
  response_header(record->request, "Content-Security-Policy", "%s", RECORD_PAGE_POLICY);
  record_page_write(response_body(record->request), &page);
  return error_none();
}

struct error temperature_record(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"vehicle", "trip", "from", "to", "tz", "f", NULL};
  struct record record = {.request = request, .connection = connection, .arena = request_arena(request)};
  enum format format;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_HTML | FORMAT_CSV, &format));
  TRY(read_vehicle(&record));
  TRY(read_period(&record));
  TRY(read_zone(&record, context));
  TRY(vehicle_rule_read(connection, record.arena, record.vehicle.vehicle_id, &record.rule));
  response_header(request, "Cache-Control", "private, no-cache");
  return format == FORMAT_CSV ? answer_csv(&record) : answer_page(&record);
}
