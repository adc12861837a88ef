#include "api/trips/overlap_query.h"

/* What a cursor holds. */
struct place {
  int64_t started_at_us;
  int64_t vehicle_id;
};

struct error overlap_query_read(struct request *request, struct db_connection *connection, bool has_drivers,
                                struct overlap_query *query)
{
  *query = (struct overlap_query){
      .range = TIME_RANGE_ALL, .has_drivers = has_drivers, .after_us = TIME_RANGE_ALL.from_us, .after_vehicle_id = -1};
  TRY(parameter_time_range(request, &query->range));
  return wanted_names_read(request, connection, &query->vehicles, &query->drivers);
}

void overlap_add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct overlap_query *query = context;
  db_add_time(parameters, query->range.from_us);
  db_add_time(parameters, query->range.to_us);
  db_add_time(parameters, query->after_us);
  db_add_int64(parameters, query->after_vehicle_id);
  db_add_int64(parameters, limit);
  if (query->has_drivers) {
    add_ids(parameters, &query->drivers);
  }
  if (query->vehicles.is_wanted) {
    add_ids(parameters, &query->vehicles);
  }
}

void overlap_move_behind(void *context, const struct db_rows *rows, int row)
{
  struct overlap_query *query = context;
  query->after_us = db_time(rows, row, OVERLAP_STARTED_AT);
  query->after_vehicle_id = db_int64(rows, row, OVERLAP_VEHICLE_ID);
}

struct text overlap_key(const void *context, struct arena *arena)
{
  const struct overlap_query *query = context;
  const struct place place = {query->after_us, query->after_vehicle_id};
  return text_copy(arena, (struct text){(const char *)&place, sizeof place});
}

struct error overlap_resume(void *context, struct arena *arena, struct text key)
{
  struct overlap_query *query = context;
  struct place place;
  (void)arena;
  if (key.length != sizeof place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&place, key.data, sizeof place);
  query->after_us = place.started_at_us;
  query->after_vehicle_id = place.vehicle_id;
  return error_none();
}

void overlap_write_position(struct json_writer *json, double longitude_deg, double latitude_deg)
{
  json_begin_array(json);
  json_decimal(json, longitude_deg, 7);
  json_decimal(json, latitude_deg, 7);
  json_end_array(json);
}
