/* GET /v1/rules/speed, /v1/rules/speed/fleet and /v1/rules/speed/vehicles/{name}. */
#include "api/rules/speed_rules.h"

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/limit_form.h"
#include "api_sql.h"

enum { COLUMN_VEHICLE, COLUMN_LIMIT, COLUMN_UPDATED_AT };

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_text_column(json, "vehicle", rows, row, COLUMN_VEHICLE);
  json_key(json, "limit_kmh");
  json_decimal(json, db_double(rows, row, COLUMN_LIMIT), LIMIT_DECIMALS);
  json_time_column(json, "updated_at", rows, row, COLUMN_UPDATED_AT);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_text(cells, db_text(rows, row, COLUMN_VEHICLE));
  csv_decimal(cells, db_double(rows, row, COLUMN_LIMIT), LIMIT_DECIMALS);
  csv_time(cells, db_time(rows, row, COLUMN_UPDATED_AT));
}

void speed_rule_answer(struct request *request, const struct db_rows *rows)
{
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  json_begin_object(&json);
  write_members(&json, rows, 0);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
}

/* ---- the list ---- */

struct rule_query {
  bool is_behind; /* the fleet's and all up to `after` were shown */
  char after[VEHICLE_NAME_MAX];
  size_t after_length; /* 0: only the fleet's was */
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct rule_query *query = context;
  if (query->is_behind) {
    db_add_text(parameters, (struct text){query->after, query->after_length});
  } else {
    db_add_null(parameters);
  }
  db_add_int64(parameters, limit);
}

static void stand_behind(struct rule_query *query, struct text name)
{
  query->is_behind = true;
  query->after_length = name.length;
  if (name.length > 0) {
    memcpy(query->after, name.data, name.length);
  }
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  stand_behind(context, db_text(rows, row, COLUMN_VEHICLE));
}

static struct text key(const void *context, struct arena *arena)
{
  const struct rule_query *query = context;
  return text_copy(arena, (struct text){query->after, query->after_length});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  (void)arena;
  if (key.length > 0) {
    TRY(parse_vehicle_name("cursor", key));
  }
  stand_behind(context, key);
  return error_none();
}

struct error speed_rules_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"limit", "cursor", "f", NULL};
  static const struct row_list LIST = {.statement = &SQL_LIST_SPEED_RULES,
                                       .add_parameters = add_parameters,
                                       .move_behind = move_behind,
                                       .key = key,
                                       .resume = resume,
                                       .write_members = write_members,
                                       .csv_header = TEXT("vehicle,limit_kmh,updated_at"),
                                       .write_cells = write_cells};
  struct rule_query query = {.is_behind = false};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  return row_list_answer(&LIST, &query, request, connection);
}

/* ---- one ---- */

struct error speed_subject_of_path(struct request *request, struct db_connection *connection, struct speed_subject *subject)
{
  const struct text name = request_path_parameter(request, "name");
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  const struct db_rows *rows;
  TRY(parse_vehicle_name("name", name));
  db_add_text(parameters, name);
  TRY(db_query(connection, request_arena(request), &SQL_READ_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  *subject = (struct speed_subject){db_int64(rows, 0, 0), name};
  return error_none();
}

struct error speed_rule_read(struct request *request, struct db_connection *connection, int64_t vehicle_id,
                             const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_int64(parameters, vehicle_id);
  return db_query(connection, request_arena(request), &SQL_READ_SPEED_RULE, parameters, rows);
}

struct error speed_rule_missing(const struct speed_subject *subject)
{
  return subject->vehicle_id == 0
             ? error_make(ERROR_NOT_FOUND, "the fleet has no speed limit")
             : error_make(ERROR_NOT_FOUND, "vehicle %.*s has no speed limit of its own", TEXT_ARGS(subject->name));
}

static struct error read_rule(struct request *request, struct db_connection *connection, const struct speed_subject *subject)
{
  const struct db_rows *rows;
  TRY(speed_rule_read(request, connection, subject->vehicle_id, &rows));
  if (db_row_count(rows) == 0) {
    return speed_rule_missing(subject);
  }
  speed_rule_answer(request, rows);
  return error_none();
}

struct error speed_rules_read_fleet(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct speed_subject fleet = {0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  return read_rule(request, connection, &fleet);
}

struct error speed_rules_read_vehicle(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct speed_subject subject = {0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(speed_subject_of_path(request, connection, &subject));
  return read_rule(request, connection, &subject);
}
