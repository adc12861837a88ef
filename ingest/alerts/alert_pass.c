#include "ingest/alerts/alert_pass.h"

#include "ingest/alerts/alert_store.h"
#include "ingest_sql.h"

enum { DUE_MAX = 500 };

/* What a pass works on. */
struct work {
  struct alert_readings readings;
  struct row_set ids; /* int64_t, of the alerts to be loaded; may hold one twice */
  struct alert_list loaded;
  struct row_set all; /* struct alert *: loaded and new ones */
};

/* ---- which alerts ---- */

static void add_ids(struct row_set *ids, const struct db_rows *rows)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    const int64_t id = db_int64(rows, row, 0);
    row_set_add(ids, &id);
  }
}

static struct error find_of_readings(struct alert_pass *pass, struct work *work)
{
  const size_t count = work->readings.items.count;
  const struct alert_reading *readings = work->readings.items.items;
  const struct db_rows *rows = NULL;
  if (count == 0) {
    return error_none();
  }
  int64_t *vehicle_ids = arena_alloc_array(pass->arena, count, sizeof *vehicle_ids);
  int16_t *kinds = arena_alloc_array(pass->arena, count, sizeof *kinds);
  int64_t *subject_ids = arena_alloc_array(pass->arena, count, sizeof *subject_ids);
  int64_t *began_us = arena_alloc_array(pass->arena, count, sizeof *began_us);
  for (size_t i = 0; i < count; i++) {
    vehicle_ids[i] = readings[i].vehicle_id;
    kinds[i] = (int16_t)readings[i].condition.kind;
    subject_ids[i] = readings[i].condition.subject_id;
    began_us[i] = readings[i].condition.began_at_us;
  }
  struct db_parameters *parameters = db_parameters_new(pass->arena);
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  db_add_int16_array(parameters, kinds, NULL, count);
  db_add_int64_array(parameters, subject_ids, NULL, count);
  db_add_time_array(parameters, began_us, NULL, count);
  TRY(db_query(pass->connection, pass->arena, &SQL_FIND_ALERTS_OF_CONDITIONS, parameters, &rows));
  add_ids(&work->ids, rows);
  return error_none();
}

static struct error find_due(struct alert_pass *pass, struct work *work)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(pass->arena);
  db_add_time(parameters, pass->now_us);
  db_add_int32(parameters, DUE_MAX);
  TRY(db_query(pass->connection, pass->arena, &SQL_FIND_DUE_ALERTS, parameters, &rows));
  add_ids(&work->ids, rows);
  pass->has_more |= db_row_count(rows) == DUE_MAX;
  return error_none();
}

static struct error load(struct alert_pass *pass, struct work *work)
{
  TRY(find_of_readings(pass, work));
  TRY(find_due(pass, work));
  TRY(alert_store_lock(pass->connection, pass->arena, work->ids.items, work->ids.count, &work->loaded));
  for (size_t i = 0; i < work->loaded.count; i++) {
    struct alert *alert = &work->loaded.items[i];
    row_set_add(&work->all, &alert);
  }
  return error_none();
}

/* ---- through the machine ---- */

static struct alert_file file_of(struct alert_pass *pass, struct work *work, const struct alert_reading *reading)
{
  struct alert_file file = {0};
  for (size_t i = 0; i < work->loaded.count; i++) {
    struct alert *alert = &work->loaded.items[i];
    if (alert->vehicle_id == reading->vehicle_id && alert->kind == reading->condition.kind &&
        alert->subject_id == reading->condition.subject_id) {
      alert_file_add(&file, pass->arena, alert);
    }
  }
  return file;
}

static void take_readings(struct alert_pass *pass, struct work *work, struct alert_machine *machine)
{
  const struct alert_reading *readings = work->readings.items.items;
  const size_t count = work->readings.items.count;
  for (size_t i = 0; i < count;) {
    const size_t first = i;
    struct alert_file file = file_of(pass, work, &readings[first]);
    const size_t known = file.count;
    for (; i < count && alert_reading_same_file(&readings[first], &readings[i]); i++) {
      alert_machine_take(machine, &file, &readings[i]);
    }
    for (size_t made = known; made < file.count; made++) {
      row_set_add(&work->all, &file.items[made]);
    }
  }
}

static void look_at_due(struct alert_pass *pass, struct work *work, struct alert_machine *machine)
{
  struct alert **all = work->all.items;
  for (size_t i = 0; i < work->all.count; i++) {
    if (all[i]->next_due_at_us != 0 && all[i]->next_due_at_us <= pass->now_us) {
      alert_machine_look(machine, all[i]);
    }
  }
}

static void count_events(struct alert_pass *pass, const struct alert_machine *machine)
{
  const struct alert_event *events = machine->events.items;
  for (size_t i = 0; i < machine->events.count; i++) {
    pass->changes[events[i].change]++;
  }
  pass->messages += machine->messages.count;
}

static struct error save_progress(struct alert_pass *pass, int64_t change)
{
  struct db_parameters *parameters = db_parameters_new(pass->arena);
  db_add_int64(parameters, change);
  return db_run(pass->connection, &SQL_SAVE_ALERT_PROGRESS, parameters, NULL);
}

static struct error run_from(struct alert_pass *pass, int64_t change)
{
  struct work work = {.ids = row_set_make(pass->arena, sizeof(int64_t)),
                      .all = row_set_make(pass->arena, sizeof(struct alert *))};
  struct alert_rules rules;
  TRY(alert_readings_of_conditions(pass->connection, pass->arena, change, &work.readings));
  if (pass->looks_for_silence) {
    TRY(alert_readings_of_silence(pass->connection, pass->arena, pass->silence, pass->now_us, &work.readings));
  }
  alert_readings_sort(&work.readings);
  pass->has_more = work.readings.is_full;
  TRY(load(pass, &work));
  if (work.readings.items.count != 0 || work.loaded.count != 0) {
    TRY(alert_store_rules(pass->connection, pass->arena, pass->now_us, pass->max_age_us, &rules));
    struct alert_machine machine = alert_machine_make(pass->arena, &rules, pass->now_us);
    take_readings(pass, &work, &machine);
    look_at_due(pass, &work, &machine);
    TRY(alert_store_save(pass->connection, &machine, work.all.items, work.all.count));
    count_events(pass, &machine);
  }
  return work.readings.last_change != change ? save_progress(pass, work.readings.last_change) : error_none();
}

struct error alert_pass_run(struct alert_pass *pass)
{
  const struct db_rows *rows = NULL;
  TRY(db_run(pass->connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(db_query(pass->connection, pass->arena, &SQL_LOCK_ALERT_PROGRESS, NULL, &rows));
  if (db_row_count(rows) == 1) {
    TRY(run_from(pass, db_int64(rows, 0, 0)));
  }
  return db_run(pass->connection, &SQL_COMMIT_BATCH, NULL, NULL);
}
