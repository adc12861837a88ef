/* PUT and DELETE /v1/geofences/{name}, POST /v1/geofences: zones, the version of the rule set and what is computed anew, at
 * once.
 *
 * A zone concerns the vehicles that were ever in the cells of the grid around it, as it was and as it is: theirs alone is the
 * past that is computed anew, unless there are too many of them. */
#include "api/handlers.h"

#include <math.h>

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/rule_change.h"
#include "api/rules/temperature_rule_form.h"
#include "api/zones/geofence_form.h"
#include "api/zones/geofences.h"
#include "api_sql.h"
#include "server/base/clock.h"
#include "server/base/grid.h"

enum { CELLS_MAX = 4000, REACHES_MAX = 500, BREADCRUMBS_MAX = 500000 };

/* One change on its way, of one zone or of many. */
struct changing {
  struct request *request;
  struct arena *arena;
  struct db_connection *connection;
  int64_t now_us;
  int32_t *cells; /* that the zones touch */
  size_t cell_count;
  bool is_everywhere; /* more cells than are listed */
  bool is_import;     /* what is computed anew is noted once, at the end */
  bool has_reach;
  int created;
  int changed;
  int unchanged;
};

/* ---- what it concerns ---- */

/* Of the zone's row, if there is one. */
static void add_cells(struct changing *changing, const struct db_rows *rows)
{
  if (rows == NULL || db_row_count(rows) == 0) {
    return;
  }
  const struct grid_box box = {db_double(rows, 0, GEOFENCE_WEST), db_double(rows, 0, GEOFENCE_SOUTH),
                               db_double(rows, 0, GEOFENCE_EAST), db_double(rows, 0, GEOFENCE_NORTH)};
  const size_t count = grid_cells(box, changing->cells + changing->cell_count, CELLS_MAX - changing->cell_count);
  changing->is_everywhere = changing->is_everywhere || count == 0;
  changing->cell_count += count;
}

static struct error find_reaches(const struct changing *changing, struct rule_reach *reaches, size_t *count)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  const struct db_rows *rows;
  int64_t breadcrumbs = 0;
  *count = 1;
  reaches[0] = rule_reach_of_vehicle(0);
  if (changing->is_everywhere) {
    return error_none();
  }
  db_add_int32_array(parameters, changing->cells, NULL, changing->cell_count);
  db_add_int64(parameters, BREADCRUMBS_MAX);
  db_add_int64(parameters, REACHES_MAX + 1);
  TRY(db_query(changing->connection, changing->arena, &SQL_LIST_VEHICLES_OF_CELLS, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    breadcrumbs += db_int64(rows, row, 3);
  }
  if (db_row_count(rows) > REACHES_MAX || breadcrumbs >= BREADCRUMBS_MAX) {
    return error_none();
  }
  *count = (size_t)db_row_count(rows);
  for (int row = 0; row < db_row_count(rows); row++) {
    reaches[row] = (struct rule_reach){
        .vehicle_id = db_int64(rows, row, 0), .from_us = db_time(rows, row, 1), .until_us = db_time(rows, row, 2) + 1};
  }
  return error_none();
}

/* ---- what is noted of a change ---- */

/* Without data when there is no row. */
static struct text content_of(struct arena *arena, const struct db_rows *rows)
{
  if (rows == NULL || db_row_count(rows) == 0) {
    return (struct text){NULL, 0};
  }
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  json_begin_object(&json);
  geofence_write_content(&json, rows, 0);
  json_key(&json, "area_m2");
  json_decimal(&json, db_double(rows, 0, GEOFENCE_AREA), 1);
  json_text_column(&json, "outline_md5", rows, 0, GEOFENCE_DIGEST);
  json_end_object(&json);
  const struct text copy = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return copy;
}

static bool is_same_number(double a, double b)
{
  return a == b || (isnan(a) && isnan(b));
}

