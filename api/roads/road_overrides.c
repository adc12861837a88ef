/* PUT and DELETE /v1/roads/{id}/override: a dispatcher knows the limit better; the drives over the road are computed anew. */
#include "api/handlers.h"
#include "api/roads/road.h"
#include "api/rules/limit_form.h"
#include "api/rules/rule_change.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { DAYS_MANY = 5000 };

/* One change on its way. */
struct changing {
  struct request *request;
  struct db_connection *connection;
  int64_t road_id;
};

static struct error read_override(const struct changing *changing, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(request_arena(changing->request));
  db_add_int64(parameters, changing->road_id);
  return db_query(changing->connection, request_arena(changing->request), &SQL_READ_ROAD_OVERRIDE, parameters, rows);
}

static struct text override_as_json(struct arena *arena, const struct db_rows *rows)
{
  if (db_row_count(rows) == 0) {
    return (struct text){NULL, 0};
  }
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  json_begin_object(&json);
  json_key(&json, "limit_kmh");
  json_decimal(&json, db_double(rows, 0, 0), LIMIT_DECIMALS);
  json_text_column(&json, "note", rows, 0, 1);
  json_end_object(&json);
  const struct text copy = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return copy;
}

static bool is_same_limit(const struct db_rows *before, const struct db_rows *after)
{
  const double both_kmh[] = {db_row_count(before) > 0 ? db_double(before, 0, 0) : 0,
                             db_row_count(after) > 0 ? db_double(after, 0, 0) : 0};
  return !(both_kmh[0] < both_kmh[1]) && !(both_kmh[0] > both_kmh[1]);
}

/* Another note alone changes no figure. */
static struct error note_change(const struct changing *changing, const struct db_rows *before, const struct db_rows *after)
{
  struct arena *arena = request_arena(changing->request);
  const struct rule_change change = {.kind = "road",
                                     .subject = text_from(arena_printf(arena, "road %lld", (long long)changing->road_id)),
                                     .before = override_as_json(arena, before),
                                     .after = override_as_json(arena, after)};
  if (is_same_limit(before, after)) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, clock_now_us());
  db_add_text(parameters, text_from(arena_printf(arena, "road: %.*s", TEXT_ARGS(change.subject))));
  db_add_int64(parameters, changing->road_id);
  db_add_int64(parameters, DAYS_MANY);
  TRY(db_run(changing->connection, &SQL_INSERT_ROAD_RECOMPUTES, parameters, NULL));
  return rule_change_write(changing->connection, arena, &change, NULL, 0, NULL);
}

static struct error put_override(const struct changing *changing, const struct limit_form *form)
{
  const struct db_rows *before;
  const struct db_rows *after;
  const struct db_rows *road;
  struct db_parameters *parameters = db_parameters_new(request_arena(changing->request));
  db_add_int64(parameters, changing->road_id);
  db_add_double(parameters, form->limit_kmh);
  db_add_text(parameters, form->note);
  db_add_time(parameters, clock_now_us());
  TRY(db_run(changing->connection, &SQL_LOCK_ROAD_OVERRIDES, NULL, NULL));
  TRY(road_read(changing->request, changing->connection, changing->road_id, &road));
  TRY(read_override(changing, &before));
  TRY(db_run(changing->connection, &SQL_UPSERT_ROAD_OVERRIDE, parameters, NULL));
  TRY(read_override(changing, &after));
  TRY(note_change(changing, before, after));
  TRY(road_read(changing->request, changing->connection, changing->road_id, &road));
  response_status(changing->request, db_row_count(before) == 0 ? 201 : 200);
  road_answer(changing->request, road, FORMAT_JSON);
  return error_none();
}

struct error roads_put_override(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct changing changing = {.request = request, .connection = connection};
  struct limit_form form;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(road_id_of_path(request, &changing.road_id));
  TRY(limit_form_read(request, true, &form));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  return rule_change_end(connection, put_override(&changing, &form));
}

static struct error delete_override(const struct changing *changing)
{
  const struct db_rows *before;
  const struct db_rows *after;
  struct db_parameters *parameters = db_parameters_new(request_arena(changing->request));
  db_add_int64(parameters, changing->road_id);
  TRY(db_run(changing->connection, &SQL_LOCK_ROAD_OVERRIDES, NULL, NULL));
  TRY(read_override(changing, &before));
  if (db_row_count(before) == 0) {
    return error_make(ERROR_NOT_FOUND, "road %lld has no override", (long long)changing->road_id);
  }
  TRY(db_run(changing->connection, &SQL_DELETE_ROAD_OVERRIDE, parameters, NULL));
  TRY(read_override(changing, &after));
  response_status(changing->request, 204);
  return note_change(changing, before, after);
}

struct error roads_delete_override(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct changing changing = {.request = request, .connection = connection};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(road_id_of_path(request, &changing.road_id));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  return rule_change_end(connection, delete_override(&changing));
}
