/* GET /v1/temperature/series: the temperature of one vehicle as a line for a chart; or all readings as CSV. */
#include "api/handlers.h"

#include "api/csv.h"
#include "api/format.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/temperature/line.h"
#include "server/base/clock.h"

enum { POINTS_MIN = 10, POINTS_MAX = 20000, POINTS_DEFAULT = 1000 };

struct series {
  struct request *request;
  struct db_connection *connection;
  struct text vehicle;
  int64_t vehicle_id;
  struct time_range range;
};

static void write_json(const struct series *series, const struct vehicle_rule *rule, const struct temperature_line *line)
{
  struct json_writer json = json_writer_to(response_body(series->request));
  json_begin_object(&json);
  json_key(&json, "vehicle");
  json_string(&json, series->vehicle);
  json_key(&json, "from");
  json_time(&json, series->range.from_us);
  json_key(&json, "to");
  json_time(&json, series->range.to_us);
  vehicle_rule_write(&json, "rule", rule);
  json_key(&json, "readings");
  json_int64(&json, line->readings);
  json_key(&json, "points");
  json_begin_array(&json);
  for (size_t i = 0; i < line->count; i++) {
    json_begin_object(&json);
    json_key(&json, "recorded_at");
    json_time(&json, line->points[i].recorded_at_us);
    json_key(&json, "temperature_c");
    json_decimal(&json, line->points[i].temperature_c, DEGREE_DECIMALS);
    json_end_object(&json);
  }
  json_end_array(&json);
  json_end_object(&json);
  buffer_append_char(response_body(series->request), '\n');
}

static void write_row(struct buffer *out, const struct temperature_reading *reading)
{
  struct csv_row cells = csv_row_begin(out);
  csv_time(&cells, reading->recorded_at_us);
  csv_decimal(&cells, reading->temperature_c, DEGREE_DECIMALS);
  csv_row_end(&cells);
}

static struct error answer_line(const struct series *series, enum format format, int64_t points_max)
{
  struct arena *arena = request_arena(series->request);
  struct vehicle_rule rule;
  struct temperature_line line;
  TRY(vehicle_rule_read(series->connection, arena, series->vehicle_id, &rule));
  TRY(temperature_line_read(series->connection, arena, series->vehicle_id, series->range.from_us, series->range.to_us,
                            points_max, &line));
  if (format == FORMAT_JSON) {
    write_json(series, &rule, &line);
    return error_none();
  }
  buffer_append_text(response_body(series->request), TEXT("recorded_at,temperature_c\r\n"));
  for (size_t i = 0; i < line.count; i++) {
    write_row(response_body(series->request), &line.points[i]);
  }
  return error_none();
}

/* Every reading, streamed. */
static struct error answer_all(const struct series *series)
{
  struct request *request = series->request;
  struct readings readings =
      readings_open(series->connection, request_arena(request), series->vehicle_id, series->range.from_us, series->range.to_us);
  TRY(readings_next(&readings, READINGS_PAGE));
  TRY(response_begin(request));
  struct buffer *out = request_buffer(request);
  buffer_append_text(out, TEXT("recorded_at,temperature_c\r\n"));
  for (;;) {
    for (size_t i = 0; i < readings.count; i++) {
      write_row(out, &readings.items[i]);
      TRY(response_write_buffer(request, out, false));
    }
    if (readings.is_at_end) {
      return response_write_buffer(request, out, true);
    }
    TRY(readings_next(&readings, READINGS_PAGE));
  }
}

struct error temperature_series(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"vehicle", "from", "to", "points", "f", NULL};
  struct series series = {.request = request, .connection = connection};
  enum format format;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_CSV, &format));
  series.range.to_us = clock_now_us();
  TRY(parameter_time(request, "to", &series.range.to_us));
  series.range.from_us = series.range.to_us - US_PER_DAY;
  TRY(parameter_time_range(request, &series.range));
  int64_t points_max = format == FORMAT_CSV ? 0 : POINTS_DEFAULT;
  TRY(parameter_int64(request, "points", POINTS_MIN, POINTS_MAX, &points_max));
  TRY(parameter_one_vehicle(request, connection, &series.vehicle_id, &series.vehicle));
  response_header(request, "Cache-Control", "private, no-cache");
  return points_max == 0 ? answer_all(&series) : answer_line(&series, format, points_max);
}
