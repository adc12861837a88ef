/* /v1/rules/temperature and /v1/rules/temperature/{name}: which load must be how cold. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/temperature_rule_form.h"
#include "api/rules/temperature_rules.h"
#include "api_sql.h"

enum { DEGREE_DECIMALS = 3 };

/* ---- writing ---- */

static void write_degrees(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column)
{
  json_key(json, key);
  json_decimal(json, db_double(rows, row, column), DEGREE_DECIMALS);
}

/* What the rule says, as it is asked for too. */
void temperature_rule_write_content(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_text_column(json, "vehicle", rows, row, RULE_VEHICLE);
  json_text_column(json, "kind", rows, row, RULE_KIND);
  json_text_column(json, "fleet", rows, row, RULE_FLEET);
  write_degrees(json, "lowest_c", rows, row, RULE_LOWEST);
  write_degrees(json, "highest_c", rows, row, RULE_HIGHEST);
  write_degrees(json, "urgent_lowest_c", rows, row, RULE_URGENT_LOWEST);
  write_degrees(json, "urgent_highest_c", rows, row, RULE_URGENT_HIGHEST);
  json_int64_column(json, "for_s", rows, row, RULE_FOR);
  json_int64_column(json, "clear_for_s", rows, row, RULE_CLEAR_FOR);
  write_degrees(json, "hysteresis_c", rows, row, RULE_HYSTERESIS);
  json_text_column(json, "pause_field", rows, row, RULE_PAUSE_FIELD);
  json_int64_column(json, "pause_max_s", rows, row, RULE_PAUSE_MAX);
  json_int64_column(json, "warming_s", rows, row, RULE_WARMING);
  json_int64_column(json, "silent_s", rows, row, RULE_SILENT);
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_int64_column(json, "rule_id", rows, row, RULE_ID);
  json_text_column(json, "name", rows, row, RULE_NAME);
  temperature_rule_write_content(json, rows, row);
  json_int64_column(json, "vehicles", rows, row, RULE_VEHICLES);
  json_time_column(json, "updated_at", rows, row, RULE_UPDATED_AT);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_int64(cells, db_int64(rows, row, RULE_ID));
  csv_text(cells, db_text(rows, row, RULE_NAME));
  csv_text(cells, db_text(rows, row, RULE_VEHICLE));
  csv_text(cells, db_text(rows, row, RULE_KIND));
  csv_text(cells, db_text(rows, row, RULE_FLEET));
  for (int column = RULE_LOWEST; column <= RULE_URGENT_HIGHEST; column++) {
    csv_decimal(cells, db_double(rows, row, column), DEGREE_DECIMALS);
  }
  csv_int64(cells, db_int64(rows, row, RULE_FOR));
  csv_int64(cells, db_int64(rows, row, RULE_CLEAR_FOR));
  csv_decimal(cells, db_double(rows, row, RULE_HYSTERESIS), DEGREE_DECIMALS);
  csv_text(cells, db_text(rows, row, RULE_PAUSE_FIELD));
  csv_int64(cells, db_int64(rows, row, RULE_PAUSE_MAX));
  csv_int64(cells, db_int64(rows, row, RULE_WARMING));
  csv_int64(cells, db_int64(rows, row, RULE_SILENT));
  csv_int64(cells, db_int64(rows, row, RULE_VEHICLES));
  csv_time(cells, db_time(rows, row, RULE_UPDATED_AT));
}

void temperature_rule_answer(struct request *request, const struct db_rows *rows)
{
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  json_begin_object(&json);
  write_members(&json, rows, 0);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
}

/* ---- reading ---- */

struct rule_query {
  char after[RULE_NAME_MAX]; /* the name of the last one shown */
  size_t after_length;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct rule_query *query = context;
  db_add_text(parameters, (struct text){query->after, query->after_length});
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct rule_query *query = context;
  const struct text last = db_text(rows, row, RULE_NAME);
  query->after_length = last.length;
  memcpy(query->after, last.data, last.length);
}

static struct text key(const void *context, struct arena *arena)
{
  const struct rule_query *query = context;
  return text_copy(arena, (struct text){query->after, query->after_length});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct rule_query *query = context;
  (void)arena;
  TRY(parse_rule_name("cursor", key));
  query->after_length = key.length;
  memcpy(query->after, key.data, key.length);
  return error_none();
}

struct error temperature_rules_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"limit", "cursor", "f", NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_TEMPERATURE_RULES,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header =
          TEXT("rule_id,name,vehicle,kind,fleet,lowest_c,highest_c,urgent_lowest_c,urgent_highest_c,for_s,clear_for_s,"
               "hysteresis_c,pause_field,pause_max_s,warming_s,silent_s,vehicles,updated_at"),
      .write_cells = write_cells};
  struct rule_query query = {.after_length = 0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  return row_list_answer(&LIST, &query, request, connection);
}

struct error temperature_rule_read(struct db_connection *connection, struct arena *arena, struct text name,
                                   const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, name);
  return db_query(connection, arena, &SQL_READ_TEMPERATURE_RULE, parameters, rows);
}

struct error temperature_rule_missing(struct text name)
{
  return error_make(ERROR_NOT_FOUND, "there is no temperature rule %.*s", TEXT_ARGS(name));
}

struct error temperature_rules_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct text name = request_path_parameter(request, "name");
  const struct db_rows *rows;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_rule_name("name", name));
  TRY(temperature_rule_read(connection, request_arena(request), name, &rows));
  if (db_row_count(rows) == 0) {
    return temperature_rule_missing(name);
  }
  temperature_rule_answer(request, rows);
  return error_none();
}