/* Whether nothing but how it looks and what it says has changed. */
static bool derives_the_same(const struct db_rows *before, const struct db_rows *after)
{
  return before != NULL && after != NULL && db_row_count(before) > 0 && db_row_count(after) > 0 &&
         text_equal(db_text(before, 0, GEOFENCE_DIGEST), db_text(after, 0, GEOFENCE_DIGEST)) &&
         is_same_number(db_double(before, 0, GEOFENCE_LIMIT), db_double(after, 0, GEOFENCE_LIMIT)) &&
         db_is_null(before, 0, GEOFENCE_DWELL) == db_is_null(after, 0, GEOFENCE_DWELL) &&
         (db_is_null(before, 0, GEOFENCE_DWELL) || db_int64(before, 0, GEOFENCE_DWELL) == db_int64(after, 0, GEOFENCE_DWELL));
}

/* `before`, `after`: the zone's row, or none, or NULL. */
static struct error note_change(struct changing *changing, struct text name, const struct db_rows *before,
                                const struct db_rows *after)
{
  struct arena *arena = changing->arena;
  const struct rule_change change = {.kind = "zone",
                                     .subject = text_from(arena_printf(arena, "zone %.*s", TEXT_ARGS(name))),
                                     .before = content_of(arena, before),
                                     .after = content_of(arena, after)};
  const bool is_new = change.before.data == NULL;
  if (!is_new && change.after.data != NULL && text_equal(change.before, change.after)) {
    changing->unchanged++;
    return error_none();
  }
  changing->created += is_new ? 1 : 0;
  changing->changed += is_new ? 0 : 1;
  struct rule_reach *reaches = arena_alloc_array(arena, REACHES_MAX + 1, sizeof *reaches);
  size_t count = 0;
  if (!derives_the_same(before, after)) {
    changing->has_reach = true;
    add_cells(changing, before);
    add_cells(changing, after);
  }
  if (changing->has_reach && !changing->is_import) {
    TRY(find_reaches(changing, reaches, &count));
  }
  return rule_change_write(changing->connection, arena, &change, reaches, count, NULL);
}

static struct error note_import(struct changing *changing, size_t zones)
{
  struct rule_reach *reaches = arena_alloc_array(changing->arena, REACHES_MAX + 1, sizeof *reaches);
  const struct rule_change change = {.kind = "zone",
                                     .subject = text_from(arena_printf(changing->arena, "%zu zones imported", zones))};
  size_t count = 0;
  if (!changing->has_reach) {
    return error_none();
  }
  TRY(find_reaches(changing, reaches, &count));
  return rule_change_write(changing->connection, changing->arena, &change, reaches, count, NULL);
}

/* ---- changing ---- */

/* `field`: how the body calls the geometry. */
static struct error check_outline(const struct changing *changing, const struct geofence_form *form, const char *field)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  const struct db_rows *rows;
  db_add_text(parameters, form->geometry);
  TRY(db_query(changing->connection, changing->arena, &SQL_CHECK_GEOFENCE, parameters, &rows));
  if (!db_bool(rows, 0, 0)) {
    return error_at(ERROR_BAD_INPUT, field, "%.*s at longitude %.7g, latitude %.7g", TEXT_ARGS(db_text(rows, 0, 1)),
                    db_double(rows, 0, 2), db_double(rows, 0, 3));
  }
  return db_double(rows, 0, 4) > 0 ? error_none() : error_at(ERROR_BAD_INPUT, field, "expected an area");
}

static struct error store(const struct changing *changing, const struct geofence_form *form, struct text name)
{
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  const bool has_outline = form->geometry.data != NULL;
  db_add_text(parameters, name);
  if (has_outline) {
    db_add_text(parameters, form->geometry);
  }
  db_add_double(parameters, form->limit_kmh);
  db_add_int32(parameters, form->alert_enter ? 1 : 0);
  db_add_int32(parameters, form->alert_exit ? 1 : 0);
  add_int32_or_null(parameters, form->dwell_s);
  add_text_or_null(parameters, form->color);
  db_add_time(parameters, changing->now_us);
  return db_run(changing->connection, has_outline ? &SQL_UPSERT_GEOFENCE : &SQL_UPDATE_GEOFENCE, parameters, NULL);
}

/* Within the transaction. *rows: the zone as it is now. */
static struct error put_zone(struct changing *changing, const struct geofence_form *form, struct text name, const char *field,
                             const struct db_rows **rows)
{
  const struct db_rows *before;
  TRY(geofence_read(changing->connection, changing->arena, name, &before));
  if (form->geometry.data == NULL && db_row_count(before) == 0) {
    return error_at(ERROR_BAD_INPUT, field, "missing: a new zone needs its outline");
  }
  if (form->geometry.data != NULL) {
    TRY(check_outline(changing, form, field));
  }
  TRY(store(changing, form, name));
  TRY(geofence_read(changing->connection, changing->arena, name, rows));
  return note_change(changing, name, before, *rows);
}

