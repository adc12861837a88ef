/* GET /v1/stops */
#include "api/columns.h"
#include "api/trips/overlap_query.h"
#include "api_sql.h"

enum stop_column {
  STOP_DURATION_S = OVERLAP_ENDED_AT + 1,
  STOP_IDLING_S,
  STOP_SAMPLES,
  STOP_LON,
  STOP_LAT,
  STOP_IS_OPEN,
  STOP_REVISION,
};

static const struct column COLUMNS[] = {
    [OVERLAP_VEHICLE_ID] = {"vehicle_id", COLUMN_INT64, 0},
    [OVERLAP_VEHICLE] = {"vehicle", COLUMN_TEXT, 0},
    [OVERLAP_STARTED_AT] = {"started_at", COLUMN_TIME, 0},
    [OVERLAP_ENDED_AT] = {"ended_at", COLUMN_TIME, 0},
    [STOP_DURATION_S] = {"duration_s", COLUMN_DECIMAL, 3},
    [STOP_IDLING_S] = {"idling_s", COLUMN_DECIMAL, 3},
    [STOP_SAMPLES] = {"samples", COLUMN_INT64, 0},
    [STOP_LON] = {"lon", COLUMN_DECIMAL, 7},
    [STOP_LAT] = {"lat", COLUMN_DECIMAL, 7},
    [STOP_IS_OPEN] = {"is_open", COLUMN_BOOLEAN, 0},
    [STOP_REVISION] = {"revision", COLUMN_INT64, 0},
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  columns_write_members(COLUMNS, COLUMN_COUNT, json, rows, row);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  columns_write_cells(COLUMNS, COLUMN_COUNT, cells, rows, row);
}

static struct error write_features(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                   const struct db_rows *rows, int first, int end)
{
  (void)arena;
  (void)connection;
  for (int row = first; row < end; row++) {
    json_begin_object(json);
    json_key(json, "type");
    json_cstring(json, "Feature");
    json_key(json, "geometry");
    json_begin_object(json);
    json_key(json, "type");
    json_cstring(json, "Point");
    json_key(json, "coordinates");
    overlap_write_position(json, db_double(rows, row, STOP_LON), db_double(rows, row, STOP_LAT));
    json_end_object(json);
    json_key(json, "properties");
    json_begin_object(json);
    write_members(json, rows, row);
    json_end_object(json);
    json_end_object(json);
  }
  return error_none();
}

struct error stops_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"from", "to", "vehicle*", "limit", "cursor", "f", NULL};
  struct overlap_query query;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(overlap_query_read(request, connection, false, &query));
  const struct row_list list = {
      .statement = query.vehicles.is_wanted ? &SQL_LIST_STOPS_OF_VEHICLES : &SQL_LIST_STOPS,
      .add_parameters = overlap_add_parameters,
      .move_behind = overlap_move_behind,
      .key = overlap_key,
      .resume = overlap_resume,
      .write_members = write_members,
      .csv_header = TEXT("vehicle_id,vehicle,started_at,ended_at,duration_s,idling_s,samples,lon,lat,is_open,revision"),
      .write_cells = write_cells,
      .write_features = write_features,
  };
  return row_list_answer(&list, &query, request, connection);
}
