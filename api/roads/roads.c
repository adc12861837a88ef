/* GET /v1/roads and /v1/roads/{id}. */
#include "api/handlers.h"

#include <math.h>

#include "api/parameters.h"
#include "api/roads/road.h"
#include "api_sql.h"

static const double LATITUDE_MAX_DEG = 85; /* of the map's projection */

struct road_query {
  bool is_boxed;
  struct grid_box box;
  bool only_overridden;
  int64_t after_road_id; /* 0: from the beginning */
};

static void add_behind(const struct road_query *query, struct db_parameters *parameters, int64_t limit)
{
  if (query->after_road_id == 0) {
    db_add_null(parameters);
  } else {
    db_add_int64(parameters, query->after_road_id);
  }
  db_add_int64(parameters, limit);
}

/* A NaN is written null. */
static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct road_query *query = context;
  const struct grid_box *box = &query->box;
  const bool crosses = box->west_deg > box->east_deg;
  add_behind(query, parameters, limit);
  db_add_double(parameters, query->is_boxed ? box->west_deg : (double)NAN);
  db_add_double(parameters, query->is_boxed ? fmax(box->south_deg, -LATITUDE_MAX_DEG) : (double)NAN);
  db_add_double(parameters, query->is_boxed ? (crosses ? 180 : box->east_deg) : (double)NAN);
  db_add_double(parameters, query->is_boxed ? fmin(box->north_deg, LATITUDE_MAX_DEG) : (double)NAN);
  db_add_double(parameters, query->is_boxed && crosses ? -180 : (double)NAN);
  db_add_double(parameters, query->is_boxed && crosses ? box->east_deg : (double)NAN);
  db_add_bool(parameters, query->only_overridden);
}

static void add_lost_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  add_behind(context, parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct road_query *query = context;
  query->after_road_id = db_int64(rows, row, ROAD_ID);
}

static struct text key(const void *context, struct arena *arena)
{
  const struct road_query *query = context;
  return text_from(arena_printf(arena, "%lld", (long long)query->after_road_id));
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct road_query *query = context;
  (void)arena;
  return parse_int64("cursor", key, 1, INT64_MAX, &query->after_road_id);
}

static struct error write_features(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                   const struct db_rows *rows, int first, int end)
{
  (void)arena;
  (void)connection;
  for (int row = first; row < end; row++) {
    road_write_feature(json, rows, row);
  }
  return error_none();
}

struct error roads_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"bbox", "override", "limit", "cursor", "f", NULL};
  struct row_list list = {.statement = &SQL_LIST_ROADS,
                          .add_parameters = add_parameters,
                          .move_behind = move_behind,
                          .key = key,
                          .resume = resume,
                          .write_members = road_write_members,
                          .csv_header = TEXT(ROAD_CSV_HEADER),
                          .write_cells = road_write_cells,
                          .write_features = write_features};
  struct road_query query = {.after_road_id = 0};
  struct text override = {NULL, 0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parameter_bbox(request, &query.is_boxed, &query.box));
  if (request_parameter_find(request, "override", &override)) {
    query.only_overridden = text_equal(override, TEXT("set"));
    if (text_equal(override, TEXT("lost"))) {
      list.statement = &SQL_LIST_LOST_OVERRIDES;
      list.add_parameters = add_lost_parameters;
    } else if (!query.only_overridden) {
      return error_at(ERROR_BAD_INPUT, "override", "expected set or lost");
    }
  }
  return row_list_answer(&list, &query, request, connection);
}

struct error roads_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"f", NULL};
  enum format format;
  int64_t road_id;
  const struct db_rows *rows;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(road_id_of_path(request, &road_id));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON, &format));
  TRY(road_read(request, connection, road_id, &rows));
  road_answer(request, rows, format);
  return error_none();
}
