#include "api/position_rows.h"

enum column {
  COLUMN_VEHICLE_ID,
  COLUMN_RECORDED_AT,
  COLUMN_VERSION,
  COLUMN_SEQ,
  COLUMN_RECEIVED_AT,
  COLUMN_LONGITUDE,
  COLUMN_LATITUDE,
  COLUMN_SPEED,
  COLUMN_HEADING,
  COLUMN_TEMPERATURE,
  COLUMN_IGNITION,
  COLUMN_FLAGS,
  COLUMN_SLOW_SINCE,
};

static struct position read_row(const struct db_rows *rows, int row, bool has_slow_since)
{
  const bool is_ignition_known = !db_is_null(rows, row, COLUMN_IGNITION);
  const bool is_slow = has_slow_since && !db_is_null(rows, row, COLUMN_SLOW_SINCE);
  return (struct position){
      .vehicle_id = db_int64(rows, row, COLUMN_VEHICLE_ID),
      .recorded_at_us = db_time(rows, row, COLUMN_RECORDED_AT),
      .version = db_int64(rows, row, COLUMN_VERSION),
      .seq = db_int64(rows, row, COLUMN_SEQ),
      .received_at_us = db_time(rows, row, COLUMN_RECEIVED_AT),
      .slow_since_us = is_slow ? db_time(rows, row, COLUMN_SLOW_SINCE) : 0,
      .longitude_deg = db_double(rows, row, COLUMN_LONGITUDE),
      .latitude_deg = db_double(rows, row, COLUMN_LATITUDE),
      .speed_kmh = (float)db_double(rows, row, COLUMN_SPEED),
      .heading_deg = (float)db_double(rows, row, COLUMN_HEADING),
      .temperature_c = (float)db_double(rows, row, COLUMN_TEMPERATURE),
      .ignition = is_ignition_known ? (int8_t)db_bool(rows, row, COLUMN_IGNITION) : (int8_t)-1,
      .flags = (uint8_t)db_int64(rows, row, COLUMN_FLAGS),
  };
}

struct error position_rows_query(struct db_connection *connection, struct arena *arena, struct vehicle_names *names,
                                 const struct sql_statement *statement, const struct db_parameters *parameters,
                                 bool has_slow_since, struct position_page *page)
{
  const struct db_rows *rows;
  TRY(db_query(connection, arena, statement, parameters, &rows));
  page->count = (size_t)db_row_count(rows);
  page->positions = arena_alloc_array(arena, page->count, sizeof *page->positions);
  for (size_t i = 0; i < page->count; i++) {
    page->positions[i] = read_row(rows, (int)i, has_slow_since);
  }
  return vehicle_names_fill(names, connection, arena, page->positions, page->count);
}
