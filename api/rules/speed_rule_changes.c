/* PUT and DELETE /v1/rules/speed/fleet and /v1/rules/speed/vehicles/{name}: the limit, the version of the rule set and what is
 * computed anew, at once. */
#include "api/handlers.h"

#include <math.h>

#include "api/rules/limit_form.h"
#include "api/rules/rule_change.h"
#include "api/rules/speed_rules.h"
#include "api_sql.h"
#include "server/base/clock.h"

static struct text limit_as_json(struct arena *arena, const struct db_rows *rows)
{
  if (db_row_count(rows) == 0) {
    return (struct text){NULL, 0};
  }
  struct buffer number = {0};
  buffer_append_decimal(&number, db_double(rows, 0, 1), LIMIT_DECIMALS);
  const struct text json = text_from(arena_printf(arena, "{\"limit_kmh\":%.*s}", TEXT_ARGS(buffer_text(&number))));
  buffer_free(&number);
  return json;
}

static struct error note_change(struct request *request, struct db_connection *connection, const struct speed_subject *subject,
                                const struct db_rows *before, const struct db_rows *after)
{
  struct arena *arena = request_arena(request);
  const struct rule_reach reach = rule_reach_of_vehicle(subject->vehicle_id);
  const struct rule_change change = {
      .kind = "speed",
      .subject =
          subject->vehicle_id == 0 ? TEXT("fleet") : text_from(arena_printf(arena, "vehicle %.*s", TEXT_ARGS(subject->name))),
      .before = limit_as_json(arena, before),
      .after = limit_as_json(arena, after),
  };
  const bool is_same = change.before.data != NULL && change.after.data != NULL && text_equal(change.before, change.after);
  return is_same ? error_none() : rule_change_write(connection, arena, &change, &reach, 1, NULL);
}

/* ---- within the transaction ---- */

struct error speed_rule_change(struct request *request, struct db_connection *connection, const struct speed_subject *subject,
                               double limit_kmh, const struct db_rows **before, const struct db_rows **after)
{
  const bool is_taken_away = isnan(limit_kmh);
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  db_add_int64(parameters, subject->vehicle_id);
  if (!is_taken_away) {
    db_add_double(parameters, limit_kmh);
    db_add_time(parameters, clock_now_us());
  }
  TRY(db_run(connection, &SQL_LOCK_SPEED_RULES, NULL, NULL));
  TRY(speed_rule_read(request, connection, subject->vehicle_id, before));
  *after = *before;
  if (is_taken_away && db_row_count(*before) == 0) {
    return error_none();
  }
  TRY(db_run(connection, is_taken_away ? &SQL_DELETE_SPEED_RULE : &SQL_UPSERT_SPEED_RULE, parameters, NULL));
  TRY(speed_rule_read(request, connection, subject->vehicle_id, after));
  return note_change(request, connection, subject, *before, *after);
}

static struct error put_rule(struct request *request, struct db_connection *connection, const struct speed_subject *subject,
                             double limit_kmh)
{
  const struct db_rows *before;
  const struct db_rows *after;
  TRY(speed_rule_change(request, connection, subject, limit_kmh, &before, &after));
  response_status(request, db_row_count(before) == 0 ? 201 : 200);
  speed_rule_answer(request, after);
  return error_none();
}

static struct error delete_rule(struct request *request, struct db_connection *connection, const struct speed_subject *subject)
{
  const struct db_rows *before;
  const struct db_rows *after;
  TRY(speed_rule_change(request, connection, subject, (double)NAN, &before, &after));
  if (db_row_count(before) == 0) {
    return speed_rule_missing(subject);
  }
  response_status(request, 204);
  return error_none();
}

/* ---- handlers ---- */

static struct error put(struct request *request, struct db_connection *connection, const struct speed_subject *subject)
{
  struct limit_form form;
  TRY(limit_form_read(request, false, &form));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  return rule_change_end(connection, put_rule(request, connection, subject, form.limit_kmh));
}

static struct error take_away(struct request *request, struct db_connection *connection, const struct speed_subject *subject)
{
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  return rule_change_end(connection, delete_rule(request, connection, subject));
}

struct error speed_rules_put_fleet(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct speed_subject fleet = {0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  return put(request, connection, &fleet);
}

struct error speed_rules_put_vehicle(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct speed_subject subject = {0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(speed_subject_of_path(request, connection, &subject));
  return put(request, connection, &subject);
}

struct error speed_rules_delete_fleet(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct speed_subject fleet = {0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  return take_away(request, connection, &fleet);
}

struct error speed_rules_delete_vehicle(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct speed_subject subject = {0};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(speed_subject_of_path(request, connection, &subject));
  return take_away(request, connection, &subject);
}
