/* GET and PUT /v1/speeding/settings: the tolerance and the bands of the fleet. Nothing is computed anew for a change: episodes
 * are stored at tolerance 0, and alerts take it from their next breadcrumb on. */
#include "api/handlers.h"
#include "api/rules/rule_change.h"
#include "api/speeding/settings_form.h"
#include "api_sql.h"
#include "server/base/clock.h"

static void answer(struct request *request, const struct speeding_settings *settings)
{
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  speeding_settings_write(&json, settings);
  buffer_append_char(response_body(request), '\n');
}

static struct error read_stored(struct arena *arena, struct db_connection *connection, const struct sql_statement *statement,
                                struct speeding_settings *settings)
{
  const struct db_rows *rows;
  TRY(db_query(connection, arena, statement, NULL, &rows));
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "setting speeding_report is missing in the database");
  }
  return speeding_settings_read(arena, db_text(rows, 0, 0), settings);
}

static struct text as_json(struct arena *arena, const struct speeding_settings *settings)
{
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  speeding_settings_write(&json, settings);
  const struct text copy = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return copy;
}

static struct error put(struct request *request, struct db_connection *connection, const struct speeding_settings *settings)
{
  struct arena *arena = request_arena(request);
  struct speeding_settings before;
  TRY(read_stored(arena, connection, &SQL_LOCK_SPEEDING_SETTINGS, &before));
  const struct rule_change change = {.kind = "fleet",
                                     .subject = TEXT("speeding settings"),
                                     .before = as_json(arena, &before),
                                     .after = as_json(arena, settings)};
  if (text_equal(change.before, change.after)) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, change.after);
  db_add_time(parameters, clock_now_us());
  TRY(db_run(connection, &SQL_UPDATE_SPEEDING_SETTINGS, parameters, NULL));
  return rule_change_write(connection, arena, &change, NULL, 0, NULL);
}

struct error speeding_settings_get(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct speeding_settings settings;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_stored(request_arena(request), connection, &SQL_READ_SPEEDING_SETTINGS, &settings));
  answer(request, &settings);
  return error_none();
}

struct error speeding_settings_put(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct speeding_settings settings;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  if (!text_starts_with(request_header(request, "content-type"), TEXT("application/json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  TRY(speeding_settings_read(request_arena(request), request_body(request), &settings));
  TRY(db_run(connection, &SQL_BEGIN_WRITE, NULL, NULL));
  TRY(rule_change_end(connection, put(request, connection, &settings)));
  answer(request, &settings);
  return error_none();
}
