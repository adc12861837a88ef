/* GET /v1/analysis/status: how far derived rows are behind the breadcrumbs, and what is being computed anew. */
#include "api/handlers.h"
#include "api/row_list.h"
#include "api_sql.h"
#include "server/base/clock.h"
#include "server/json/writer.h"

enum { FINISHED_SHOWN = 20 };

enum column {
  COLUMN_RECOMPUTE_ID,
  COLUMN_REQUESTED_AT,
  COLUMN_REASON,
  COLUMN_VEHICLE,
  COLUMN_FROM,
  COLUMN_UNTIL,
  COLUMN_NEEDS_MATCHING,
  COLUMN_STARTED_AT,
  COLUMN_FINISHED_AT,
  COLUMN_VEHICLES_ALL,
  COLUMN_VEHICLES_DONE,
  COLUMN_MERGED_INTO,
};

static void write_recompute(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_begin_object(json);
  json_int64_column(json, "recompute_id", rows, row, COLUMN_RECOMPUTE_ID);
  json_text_column(json, "reason", rows, row, COLUMN_REASON);
  json_text_column(json, "vehicle", rows, row, COLUMN_VEHICLE);
  json_time_column(json, "from", rows, row, COLUMN_FROM);
  json_time_column(json, "to", rows, row, COLUMN_UNTIL);
  json_key(json, "matches_roads");
  json_boolean(json, db_bool(rows, row, COLUMN_NEEDS_MATCHING));
  json_time_column(json, "requested_at", rows, row, COLUMN_REQUESTED_AT);
  json_time_column(json, "started_at", rows, row, COLUMN_STARTED_AT);
  json_time_column(json, "finished_at", rows, row, COLUMN_FINISHED_AT);
  json_int64_column(json, "vehicles_all", rows, row, COLUMN_VEHICLES_ALL);
  json_int64_column(json, "vehicles_done", rows, row, COLUMN_VEHICLES_DONE);
  json_int64_column(json, "merged_into", rows, row, COLUMN_MERGED_INTO);
  json_end_object(json);
}

static void write_progress(struct json_writer *json, const struct db_rows *rows)
{
  const int64_t seq = db_int64(rows, 0, 0);
  const int64_t head = db_int64(rows, 0, 1);
  json_key(json, "has_leader");
  json_boolean(json, db_bool(rows, 0, 5));
  json_key(json, "analysed_seq");
  json_int64(json, seq);
  json_key(json, "stored_seq");
  json_int64(json, head);
  json_key(json, "lag_breadcrumbs");
  json_int64(json, head > seq ? head - seq : 0);
  json_key(json, "lag_s");
  json_decimal(json, db_double(rows, 0, 3), 3);
  json_time_column(json, "analysed_at", rows, 0, 2);
  json_key(json, "vehicles_behind");
  json_int64(json, db_int64(rows, 0, 4));
  json_key(json, "rule_version");
  json_int64(json, db_int64(rows, 0, 6));
  json_time_column(json, "rules_changed_at", rows, 0, 7);
  json_text_column(json, "depot_time_zone", rows, 0, 8);
}

struct error analysis_status_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct arena *arena = request_arena(request);
  const struct db_rows *progress;
  const struct db_rows *recomputes;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, FINISHED_SHOWN);
  TRY(db_query(connection, arena, &SQL_READ_ANALYSIS_STATUS, NULL, &progress));
  TRY(db_query(connection, arena, &SQL_LIST_RECOMPUTES, parameters, &recomputes));
  if (db_row_count(progress) != 1) {
    return error_make(ERROR_INTERNAL, "the tables feed and analysis_progress must have one row each");
  }
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct json_writer json = json_writer_to(response_body(request));
  json_begin_object(&json);
  json_key(&json, "now");
  json_time(&json, clock_now_us());
  write_progress(&json, progress);
  json_key(&json, "recomputes");
  json_begin_array(&json);
  for (int row = 0; row < db_row_count(recomputes); row++) {
    write_recompute(&json, recomputes, row);
  }
  json_end_array(&json);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
