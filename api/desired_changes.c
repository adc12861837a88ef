/* PUT /v1/vehicles/{name}/desired: a row of the ledger first, then it is sent (ingest/shadow/desired_sender.h), by whichever
 * server.
 */
#include "api/desired.h"

#include "api/desired_form.h"
#include "api/parameters.h"
#include "api_sql.h"
#include "server/base/clock.h"
#include "server/base/text.h"

enum { IDEMPOTENCY_KEY_MAX = 200 };

/* A change on its way into the ledger. */
struct change {
  struct request *request;
  struct db_connection *connection;
  int64_t vehicle_id;
  struct desired_form form;
  struct text key; /* Idempotency-Key; data == NULL: none */
  int64_t now_us;
  int64_t id;
  bool is_known; /* the key was used before, for the same */
};

static void add_optional(struct db_parameters *parameters, struct text value)
{
  if (value.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

static struct error read_key(struct request *request, struct text *key)
{
  *key = request_header(request, "idempotency-key");
  if (key->length == 0) {
    *key = (struct text){NULL, 0};
    return error_none();
  }
  bool is_good = key->length <= IDEMPOTENCY_KEY_MAX;
  for (size_t i = 0; is_good && i < key->length; i++) {
    is_good = key->data[i] > ' ' && key->data[i] <= '~';
  }
  return is_good ? error_none()
                 : error_at(ERROR_BAD_INPUT, "Idempotency-Key", "expected 1 to %d printable ASCII characters without spaces",
                            IDEMPOTENCY_KEY_MAX);
}

static struct error read_form(struct request *request, const struct api *api, struct desired_form *form)
{
  if (!text_starts_with(request_header(request, "content-type"), TEXT("application/json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  return desired_form_read(request_arena(request), request_body(request), api->settings.desired_expires_after_s, form);
}

/* Changes of one vehicle come one after the other, in the order of their ids. */
static struct error lock_vehicle(struct change *change)
{
  struct arena *arena = request_arena(change->request);
  const struct text name = request_path_parameter(change->request, "name");
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_text(parameters, name);
  TRY(db_query(change->connection, arena, &SQL_LOCK_VEHICLE, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(name));
  }
  change->vehicle_id = db_int64(rows, 0, 0);
  return error_none();
}

static struct error find_by_key(struct change *change)
{
  struct arena *arena = request_arena(change->request);
  const struct db_rows *rows;
  if (change->key.data == NULL) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, change->vehicle_id);
  db_add_text(parameters, change->key);
  db_add_text(parameters, change->form.shadow);
  db_add_text(parameters, change->form.desired);
  TRY(db_query(change->connection, arena, &SQL_FIND_DESIRED_BY_KEY, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_none();
  }
  if (!db_bool(rows, 0, 1)) {
    return error_at(ERROR_CONFLICT, "Idempotency-Key", "this key was used for another change of this vehicle: take a new one");
  }
  change->id = db_int64(rows, 0, 0);
  change->is_known = true;
  return error_none();
}

static struct error insert_change(struct change *change)
{
  struct arena *arena = request_arena(change->request);
  const struct desired_form *form = &change->form;
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_int64(parameters, change->vehicle_id);
  db_add_text(parameters, form->shadow);
  db_add_text(parameters, form->desired);
  db_add_text(parameters, form->awaited);
  add_optional(parameters, form->requested_by);
  db_add_time(parameters, change->now_us);
  db_add_time(parameters, change->now_us + form->expires_after_s * US_PER_SECOND);
  add_optional(parameters, change->key);
  TRY(db_query(change->connection, arena, &SQL_INSERT_DESIRED, parameters, &rows));
  change->id = db_int64(rows, 0, 0);
  struct db_parameters *later = db_parameters_new(arena);
  db_add_int64(later, change->vehicle_id);
  db_add_text(later, form->shadow);
  db_add_int64(later, change->id);
  db_add_text(later, form->awaited);
  db_add_time(later, change->now_us);
  TRY(db_run(change->connection, &SQL_SUPERSEDE_DESIRED, later, NULL));
  return db_query(change->connection, arena, &SQL_NOTIFY_DESIRED, NULL, &rows);
}

static struct error enter(struct change *change)
{
  TRY(lock_vehicle(change));
  TRY(find_by_key(change));
  return change->is_known ? error_none() : insert_change(change);
}

static struct error answer(const struct change *change)
{
  struct request *request = change->request;
  struct arena *arena = request_arena(request);
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *rows;
  db_add_int64(parameters, change->id);
  TRY(db_query(change->connection, arena, &SQL_READ_DESIRED, parameters, &rows));
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "the change %lld is not in the ledger", (long long)change->id);
  }
  if (change->is_known) {
    response_header(request, "Idempotency-Replayed", "true");
  }
  response_status(request, 202);
  response_content_type(request, "application/json");
  struct json_writer json = json_writer_to(response_body(request));
  desired_write(&json, rows, 0);
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

struct error desired_put(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct api *api = context;
  struct change change = {.request = request, .connection = connection, .now_us = clock_now_us()};
  TRY(request_parameters_only(request, KNOWN));
  TRY(parse_vehicle_name("name", request_path_parameter(request, "name")));
  TRY(read_key(request, &change.key));
  TRY(read_form(request, api, &change.form));
  if (api->settings.desired_refusal != NULL) {
    return error_make(ERROR_CONFLICT, "%s", api->settings.desired_refusal);
  }
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  const struct error error = enter(&change);
  if (error.code != ERROR_NONE && error.code != ERROR_NOT_FOUND && error.code != ERROR_CONFLICT) {
    return error; /* of the database, which has ended the transaction */
  }
  TRY(db_run(connection, &SQL_COMMIT, NULL, NULL));
  return error.code != ERROR_NONE ? error : answer(&change);
}