static struct error lock(const struct changing *changing)
{
  const struct db_rows *rows;
  return db_query(changing->connection, changing->arena, &SQL_LOCK_GEOFENCES, NULL, &rows);
}

static struct error end_transaction(const struct changing *changing, struct error error)
{
  const bool is_ours = error.code == ERROR_NOT_FOUND || error.code == ERROR_BAD_INPUT;
  if (error.code == ERROR_NONE) {
    TRY(db_run(changing->connection, &SQL_COMMIT, NULL, NULL));
  } else if (is_ours) {
    TRY(db_run(changing->connection, &SQL_ROLLBACK, NULL, NULL));
  }
  return error;
}

static struct changing changing_of(struct request *request, struct db_connection *connection)
{
  struct arena *arena = request_arena(request);
  return (struct changing){.request = request,
                           .arena = arena,
                           .connection = connection,
                           .now_us = clock_now_us(),
                           .cells = arena_alloc_array(arena, CELLS_MAX, sizeof(int32_t))};
}

static struct error check_type(struct request *request)
{
  const struct text type = request_header(request, "content-type");
  return text_starts_with(type, TEXT("application/json")) || text_starts_with(type, TEXT("application/geo+json"))
             ? error_none()
             : error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json or application/geo+json");
}

static struct error put_one(struct changing *changing, const struct geofence_form *form, struct text name,
                            const struct db_rows **rows)
{
  TRY(lock(changing));
  return put_zone(changing, form, name, "geometry", rows);
}

struct error geofences_put(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct text name = request_path_parameter(request, "name");
  struct changing changing = changing_of(request, connection);
  struct geofence_form form;
  const struct db_rows *rows = NULL;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_rule_name("name", name));
  TRY(check_type(request));
  TRY(geofence_form_read(changing.arena, request_body(request), &form));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(end_transaction(&changing, put_one(&changing, &form, name, &rows)));
  response_status(request, changing.created > 0 ? 201 : 200);
  geofence_answer(request, rows);
  return error_none();
}

static struct error import(struct changing *changing, const struct geofence_forms *forms)
{
  const struct db_rows *rows;
  changing->is_import = true;
  TRY(lock(changing));
  for (size_t i = 0; i < forms->count; i++) {
    const char *field = arena_printf(changing->arena, "features[%zu].geometry", i);
    TRY(put_zone(changing, &forms->items[i], forms->items[i].name, field, &rows));
  }
  return note_import(changing, forms->count);
}

struct error geofences_import(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"name", NULL};
  struct changing changing = changing_of(request, connection);
  struct text property = TEXT("name");
  struct geofence_forms forms;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  if (request_parameter_find(request, "name", &property)) {
    TRY(parse_rule_name("name", property));
  }
  TRY(check_type(request));
  TRY(geofence_forms_read(changing.arena, request_body(request), property, &forms));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(end_transaction(&changing, import(&changing, &forms)));
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  json_begin_object(&json);
  json_key(&json, "created");
  json_int64(&json, changing.created);
  json_key(&json, "changed");
  json_int64(&json, changing.changed);
  json_key(&json, "unchanged");
  json_int64(&json, changing.unchanged);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

static struct error delete_zone(struct changing *changing, struct text name)
{
  const struct db_rows *before;
  struct db_parameters *parameters = db_parameters_new(changing->arena);
  TRY(lock(changing));
  TRY(geofence_read(changing->connection, changing->arena, name, &before));
  if (db_row_count(before) == 0) {
    return geofence_missing(name);
  }
  db_add_text(parameters, name);
  TRY(db_run(changing->connection, &SQL_DELETE_GEOFENCE, parameters, NULL));
  return note_change(changing, name, before, NULL);
}

struct error geofences_delete(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct text name = request_path_parameter(request, "name");
  struct changing changing = changing_of(request, connection);
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_rule_name("name", name));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(end_transaction(&changing, delete_zone(&changing, name)));
  response_status(request, 204);
  return error_none();
}
