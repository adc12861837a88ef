/* PUT and DELETE /v1/rules/temperature/{name}: the rule, the version of the rule set and what is computed anew, at once. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/rule_change.h"
#include "api/rules/temperature_rule_form.h"
#include "api/rules/temperature_rules.h"
#include "api_sql.h"
#include "server/base/clock.h"

/* More vehicles than this are recomputed as "all". */
enum { REACHES_MAX = 500 };

/* One change on its way. */
struct changing {
  struct arena *arena;
  struct db_connection *connection;
  struct text name;
  int64_t now_us;
};

/* Whom a rule is for. */
struct scope {
  int64_t vehicle_id; /* 0: no single one */
  struct text kind;
  struct text fleet;
};

/* Without data when there is no row. */
static struct text content_of(struct arena *arena, const struct db_rows *rows)
{
  if (rows == NULL || db_row_count(rows) == 0) {
    return (struct text){NULL, 0};
  }
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  json_begin_object(&json);
  temperature_rule_write_content(&json, rows, 0);
  json_end_object(&json);
  const struct text copy = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return copy;
}

static struct scope scope_of(const struct db_rows *rows)
{
  return (struct scope){db_is_null(rows, 0, RULE_VEHICLE_ID) ? 0 : db_int64(rows, 0, RULE_VEHICLE_ID),
                        db_text(rows, 0, RULE_KIND), db_text(rows, 0, RULE_FLEET)};
}

/* Adds the vehicles of the scope to those whose rows are computed anew; *is_all when they are too many to name. */
static struct error add_reaches(const struct changing *changing, const struct scope *scope, struct rule_reach *reaches,
                                size_t *count, bool *is_all)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  const struct db_rows *rows;
  if (scope->vehicle_id != 0) {
    reaches[(*count)++] = rule_reach_of_vehicle(scope->vehicle_id);
    return error_none();
  }
  if (scope->kind.data == NULL && scope->fleet.data == NULL) {
    *is_all = true;
    return error_none();
  }
  add_text_or_null(parameters, scope->kind);
  add_text_or_null(parameters, scope->fleet);
  db_add_int64(parameters, REACHES_MAX + 1);
  TRY(db_query(changing->connection, changing->arena, &SQL_LIST_VEHICLES_OF_SCOPE, parameters, &rows));
  *is_all = *is_all || db_row_count(rows) > REACHES_MAX;
  for (int row = 0; row < db_row_count(rows) && !*is_all; row++) {
    reaches[(*count)++] = rule_reach_of_vehicle(db_int64(rows, row, 0));
  }
  return error_none();
}

/* `before`, `after`: the rule's row, or none, or NULL. */
static struct error note_change(const struct changing *changing, const struct db_rows *before, const struct db_rows *after)
{
  struct arena *arena = changing->arena;
  const struct rule_change change = {.kind = "temperature",
                                     .subject = text_from(arena_printf(arena, "rule %.*s", TEXT_ARGS(changing->name))),
                                     .before = content_of(arena, before),
                                     .after = content_of(arena, after)};
  struct rule_reach *reaches = arena_alloc_array(arena, 2 * REACHES_MAX + 2, sizeof *reaches);
  size_t count = 0;
  bool is_all = false;
  if (change.before.data != NULL && change.after.data != NULL && text_equal(change.before, change.after)) {
    return error_none();
  }
  const struct db_rows *const both[] = {before, after};
  for (size_t i = 0; i < 2; i++) {
    if (both[i] != NULL && db_row_count(both[i]) > 0) {
      const struct scope scope = scope_of(both[i]);
      TRY(add_reaches(changing, &scope, reaches, &count, &is_all));
    }
  }
  if (is_all) {
    reaches[0] = rule_reach_of_vehicle(0);
    count = 1;
  }
  return rule_change_write(changing->connection, arena, &change, reaches, count, NULL);
}

static struct error find_vehicle(const struct changing *changing, struct text vehicle, int64_t *vehicle_id)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  const struct db_rows *rows;
  *vehicle_id = 0;
  if (vehicle.data == NULL) {
    return error_none();
  }
  db_add_text(parameters, vehicle);
  TRY(db_query(changing->connection, changing->arena, &SQL_READ_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_at(ERROR_BAD_INPUT, "vehicle", "there is no vehicle %.*s", TEXT_ARGS(vehicle));
  }
  *vehicle_id = db_int64(rows, 0, 0);
  return error_none();
}

static void add_id_or_null(struct db_parameters *parameters, int64_t id)
{
  if (id == 0) {
    db_add_null(parameters);
  } else {
    db_add_int64(parameters, id);
  }
}

