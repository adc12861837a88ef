#include "api/feed_reader.h"

#include <stdio.h>

#include "api_sql.h"

static struct position read_position(struct arena *arena, const struct db_rows *rows, int row)
{
  return (struct position){
      .vehicle_id = db_int64(rows, row, 0),
      .vehicle = text_copy(arena, db_text(rows, row, 1)),
      .recorded_at_us = db_time(rows, row, 2),
      .received_at_us = db_time(rows, row, 3),
      .slow_since_us = db_is_null(rows, row, 4) ? 0 : db_time(rows, row, 4),
      .version = db_int64(rows, row, 5),
      .seq = db_int64(rows, row, 6),
      .longitude_deg = db_double(rows, row, 7),
      .latitude_deg = db_double(rows, row, 8),
      .speed_kmh = (float)db_double(rows, row, 9),
      .heading_deg = (float)db_double(rows, row, 10),
      .temperature_c = (float)db_double(rows, row, 11),
      .ignition = (int8_t)(db_is_null(rows, row, 12) ? -1 : db_bool(rows, row, 12)),
  };
}

static void take_rows(struct arena *arena, const struct db_rows *rows, struct feed_cursor *cursor, struct feed_page *page)
{
  int count = db_row_count(rows);
  page->count = (size_t)count;
  page->is_last = count < FEED_PAGE_ROWS;
  page->positions = arena_alloc_array(arena, page->count + 1, sizeof *page->positions);
  page->hidden = arena_alloc(arena, page->count + 1);
  for (int row = 0; row < count; row++) {
    page->positions[row] = read_position(arena, rows, row);
    page->hidden[row] = db_bool(rows, row, 13);
  }
  if (count != 0) {
    const struct position *last = &page->positions[count - 1];
    *cursor = (struct feed_cursor){last->seq, last->vehicle_id};
  }
}

struct error feed_read_page(struct db_connection *connection, struct arena *arena, struct feed_cursor *cursor,
                            struct feed_page *page)
{
  struct arena *scratch = arena_new(4096);
  struct db_parameters *parameters = db_parameters_new(scratch);
  db_add_int64(parameters, cursor->seq);
  db_add_int64(parameters, cursor->vehicle_id);
  db_add_int64(parameters, FEED_PAGE_ROWS);
  const struct db_rows *rows;
  struct error error = db_query(connection, scratch, &SQL_READ_CHANGED_POSITIONS, parameters, &rows);
  if (error.code == ERROR_NONE) {
    take_rows(arena, rows, cursor, page);
  }
  arena_free(scratch);
  return error;
}

struct error feed_read_head(struct db_connection *connection, struct feed_head *head)
{
  struct arena *scratch = arena_new(1024);
  const struct db_rows *rows;
  struct error error = db_query(connection, scratch, &SQL_READ_FEED_HEAD, NULL, &rows);
  if (error.code == ERROR_NONE && db_row_count(rows) != 1) {
    error = error_make(ERROR_INTERNAL, "the table feed must have one row");
  }
  if (error.code == ERROR_NONE) {
    head->seq = db_int64(rows, 0, 0);
    snprintf(head->epoch, sizeof head->epoch, "%.*s", TEXT_ARGS(db_text(rows, 0, 1)));
  }
  arena_free(scratch);
  return error;
}
