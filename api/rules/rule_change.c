#include "api/rules/rule_change.h"

#include "api_sql.h"
#include "server/base/clock.h"
#include "server_db_sql.h"

struct rule_reach rule_reach_of_vehicle(int64_t vehicle_id)
{
  return (struct rule_reach){.vehicle_id = vehicle_id, .from_us = RULE_REACH_BEGINNING, .until_us = RULE_REACH_END};
}

static void add_optional(struct db_parameters *parameters, struct text value)
{
  if (value.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

static struct db_parameters *change_parameters(struct arena *arena, const struct rule_change *change, int64_t now_us)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us);
  add_optional(parameters, change->changed_by);
  db_add_text(parameters, text_from(change->kind));
  db_add_text(parameters, change->subject);
  add_optional(parameters, change->before);
  add_optional(parameters, change->after);
  return parameters;
}

static struct db_parameters *recompute_parameters(struct arena *arena, const struct rule_change *change,
                                                  const struct rule_reach *reaches, size_t count, int64_t now_us)
{
  int64_t *vehicle_ids = arena_alloc_array(arena, count, sizeof *vehicle_ids);
  int64_t *from = arena_alloc_array(arena, count, sizeof *from);
  int64_t *until = arena_alloc_array(arena, count, sizeof *until);
  uint8_t *is_from_null = arena_alloc_array(arena, count, 1);
  uint8_t *is_until_null = arena_alloc_array(arena, count, 1);
  uint8_t *needs_matching = arena_alloc_array(arena, count, 1);
  for (size_t i = 0; i < count; i++) {
    vehicle_ids[i] = reaches[i].vehicle_id;
    is_from_null[i] = reaches[i].from_us == RULE_REACH_BEGINNING;
    is_until_null[i] = reaches[i].until_us == RULE_REACH_END;
    from[i] = is_from_null[i] ? 0 : reaches[i].from_us;
    until[i] = is_until_null[i] ? 0 : reaches[i].until_us;
    needs_matching[i] = reaches[i].needs_matching;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us);
  db_add_text(parameters, text_from(arena_printf(arena, "%s: %.*s", change->kind, TEXT_ARGS(change->subject))));
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  db_add_time_array(parameters, from, is_from_null, count);
  db_add_time_array(parameters, until, is_until_null, count);
  db_add_bool_array(parameters, needs_matching, NULL, count);
  return parameters;
}

struct error rule_change_write(struct db_connection *connection, struct arena *arena, const struct rule_change *change,
                               const struct rule_reach *reaches, size_t reach_count, int64_t *version)
{
  const int64_t now_us = clock_now_us();
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  db_pipeline_add(pipeline, &SQL_INSERT_RULE_CHANGE, change_parameters(arena, change, now_us));
  if (reach_count > 0) {
    db_pipeline_add(pipeline, &SQL_INSERT_RECOMPUTES, recompute_parameters(arena, change, reaches, reach_count, now_us));
  }
  db_pipeline_add(pipeline, &SQL_NOTIFY_RULES, NULL);
  TRY(db_pipeline_run(connection, pipeline, NULL));
  if (version != NULL) {
    *version = db_int64(db_pipeline_rows(pipeline, 0), 0, 0);
  }
  return error_none();
}

struct error rule_change_end(struct db_connection *connection, struct error error)
{
  const bool is_ours = error.code == ERROR_NONE || error.code == ERROR_NOT_FOUND || error.code == ERROR_CONFLICT ||
                       error.code == ERROR_BAD_INPUT;
  if (is_ours) {
    TRY(db_run(connection, &SQL_COMMIT, NULL, NULL));
  }
  return error;
}