static struct error check_scope_is_free(const struct changing *changing, const struct temperature_rule_form *form,
                                        int64_t vehicle_id)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  const struct db_rows *rows;
  db_add_text(parameters, changing->name);
  add_id_or_null(parameters, vehicle_id);
  add_text_or_null(parameters, form->kind);
  add_text_or_null(parameters, form->fleet);
  TRY(db_query(changing->connection, changing->arena, &SQL_FIND_TEMPERATURE_RULE_OF_SCOPE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_none();
  }
  const char *field = vehicle_id != 0 ? "vehicle" : (form->kind.data == NULL && form->fleet.data != NULL ? "fleet" : "kind");
  return error_at(ERROR_CONFLICT, field, "rule %.*s is for the same vehicles: change that one", TEXT_ARGS(db_text(rows, 0, 0)));
}

static struct error store(const struct changing *changing, const struct temperature_rule_form *form, int64_t vehicle_id)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  db_add_text(parameters, changing->name);
  add_id_or_null(parameters, vehicle_id);
  add_text_or_null(parameters, form->kind);
  add_text_or_null(parameters, form->fleet);
  db_add_double(parameters, form->lowest_c);
  db_add_double(parameters, form->highest_c);
  db_add_double(parameters, form->urgent_lowest_c);
  db_add_double(parameters, form->urgent_highest_c);
  db_add_int32(parameters, form->for_s);
  db_add_int32(parameters, form->clear_for_s);
  db_add_double(parameters, form->hysteresis_c);
  add_text_or_null(parameters, form->pause_field);
  db_add_int32(parameters, form->pause_max_s);
  db_add_int32(parameters, form->warming_s);
  db_add_int32(parameters, form->silent_s);
  db_add_time(parameters, changing->now_us);
  return db_run(changing->connection, &SQL_UPSERT_TEMPERATURE_RULE, parameters, NULL);
}

/* Within the transaction. *rows: the rule as it is now; *is_new: it was not there before. */
static struct error put_rule(const struct changing *changing, const struct temperature_rule_form *form,
                             const struct db_rows **rows, bool *is_new)
{
  const struct db_rows *before;
  int64_t vehicle_id = 0;
  TRY(db_query(changing->connection, changing->arena, &SQL_LOCK_TEMPERATURE_RULES, NULL, &before));
  TRY(find_vehicle(changing, form->vehicle, &vehicle_id));
  TRY(check_scope_is_free(changing, form, vehicle_id));
  TRY(temperature_rule_read(changing->connection, changing->arena, changing->name, &before));
  TRY(store(changing, form, vehicle_id));
  TRY(temperature_rule_read(changing->connection, changing->arena, changing->name, rows));
  *is_new = db_row_count(before) == 0;
  return note_change(changing, before, *rows);
}

/* Errors of the database have ended the transaction; ours have not. */
static struct error end_transaction(const struct changing *changing, struct error error)
{
  const bool is_ours = error.code == ERROR_NONE || error.code == ERROR_NOT_FOUND || error.code == ERROR_CONFLICT ||
                       error.code == ERROR_BAD_INPUT;
  if (is_ours) {
    TRY(db_run(changing->connection, &SQL_COMMIT, NULL, NULL));
  }
  return error;
}

static struct changing changing_of(struct request *request, struct db_connection *connection)
{
  return (struct changing){request_arena(request), connection, request_path_parameter(request, "name"), clock_now_us()};
}

struct error temperature_rules_put(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct changing changing = changing_of(request, connection);
  struct temperature_rule_form form;
  const struct db_rows *rows = NULL;
  bool is_new = false;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_rule_name("name", changing.name));
  if (!text_starts_with(request_header(request, "content-type"), TEXT("application/json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  TRY(temperature_rule_form_read(changing.arena, request_body(request), &form));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(end_transaction(&changing, put_rule(&changing, &form, &rows, &is_new)));
  response_status(request, is_new ? 201 : 200);
  temperature_rule_answer(request, rows);
  return error_none();
}

static struct error delete_rule(const struct changing *changing)
{
  const struct db_rows *before;
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  TRY(db_query(changing->connection, changing->arena, &SQL_LOCK_TEMPERATURE_RULES, NULL, &before));
  TRY(temperature_rule_read(changing->connection, changing->arena, changing->name, &before));
  if (db_row_count(before) == 0) {
    return temperature_rule_missing(changing->name);
  }
  db_add_text(parameters, changing->name);
  TRY(db_run(changing->connection, &SQL_DELETE_TEMPERATURE_RULE, parameters, NULL));
  return note_change(changing, before, NULL);
}

struct error temperature_rules_delete(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct changing changing = changing_of(request, connection);
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_rule_name("name", changing.name));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(end_transaction(&changing, delete_rule(&changing)));
  response_status(request, 204);
  return error_none();
}
