/* GET /v1/temperature/trips: what the load of one vehicle went through on each of its trips. */
#include "api/handlers.h"

#include <math.h>

#include "api/csv.h"
#include "api/cursor.h"
#include "api/format.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/row_list.h"
#include "api/temperature/readings.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { TRIPS_DEFAULT = 50, TRIPS_MAX = 500, SUM_DECIMALS = 3 };

enum column { COLUMN_STARTED_AT, COLUMN_ENDED_AT, COLUMN_DISTANCE, COLUMN_IS_OPEN, COLUMN_EXCURSIONS };

struct trips_query {
  struct request *request;
  struct db_connection *connection;
  struct text vehicle;
  int64_t vehicle_id;
  int64_t before_us; /* started_at of the last one shown */
  struct time_range range;
  int64_t limit;
  struct vehicle_rule rule;
  struct text base_url;
};

struct trip {
  const struct db_rows *rows;
  int row;
  struct temperature_figures figures;
};

static const char CSV_HEADER[] = "vehicle,started_at,ended_at,distance_m,is_open,readings,min_c,min_at,max_c,max_at,mean_c,"
                                 "mean_kinetic_c,longest_gap_s,rule,"
                                 "lowest_c,highest_c,above_s,above_degree_minutes,below_s,below_degree_minutes,excursions\r\n";

static double seconds_of(double duration_us)
{
  return duration_us / (double)US_PER_SECOND;
}

static double minutes_of(double duration_us)
{
  return duration_us / (60.0 * (double)US_PER_SECOND);
}

/* Above and below mean nothing without that limit. */
static double unless_none(double limit_c, double value)
{
  return isnan(limit_c) ? (double)NAN : value;
}

static double reading_or_none(const struct temperature_figures *figures, struct temperature_reading reading)
{
  return figures->readings > 0 ? reading.temperature_c : (double)NAN;
}

/* ---- JSON ---- */

static void write_decimal(struct json_writer *json, const char *key, double value)
{
  json_key(json, key);
  json_decimal(json, value, SUM_DECIMALS);
}

static void write_reading(struct json_writer *json, const char *degrees_key, const char *time_key,
                          const struct temperature_figures *figures, struct temperature_reading reading)
{
  write_decimal(json, degrees_key, reading_or_none(figures, reading));
  json_key(json, time_key);
  if (figures->readings > 0) {
    json_time(json, reading.recorded_at_us);
  } else {
    json_null(json);
  }
}

static void write_figures(struct json_writer *json, const struct temperature_figures *figures)
{
  json_key(json, "readings");
  json_int64(json, figures->readings);
  write_reading(json, "min_c", "min_at", figures, figures->coldest);
  write_reading(json, "max_c", "max_at", figures, figures->warmest);
  write_decimal(json, "mean_c", temperature_figures_mean_c(figures));
  write_decimal(json, "mean_kinetic_c", temperature_figures_mean_kinetic_c(figures));
  write_decimal(json, "longest_gap_s", seconds_of((double)figures->longest_gap_us));
  const struct temperature_limits *limits = &figures->limits;
  write_decimal(json, "above_s", unless_none(limits->highest_c, seconds_of(figures->above_us)));
  write_decimal(json, "above_degree_minutes", unless_none(limits->highest_c, minutes_of(figures->above_degree_us)));
  write_decimal(json, "below_s", unless_none(limits->lowest_c, seconds_of(figures->below_us)));
  write_decimal(json, "below_degree_minutes", unless_none(limits->lowest_c, minutes_of(figures->below_degree_us)));
}

static struct text record_url(const struct trips_query *query, int64_t started_at_us)
{
  char time[CLOCK_TEXT_MAX];
  (void)clock_format(started_at_us, time);
  return text_from(arena_printf(request_arena(query->request), "%.*s/v1/temperature/record?vehicle=%.*s&trip=%s",
                                TEXT_ARGS(query->base_url), TEXT_ARGS(query->vehicle), time));
}

