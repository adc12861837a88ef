#include "api/columns.h"

static void write_value(struct json_writer *json, const struct column *column, const struct db_rows *rows, int row, int index)
{
  if (db_is_null(rows, row, index)) {
    json_null(json);
    return;
  }
  switch (column->kind) {
  case COLUMN_INT64:
    json_int64(json, db_int64(rows, row, index));
    break;
  case COLUMN_TEXT:
    json_string(json, db_text(rows, row, index));
    break;
  case COLUMN_TIME:
    json_time(json, db_time(rows, row, index));
    break;
  case COLUMN_BOOLEAN:
    json_boolean(json, db_bool(rows, row, index));
    break;
  case COLUMN_DECIMAL:
    json_decimal(json, db_double(rows, row, index), column->decimals);
    break;
  }
}

void columns_write_members(const struct column *columns, int count, struct json_writer *json, const struct db_rows *rows,
                           int row)
{
  for (int i = 0; i < count; i++) {
    json_key(json, columns[i].name);
    write_value(json, &columns[i], rows, row, i);
  }
}

void columns_write_cells(const struct column *columns, int count, struct csv_row *cells, const struct db_rows *rows, int row)
{
  for (int i = 0; i < count; i++) {
    if (db_is_null(rows, row, i)) {
      csv_empty(cells);
      continue;
    }
    switch (columns[i].kind) {
    case COLUMN_INT64:
      csv_int64(cells, db_int64(rows, row, i));
      break;
    case COLUMN_TEXT:
      csv_text(cells, db_text(rows, row, i));
      break;
    case COLUMN_TIME:
      csv_time(cells, db_time(rows, row, i));
      break;
    case COLUMN_BOOLEAN:
      csv_text(cells, text_from(db_bool(rows, row, i) ? "true" : "false"));
      break;
    case COLUMN_DECIMAL:
      csv_decimal(cells, db_double(rows, row, i), columns[i].decimals);
      break;
    }
  }
}
