/* PATCH /v1/vehicles/{name}: what is given of a vehicle is changed, null empties it. Its kind and fleet decide which rules hold
 * for it, so that a change of them computes its past anew; its limit is the speed rule of the vehicle. */
#include "api/vehicle_patch.h"

#include <math.h>

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/limit_form.h"
#include "api/rules/rule_change.h"
#include "api/rules/speed_rules.h"
#include "api/vehicles.h"
#include "api_sql.h"
#include "server/json/reader.h"

enum { REGISTRY_TEXT_MAX = 200 };
enum given { GIVEN_KIND = 1, GIVEN_FLEET = 2, GIVEN_VIN = 4, GIVEN_ATTRIBUTES = 8, GIVEN_LIMIT = 16 };

struct patch {
  unsigned given;
  struct text kind; /* without data: emptied, here and below */
  struct text fleet;
  struct text vin;
  struct text attributes;
  double limit_kmh; /* NaN: taken away */
};

/* ---- groups ---- */

struct error vehicle_group_read(struct db_connection *connection, struct arena *arena, struct text name,
                                struct vehicle_group *group)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  *group = (struct vehicle_group){0};
  db_add_text(parameters, name);
  TRY(db_query(connection, arena, &SQL_LOCK_VEHICLE_ROW, parameters, &rows));
  if (db_row_count(rows) > 0) {
    *group = (struct vehicle_group){db_int64(rows, 0, 0), db_text(rows, 0, 1), db_text(rows, 0, 2)};
  }
  return error_none();
}

static void write_text(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  if (value.data != NULL) {
    json_string(json, value);
  } else {
    json_null(json);
  }
}

static struct text group_as_json(struct arena *arena, const struct vehicle_group *group)
{
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  json_begin_object(&json);
  write_text(&json, "kind", group->kind);
  write_text(&json, "fleet", group->fleet);
  json_end_object(&json);
  const struct text copy = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return copy;
}

struct error vehicle_group_note(struct db_connection *connection, struct arena *arena, struct text name,
                                const struct vehicle_group *before, const struct vehicle_group *after)
{
  const struct rule_reach reach = rule_reach_of_vehicle(after->vehicle_id);
  const struct rule_change change = {.kind = "fleet",
                                     .subject = text_from(arena_printf(arena, "vehicle %.*s", TEXT_ARGS(name))),
                                     .before = group_as_json(arena, before),
                                     .after = group_as_json(arena, after)};
  return text_equal(change.before, change.after) ? error_none()
                                                 : rule_change_write(connection, arena, &change, &reach, 1, NULL);
}

/* ---- the body ---- */

static struct error read_text(const struct json *member, struct text *value)
{
  return member->type == JSON_NULL ? error_none() : json_read_string(member, REGISTRY_TEXT_MAX, value);
}

static struct error read_attributes(const struct json *member, struct text *attributes)
{
  if (member->type == JSON_NULL) {
    return error_none();
  }
  *attributes = member->raw;
  return member->type == JSON_OBJECT ? error_none() : json_error(member, "expected an object");
}

static struct error read_limit(const struct json *member, double *limit_kmh)
{
  return member->type == JSON_NULL ? error_none() : json_read_double(member, LIMIT_KMH_MIN, LIMIT_KMH_MAX, limit_kmh);
}

static struct error read_member(const struct json *member, struct patch *patch)
{
  if (text_equal(member->key, TEXT("kind"))) {
    patch->given |= GIVEN_KIND;
    return read_text(member, &patch->kind);
  }
  if (text_equal(member->key, TEXT("fleet"))) {
    patch->given |= GIVEN_FLEET;
    return read_text(member, &patch->fleet);
  }
  if (text_equal(member->key, TEXT("vin"))) {
    patch->given |= GIVEN_VIN;
    return read_text(member, &patch->vin);
  }
  if (text_equal(member->key, TEXT("attributes"))) {
    patch->given |= GIVEN_ATTRIBUTES;
    return read_attributes(member, &patch->attributes);
  }
  if (text_equal(member->key, TEXT("limit_kmh"))) {
    patch->given |= GIVEN_LIMIT;
    return read_limit(member, &patch->limit_kmh);
  }
  return json_error(member, "unknown: expected kind, fleet, vin, attributes or limit_kmh");
}

static struct error read_body(struct request *request, struct patch *patch)
{
  const struct json *root;
  *patch = (struct patch){.limit_kmh = (double)NAN};
  if (!text_starts_with(request_header(request, "content-type"), TEXT("application/json")) &&
      !text_starts_with(request_header(request, "content-type"), TEXT("application/merge-patch+json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  TRY(json_parse(request_arena(request), request_body(request), JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  JSON_EACH (member, root) {
    TRY(read_member(member, patch));
  }
  return error_none();
}

/* ---- changing ---- */

static struct error update(struct request *request, struct db_connection *connection, struct text name,
                           const struct patch *patch)
{
  struct arena *arena = request_arena(request);
  struct vehicle_group before;
  struct vehicle_group after;
  TRY(vehicle_group_read(connection, arena, name, &before));
  if (before.vehicle_id == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, name);
  db_add_int32(parameters, (int32_t)patch->given);
  add_text_or_null(parameters, patch->kind);
  add_text_or_null(parameters, patch->fleet);
  add_text_or_null(parameters, patch->vin);
  add_text_or_null(parameters, patch->attributes);
  TRY(db_run(connection, &SQL_UPDATE_VEHICLE, parameters, NULL));
  TRY(vehicle_group_read(connection, arena, name, &after));
  TRY(vehicle_group_note(connection, arena, name, &before, &after));
  if ((patch->given & GIVEN_LIMIT) != 0) {
    const struct speed_subject subject = {before.vehicle_id, name};
    const struct db_rows *rule_before;
    const struct db_rows *rule_after;
    TRY(speed_rule_change(request, connection, &subject, patch->limit_kmh, &rule_before, &rule_after));
  }
  return error_none();
}

struct error vehicles_patch(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct text name = request_path_parameter(request, "name");
  struct patch patch;
  struct vehicle vehicle;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_vehicle_name("name", name));
  TRY(read_body(request, &patch));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(rule_change_end(connection, update(request, connection, name, &patch)));
  TRY(vehicle_read(context, request, connection, name, &vehicle));
  response_content_type(request, "application/json");
  struct json_writer json = json_writer_to(response_body(request));
  vehicle_write_object(&json, &vehicle);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}
