#include "api/speeding/report_pieces.h"

#include "api_sql.h"

enum column { COLUMN_DAY, COLUMN_IS_NOW, COLUMN_STARTS_AT, COLUMN_ENDS_AT, COLUMN_DEPOT_DAY, COLUMN_SHARE };

static void add_row(struct report_pieces *pieces, const struct db_rows *rows, int row)
{
  const int64_t starts_at_us = db_time(rows, row, COLUMN_STARTS_AT);
  const double share = db_double(rows, row, COLUMN_SHARE);
  if (pieces->count == 0 || pieces->items[pieces->count - 1].range.from_us != starts_at_us) {
    pieces->items[pieces->count++] =
        (struct report_piece){.is_now = db_bool(rows, row, COLUMN_IS_NOW),
                              .day = db_is_null(rows, row, COLUMN_DAY) ? 0 : (int32_t)db_int64(rows, row, COLUMN_DAY),
                              .range = {starts_at_us, db_time(rows, row, COLUMN_ENDS_AT)}};
  }
  pieces->shares[pieces->share_count++] =
      (struct report_share){(int32_t)db_int64(rows, row, COLUMN_DEPOT_DAY), (uint32_t)pieces->count - 1, share};
  pieces->is_whole_days = pieces->is_whole_days && share >= 1.0;
}

struct error report_pieces_read(const struct speeding_filter *filter, enum report_group_by group_by, struct arena *arena,
                                struct db_connection *connection, struct report_pieces *pieces)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_bool(parameters, group_by == GROUP_BY_DAY);
  db_add_time(parameters, filter->range.from_us);
  db_add_time(parameters, filter->range.to_us);
  db_add_time(parameters, filter->previous_from_us);
  db_add_text(parameters, filter->zone);
  db_add_text(parameters, filter->depot_zone);
  TRY(db_query(connection, arena, &SQL_LIST_REPORT_SHARES, parameters, &rows));
  const size_t count = (size_t)db_row_count(rows);
  *pieces = (struct report_pieces){.items = arena_alloc_array(arena, count, sizeof *pieces->items),
                                   .shares = arena_alloc_array(arena, count, sizeof *pieces->shares),
                                   .is_whole_days = true};
  for (size_t row = 0; row < count; row++) {
    add_row(pieces, rows, (int)row);
  }
  return error_none();
}
