#include "ingest/shadow/desired_confirm.h"

#include "ingest_sql.h"

enum { REPORTS_AT_ONCE = 512 };

struct error desired_open_read(struct db_connection *connection, struct arena *arena, struct desired_open *open)
{
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_LIST_OPEN_DESIRED, NULL, &rows));
  open->count = (size_t)db_row_count(rows);
  open->vehicle_ids = arena_alloc_array(arena, open->count, sizeof *open->vehicle_ids);
  open->sent_at_us = arena_alloc_array(arena, open->count, sizeof *open->sent_at_us);
  for (size_t i = 0; i < open->count; i++) {
    open->vehicle_ids[i] = db_int64(rows, (int)i, 0);
    open->sent_at_us[i] = db_is_null(rows, (int)i, 1) ? INT64_MIN : db_time(rows, (int)i, 1);
  }
  return error_none();
}

static struct error confirm_some(struct db_connection *connection, struct arena *arena, const struct shadow_report *reports,
                                 size_t count, int64_t now_us)
{
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  int64_t *versions = arena_alloc_array(arena, count, sizeof *versions);
  struct text *names = arena_alloc_array(arena, count, sizeof *names);
  struct text *reported = arena_alloc_array(arena, count, sizeof *reported);
  struct text *desired = arena_alloc_array(arena, count, sizeof *desired);
  for (size_t i = 0; i < count; i++) {
    ids[i] = reports[i].vehicle_id;
    names[i] = reports[i].name;
    versions[i] = reports[i].version;
    reported[i] = reports[i].reported;
    desired[i] = reports[i].desired;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_text_array(parameters, names, count);
  db_add_int64_array(parameters, versions, NULL, count);
  db_add_jsonb_array(parameters, reported, count);
  db_add_jsonb_array(parameters, desired, count);
  db_add_time(parameters, now_us);
  return db_run(connection, &SQL_CONFIRM_DESIRED, parameters, NULL);
}

struct error desired_confirm_reports(struct db_connection *connection, struct arena *arena,
                                     const struct shadow_reports *reports, int64_t now_us)
{
  for (size_t first = 0; first < reports->count; first += REPORTS_AT_ONCE) {
    size_t left = reports->count - first;
    TRY(confirm_some(connection, arena, reports->items + first, left < REPORTS_AT_ONCE ? left : REPORTS_AT_ONCE, now_us));
  }
  return error_none();
}

struct error desired_confirm_stored(struct db_connection *connection, struct arena *arena, const struct desired_open *open,
                                    int64_t since_us, int64_t now_us)
{
  int64_t *ids = arena_alloc_array(arena, open->count, sizeof *ids);
  int64_t *since = arena_alloc_array(arena, open->count, sizeof *since);
  struct shadow_reports reports = {0};
  size_t count = 0;
  for (size_t i = 0; i < open->count; i++) {
    if (open->sent_at_us[i] != INT64_MIN) {
      ids[count] = open->vehicle_ids[i];
      since[count++] = open->sent_at_us[i] >= since_us ? 0 : since_us;
    }
  }
  if (count == 0) {
    return error_none();
  }
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_time_array(parameters, since, NULL, count);
  TRY(db_query(connection, arena, &SQL_READ_REPORTS, parameters, &rows));
  reports.count = (size_t)db_row_count(rows);
  reports.items = arena_alloc_array(arena, reports.count, sizeof *reports.items);
  for (size_t i = 0; i < reports.count; i++) {
    const int row = (int)i;
    reports.items[i] = (struct shadow_report){db_int64(rows, row, 0), db_text(rows, row, 1), db_int64(rows, row, 2),
                                              db_jsonb(rows, row, 3), db_jsonb(rows, row, 4)};
  }
  return desired_confirm_reports(connection, arena, &reports, now_us);
}

struct error desired_expire(struct db_connection *connection, struct arena *arena, int64_t now_us)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us);
  return db_run(connection, &SQL_EXPIRE_DESIRED, parameters, NULL);
}
