#include "api/temperature/readings.h"

#include <math.h>

#include "api/parameters.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { PAGE_ARENA_BYTES = 64 * 1024 };

struct error vehicle_rule_read(struct db_connection *connection, struct arena *arena, int64_t vehicle_id,
                               struct vehicle_rule *rule)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  *rule =
      (struct vehicle_rule){{NULL, 0}, (double)NAN, (double)NAN, (double)NAN, (double)NAN, GAP_DEFAULT_S * US_PER_SECOND, 0};
  db_add_int64(parameters, vehicle_id);
  TRY(db_query(connection, arena, &SQL_READ_TEMPERATURE_RULE_OF_VEHICLE, parameters, &rows));
  if (db_row_count(rows) > 0) {
    *rule = (struct vehicle_rule){.name = db_text(rows, 0, 1),
                                  .lowest_c = db_double(rows, 0, 2),
                                  .highest_c = db_double(rows, 0, 3),
                                  .urgent_lowest_c = db_double(rows, 0, 4),
                                  .urgent_highest_c = db_double(rows, 0, 5),
                                  .silent_us = db_int64(rows, 0, 6) * US_PER_SECOND,
                                  .for_us = db_int64(rows, 0, 7) * US_PER_SECOND};
  }
  return error_none();
}

static void write_degrees(struct json_writer *json, const char *key, double value)
{
  json_key(json, key);
  json_decimal(json, value, DEGREE_DECIMALS);
}

void vehicle_rule_write(struct json_writer *json, const char *key, const struct vehicle_rule *rule)
{
  json_key(json, key);
  if (rule->name.data == NULL) {
    json_null(json);
    return;
  }
  json_begin_object(json);
  json_key(json, "name");
  json_string(json, rule->name);
  write_degrees(json, "lowest_c", rule->lowest_c);
  write_degrees(json, "highest_c", rule->highest_c);
  write_degrees(json, "urgent_lowest_c", rule->urgent_lowest_c);
  write_degrees(json, "urgent_highest_c", rule->urgent_highest_c);
  json_end_object(json);
}

struct temperature_limits vehicle_rule_limits(const struct vehicle_rule *rule)
{
  return (struct temperature_limits){rule->lowest_c, rule->highest_c, rule->silent_us};
}

struct error parameter_one_vehicle(struct request *request, struct db_connection *connection, int64_t *vehicle_id,
                                   struct text *name)
{
  struct arena *arena = request_arena(request);
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  if (!request_parameter_find(request, "vehicle", name)) {
    return error_at(ERROR_BAD_INPUT, "vehicle", "missing: expected the name of a vehicle");
  }
  TRY(parse_vehicle_name("vehicle", *name));
  db_add_text(parameters, *name);
  TRY(db_query(connection, arena, &SQL_READ_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_at(ERROR_NOT_FOUND, "vehicle", "there is no vehicle %.*s", TEXT_ARGS(*name));
  }
  *vehicle_id = db_int64(rows, 0, 0);
  return error_none();
}

struct readings readings_open(struct db_connection *connection, struct arena *owner, int64_t vehicle_id, int64_t from_us,
                              int64_t until_us)
{
  return (struct readings){.connection = connection,
                           .arena = arena_new_within(owner, PAGE_ARENA_BYTES),
                           .vehicle_id = vehicle_id,
                           .after_us = from_us - 1,
                           .until_us = until_us};
}

struct error readings_next(struct readings *readings, size_t limit)
{
  const struct db_rows *rows;
  arena_reset(readings->arena);
  struct db_parameters *parameters = db_parameters_new(readings->arena);
  db_add_int64(parameters, readings->vehicle_id);
  db_add_time(parameters, readings->after_us);
  db_add_time(parameters, readings->until_us);
  db_add_int64(parameters, (int64_t)limit);
  TRY(db_query(readings->connection, readings->arena, &SQL_LIST_READINGS, parameters, &rows));
  readings->count = (size_t)db_row_count(rows);
  readings->items = arena_alloc_array(readings->arena, readings->count, sizeof *readings->items);
  for (size_t i = 0; i < readings->count; i++) {
    readings->items[i] = (struct temperature_reading){db_time(rows, (int)i, 0), db_double(rows, (int)i, 1)};
  }
  readings->is_at_end = readings->count < limit;
  if (readings->count > 0) {
    readings->after_us = readings->items[readings->count - 1].recorded_at_us;
  }
  return error_none();
}