static void write_trip(struct json_writer *json, const struct trips_query *query, const struct trip *trip)
{
  json_begin_object(json);
  json_key(json, "vehicle");
  json_string(json, query->vehicle);
  json_time_column(json, "started_at", trip->rows, trip->row, COLUMN_STARTED_AT);
  json_time_column(json, "ended_at", trip->rows, trip->row, COLUMN_ENDED_AT);
  write_decimal(json, "distance_m", db_double(trip->rows, trip->row, COLUMN_DISTANCE));
  json_key(json, "is_open");
  json_boolean(json, db_bool(trip->rows, trip->row, COLUMN_IS_OPEN));
  write_figures(json, &trip->figures);
  json_int64_column(json, "excursions", trip->rows, trip->row, COLUMN_EXCURSIONS);
  json_key(json, "record");
  json_string(json, record_url(query, db_time(trip->rows, trip->row, COLUMN_STARTED_AT)));
  json_end_object(json);
}

/* ---- CSV ---- */

static void write_reading_cells(struct csv_row *cells, const struct temperature_figures *figures,
                                struct temperature_reading reading)
{
  csv_decimal(cells, reading_or_none(figures, reading), SUM_DECIMALS);
  if (figures->readings > 0) {
    csv_time(cells, reading.recorded_at_us);
  } else {
    csv_empty(cells);
  }
}

static void write_row(struct buffer *out, const struct trips_query *query, const struct trip *trip)
{
  const struct temperature_figures *figures = &trip->figures;
  const struct temperature_limits *limits = &figures->limits;
  struct csv_row cells = csv_row_begin(out);
  csv_text(&cells, query->vehicle);
  csv_time(&cells, db_time(trip->rows, trip->row, COLUMN_STARTED_AT));
  csv_time(&cells, db_time(trip->rows, trip->row, COLUMN_ENDED_AT));
  csv_decimal(&cells, db_double(trip->rows, trip->row, COLUMN_DISTANCE), SUM_DECIMALS);
  csv_text(&cells, db_bool(trip->rows, trip->row, COLUMN_IS_OPEN) ? TEXT("true") : TEXT("false"));
  csv_int64(&cells, figures->readings);
  write_reading_cells(&cells, figures, figures->coldest);
  write_reading_cells(&cells, figures, figures->warmest);
  csv_decimal(&cells, temperature_figures_mean_c(figures), SUM_DECIMALS);
  csv_decimal(&cells, temperature_figures_mean_kinetic_c(figures), SUM_DECIMALS);
  csv_decimal(&cells, seconds_of((double)figures->longest_gap_us), SUM_DECIMALS);
  csv_text(&cells, query->rule.name);
  csv_decimal(&cells, limits->lowest_c, SUM_DECIMALS);
  csv_decimal(&cells, limits->highest_c, SUM_DECIMALS);
  csv_decimal(&cells, unless_none(limits->highest_c, seconds_of(figures->above_us)), SUM_DECIMALS);
  csv_decimal(&cells, unless_none(limits->highest_c, minutes_of(figures->above_degree_us)), SUM_DECIMALS);
  csv_decimal(&cells, unless_none(limits->lowest_c, seconds_of(figures->below_us)), SUM_DECIMALS);
  csv_decimal(&cells, unless_none(limits->lowest_c, minutes_of(figures->below_degree_us)), SUM_DECIMALS);
  csv_int64(&cells, db_int64(trip->rows, trip->row, COLUMN_EXCURSIONS));
  csv_row_end(&cells);
}

/* ---- answering ---- */

static struct error sum_up(const struct trips_query *query, struct arena *arena, struct trip *trip)
{
  struct readings readings =
      readings_open(query->connection, arena, query->vehicle_id, db_time(trip->rows, trip->row, COLUMN_STARTED_AT),
                    db_time(trip->rows, trip->row, COLUMN_ENDED_AT) + 1);
  trip->figures = temperature_figures_begin(vehicle_rule_limits(&query->rule));
  do {
    TRY(readings_next(&readings, READINGS_PAGE));
    for (size_t i = 0; i < readings.count; i++) {
      temperature_figures_add(&trip->figures, readings.items[i]);
    }
  } while (!readings.is_at_end);
  return error_none();
}

