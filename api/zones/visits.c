/* GET /v1/zones/visits: when vehicles were in zones. */
#include "api/handlers.h"

#include "api/columns.h"
#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/temperature_rule_form.h"
#include "api/wanted_names.h"
#include "api_sql.h"

enum { ZONES_WANTED_MAX = 100, SHOWN_COLUMNS = 8, COLUMN_ENTERED_AT = 2, COLUMN_VEHICLE_ID = 8, COLUMN_GEOFENCE_ID = 9 };

/* list_zone_visits.sql */
static const struct column COLUMNS[SHOWN_COLUMNS] = {
    {"vehicle", COLUMN_TEXT, 0},    {"zone", COLUMN_TEXT, 0},          {"entered_at", COLUMN_TIME, 0},
    {"exited_at", COLUMN_TIME, 0},  {"duration_s", COLUMN_DECIMAL, 3}, {"samples", COLUMN_INT64, 0},
    {"is_open", COLUMN_BOOLEAN, 0}, {"revision", COLUMN_INT64, 0},
};

enum openness { ANY = -1, CLOSED = 0, OPEN = 1 };

struct visit_place {
  int64_t entered_at_us;
  int64_t vehicle_id;
  int64_t geofence_id;
};

struct visit_query {
  struct visit_place place; /* of the last one shown */
  struct wanted_names vehicles;
  struct text zones[ZONES_WANTED_MAX];
  size_t zone_count; /* 0: any */
  enum openness openness;
  struct time_range range;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct visit_query *query = context;
  db_add_time(parameters, query->place.entered_at_us);
  db_add_int64(parameters, query->place.vehicle_id);
  db_add_int64(parameters, query->place.geofence_id);
  add_ids(parameters, &query->vehicles);
  if (query->zone_count > 0) {
    db_add_text_array(parameters, query->zones, query->zone_count);
  } else {
    db_add_null(parameters);
  }
  if (query->openness == ANY) {
    db_add_null(parameters);
  } else {
    db_add_int32(parameters, query->openness);
  }
  add_time_or_null(parameters, query->range.from_us);
  add_time_or_null(parameters, query->range.to_us);
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct visit_query *query = context;
  query->place = (struct visit_place){db_time(rows, row, COLUMN_ENTERED_AT), db_int64(rows, row, COLUMN_VEHICLE_ID),
                                      db_int64(rows, row, COLUMN_GEOFENCE_ID)};
}

static struct text key(const void *context, struct arena *arena)
{
  const struct visit_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->place, sizeof query->place});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct visit_query *query = context;
  (void)arena;
  if (key.length != sizeof query->place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->place, key.data, sizeof query->place);
  return error_none();
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  columns_write_members(COLUMNS, SHOWN_COLUMNS, json, rows, row);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  columns_write_cells(COLUMNS, SHOWN_COLUMNS, cells, rows, row);
}

static struct error read_zones(const struct request *request, struct visit_query *query)
{
  for (int i = 0; i < request_parameter_count(request); i++) {
    const struct request_parameter parameter = request_parameter_at(request, i);
    if (!text_equal(parameter.name, TEXT("zone"))) {
      continue;
    }
    TRY(parse_rule_name("zone", parameter.value));
    if (query->zone_count == ZONES_WANTED_MAX) {
      return error_at(ERROR_BAD_INPUT, "zone", "at most %d zones", ZONES_WANTED_MAX);
    }
    query->zones[query->zone_count++] = parameter.value;
  }
  return error_none();
}

static struct error read_openness(const struct request *request, enum openness *openness)
{
  struct text value;
  if (!request_parameter_find(request, "open", &value)) {
    return error_none();
  }
  *openness = text_equal(value, TEXT("true")) ? OPEN : CLOSED;
  return *openness == OPEN || text_equal(value, TEXT("false")) ? error_none()
                                                               : error_at(ERROR_BAD_INPUT, "open", "expected true or false");
}

struct error zone_visits(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"vehicle*", "zone*", "open", "from", "to", "limit", "cursor", "f", NULL};
  static const struct row_list LIST = {.statement = &SQL_LIST_ZONE_VISITS,
                                       .add_parameters = add_parameters,
                                       .move_behind = move_behind,
                                       .key = key,
                                       .resume = resume,
                                       .write_members = write_members,
                                       .csv_header =
                                           TEXT("vehicle,zone,entered_at,exited_at,duration_s,samples,is_open,revision"),
                                       .write_cells = write_cells};
  struct visit_query query = {.place = {TIME_RANGE_ALL.to_us, INT64_MAX, INT64_MAX}, .openness = ANY, .range = TIME_RANGE_ALL};
  struct wanted_names drivers;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(wanted_names_read(request, connection, &query.vehicles, &drivers));
  TRY(read_zones(request, &query));
  TRY(read_openness(request, &query.openness));
  TRY(parameter_time_range(request, &query.range));
  return row_list_answer(&LIST, &query, request, connection);
}
