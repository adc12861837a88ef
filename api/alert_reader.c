#include "api/alert_reader.h"

#include "api/row_list.h"
#include "api_sql.h"

enum column {
  COLUMN_SEQ,
  COLUMN_VEHICLE_ID,
  COLUMN_VEHICLE,
  COLUMN_AT,
  COLUMN_CHANGE,
  COLUMN_TITLE,
  COLUMN_BY,
  COLUMN_NOTE,
  COLUMN_DOCUMENT,
};

static struct text message_of(struct arena *arena, const struct db_rows *rows, int row)
{
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  json_begin_object(&json);
  json_key(&json, "type");
  json_cstring(&json, "alert");
  json_int64_column(&json, "seq", rows, row, COLUMN_SEQ);
  json_text_column(&json, "change", rows, row, COLUMN_CHANGE);
  json_time_column(&json, "at", rows, row, COLUMN_AT);
  json_text_column(&json, "title", rows, row, COLUMN_TITLE);
  json_text_column(&json, "by", rows, row, COLUMN_BY);
  json_text_column(&json, "note", rows, row, COLUMN_NOTE);
  json_key(&json, "alert");
  json_raw(&json, db_text(rows, row, COLUMN_DOCUMENT));
  json_end_object(&json);
  const struct text message = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return message;
}

struct error alert_read_frames(struct db_connection *connection, struct arena *arena, int64_t seq, struct alert_frames *frames)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, seq);
  db_add_int64(parameters, ALERT_LOG_FRAMES_MAX);
  TRY(db_query(connection, arena, &SQL_READ_ALERT_EVENTS, parameters, &rows));
  frames->count = (size_t)db_row_count(rows);
  frames->is_cut = frames->count == ALERT_LOG_FRAMES_MAX;
  frames->items = arena_alloc_array(arena, frames->count + 1, sizeof *frames->items);
  for (size_t i = 0; i < frames->count; i++) {
    frames->items[i] = (struct alert_frame){.seq = db_int64(rows, (int)i, COLUMN_SEQ),
                                            .vehicle_id = db_int64(rows, (int)i, COLUMN_VEHICLE_ID),
                                            .vehicle = db_text(rows, (int)i, COLUMN_VEHICLE),
                                            .json = message_of(arena, rows, (int)i)};
  }
  return error_none();
}
