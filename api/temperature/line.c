#include "api/temperature/line.h"

#include "api_sql.h"

/* The lowest and the highest of each part, as they came. */
static void take_extremes(struct arena *arena, const struct db_rows *rows, struct temperature_line *line)
{
  const int row_count = db_row_count(rows);
  *line = (struct temperature_line){.points = arena_alloc_array(arena, 2 * (size_t)row_count, sizeof *line->points)};
  for (int row = 0; row < row_count; row++) {
    const struct temperature_reading lowest = {(int64_t)db_double(rows, row, 2), db_double(rows, row, 1)};
    const struct temperature_reading highest = {-(int64_t)db_double(rows, row, 4), db_double(rows, row, 3)};
    const bool is_lowest_first = lowest.recorded_at_us <= highest.recorded_at_us;
    line->points[line->count++] = is_lowest_first ? lowest : highest;
    if (lowest.recorded_at_us != highest.recorded_at_us) {
      line->points[line->count++] = is_lowest_first ? highest : lowest;
    }
    line->readings += db_int64(rows, row, 0);
  }
}

struct error temperature_line_read(struct db_connection *connection, struct arena *arena, int64_t vehicle_id, int64_t from_us,
                                   int64_t until_us, int64_t points_max, struct temperature_line *line)
{
  struct readings readings = readings_open(connection, arena, vehicle_id, from_us, until_us);
  TRY(readings_next(&readings, (size_t)points_max + 1));
  if (readings.is_at_end) {
    *line = (struct temperature_line){readings.items, readings.count, (int64_t)readings.count};
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_int64(parameters, vehicle_id);
  db_add_time(parameters, from_us);
  db_add_time(parameters, until_us);
  db_add_int32(parameters, (int32_t)(points_max / 2));
  TRY(db_query(connection, arena, &SQL_LIST_READING_EXTREMES, parameters, &rows));
  take_extremes(arena, rows, line);
  return error_none();
}
