/* PUT and DELETE /v1/vehicles/{name}. The sessions of the query workers only read; these two open a transaction that may write.
 */
#include "api/vehicles.h"

#include "api/parameters.h"
#include "api/rules/rule_change.h"
#include "api/vehicle_patch.h"
#include "api_sql.h"
#include "server_db_sql.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

enum { REGISTRY_TEXT_MAX = 200 };

struct registration {
  struct text kind; /* without data: not given, here and below */
  struct text fleet;
  struct text vin;
  struct text attributes; /* a JSON object */
};

static struct error read_member(const struct json *member, struct registration *registration)
{
  if (text_equal(member->key, TEXT("kind"))) {
    return json_read_string(member, REGISTRY_TEXT_MAX, &registration->kind);
  }
  if (text_equal(member->key, TEXT("fleet"))) {
    return json_read_string(member, REGISTRY_TEXT_MAX, &registration->fleet);
  }
  if (text_equal(member->key, TEXT("vin"))) {
    return json_read_string(member, REGISTRY_TEXT_MAX, &registration->vin);
  }
  if (!text_equal(member->key, TEXT("attributes"))) {
    return json_error(member, "unknown: expected kind, fleet, vin or attributes");
  }
  if (member->type != JSON_OBJECT) {
    return json_error(member, "expected an object");
  }
  registration->attributes = member->raw;
  return error_none();
}

static struct error read_body(struct request *request, struct registration *registration)
{
  const struct text body = request_body(request);
  *registration = (struct registration){0};
  if (text_trim(body).length == 0) {
    return error_none();
  }
  const struct text type = request_header(request, "content-type");
  if (!text_starts_with(type, TEXT("application/json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  const struct json *root;
  TRY(json_parse(request_arena(request), body, JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  JSON_EACH (member, root) {
    TRY(read_member(member, registration));
  }
  return error_none();
}

static void add_optional(struct db_parameters *parameters, struct text value)
{
  if (value.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

/* A kind or fleet that it did not have may bring other rules. */
static struct error register_vehicle(struct db_connection *connection, struct arena *arena, struct text name,
                                     const struct db_parameters *parameters)
{
  const struct db_rows *rows;
  struct vehicle_group before;
  struct vehicle_group after;
  TRY(vehicle_group_read(connection, arena, name, &before));
  TRY(db_query(connection, arena, &SQL_REGISTER_VEHICLE, parameters, &rows));
  TRY(vehicle_group_read(connection, arena, name, &after));
  return vehicle_group_note(connection, arena, name, &before, &after);
}

struct error vehicles_register(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct arena *arena = request_arena(request);
  const struct text name = request_path_parameter(request, "name");
  const int64_t now_us = clock_now_us();
  struct registration registration;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_vehicle_name("name", name));
  TRY(read_body(request, &registration));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, name);
  db_add_time(parameters, now_us);
  add_optional(parameters, registration.kind);
  add_optional(parameters, registration.fleet);
  add_optional(parameters, registration.vin);
  add_optional(parameters, registration.attributes);
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(rule_change_end(connection, register_vehicle(connection, arena, name, parameters)));
  struct vehicle vehicle;
  TRY(vehicle_read(context, request, connection, name, &vehicle));
  response_status(request, vehicle.created_at_us == now_us ? 201 : 200);
  response_content_type(request, "application/json");
  struct json_writer json = json_writer_to(response_body(request));
  vehicle_write_object(&json, &vehicle);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

static struct error remove_vehicle(struct arena *arena, struct db_connection *connection, int64_t vehicle_id)
{
  struct db_parameters *which = db_parameters_new(arena);
  db_add_int64(which, vehicle_id);
  struct db_parameters *which_and_when = db_parameters_new(arena);
  db_add_int64(which_and_when, vehicle_id);
  db_add_time(which_and_when, clock_now_us());
  struct db_parameters *one_number = db_parameters_new(arena);
  db_add_int64(one_number, 1);
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  db_pipeline_add(pipeline, &SQL_BEGIN_WRITE, NULL);
  db_pipeline_add(pipeline, &SQL_ADVANCE_FEED, one_number);
  db_pipeline_add(pipeline, &SQL_RETIRE_VEHICLE, which_and_when);
  db_pipeline_add(pipeline, &SQL_HIDE_POSITION, which);
  db_pipeline_add(pipeline, &SQL_NOTIFY_FEED, NULL);
  db_pipeline_add(pipeline, &SQL_COMMIT, NULL);
  return db_pipeline_run(connection, pipeline, NULL);
}

struct error vehicles_remove(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct text name = request_path_parameter(request, "name");
  struct vehicle vehicle;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_vehicle_name("name", name));
  TRY(vehicle_read(context, request, connection, name, &vehicle));
  if (!vehicle_is_removed(&vehicle)) {
    TRY(remove_vehicle(request_arena(request), connection, vehicle.vehicle_id));
  }
  response_status(request, 204);
  return error_none();
}