static struct text next_page(struct trips_query *query, const struct db_rows *rows)
{
  if (db_row_count(rows) <= query->limit) {
    return (struct text){NULL, 0};
  }
  struct arena *arena = request_arena(query->request);
  const char *key = arena_printf(arena, "%lld", (long long)db_time(rows, (int)query->limit - 1, COLUMN_STARTED_AT));
  const struct text next =
      cursor_url(query->request, "cursor", cursor_make(arena, cursor_filter(query->request), key, strlen(key)));
  cursor_link(query->request, next);
  return next;
}

static struct error answer(struct trips_query *query, const struct db_rows *rows, enum format format)
{
  struct request *request = query->request;
  struct arena *arena = arena_new_within(request_arena(request), 1024);
  const struct text next = next_page(query, rows);
  const int count = db_row_count(rows) > query->limit ? (int)query->limit : db_row_count(rows);
  TRY(response_begin(request));
  struct buffer *out = request_buffer(request);
  struct json_writer json = json_writer_to(out);
  if (format == FORMAT_CSV) {
    buffer_append_text(out, text_from(CSV_HEADER));
  } else {
    json_begin_object(&json);
    vehicle_rule_write(&json, "rule", &query->rule);
    json_key(&json, "items");
    json_begin_array(&json);
  }
  for (int row = 0; row < count; row++) {
    struct trip trip = {rows, row, {.readings = 0}};
    arena_reset(arena);
    TRY(sum_up(query, arena, &trip));
    if (format == FORMAT_CSV) {
      write_row(out, query, &trip);
    } else {
      write_trip(&json, query, &trip);
    }
    TRY(response_write_buffer(request, out, false));
  }
  if (format == FORMAT_JSON) {
    json_end_array(&json);
    json_key(&json, "next");
    if (next.data != NULL) {
      json_string(&json, next);
    } else {
      json_null(&json);
    }
    json_end_object(&json);
    buffer_append_char(out, '\n');
  }
  return response_write_buffer(request, out, true);
}

static struct error read_query(struct trips_query *query)
{
  struct request *request = query->request;
  struct text cursor;
  TRY(parameter_time_range(request, &query->range));
  TRY(parameter_int64(request, "limit", 1, TRIPS_MAX, &query->limit));
  TRY(parameter_one_vehicle(request, query->connection, &query->vehicle_id, &query->vehicle));
  if (request_parameter_find(request, "cursor", &cursor)) {
    struct text key;
    TRY(cursor_read(request_arena(request), cursor, cursor_filter(request), &key));
    TRY(parse_int64("cursor", key, TIME_RANGE_ALL.from_us, TIME_RANGE_ALL.to_us, &query->before_us));
  }
  return vehicle_rule_read(query->connection, request_arena(request), query->vehicle_id, &query->rule);
}

struct error temperature_trips(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"vehicle", "from", "to", "limit", "cursor", "f", NULL};
  struct trips_query query = {.request = request,
                              .connection = connection,
                              .before_us = TIME_RANGE_ALL.to_us,
                              .range = TIME_RANGE_ALL,
                              .limit = TRIPS_DEFAULT};
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  const struct db_rows *rows;
  enum format format;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_CSV, &format));
  TRY(read_query(&query));
  query.base_url = request_base_url(request);
  db_add_int64(parameters, query.vehicle_id);
  db_add_time(parameters, query.before_us);
  add_time_or_null(parameters, query.range.from_us);
  add_time_or_null(parameters, query.range.to_us);
  db_add_int64(parameters, query.limit + 1);
  TRY(db_query(connection, request_arena(request), &SQL_LIST_TRIP_TEMPERATURES, parameters, &rows));
  response_header(request, "Cache-Control", "private, no-cache");
  return answer(&query, rows, format);
}
