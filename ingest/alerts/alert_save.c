/* What the machine said, on its way into the database. */
#include <math.h>

#include "ingest/alerts/alert_document.h"
#include "ingest/alerts/alert_store.h"
#include "ingest_sql.h"
#include "server_db_sql.h"

/* One save on its way. */
struct save {
  struct db_connection *connection;
  struct arena *arena;
  const struct alert_machine *machine;
  struct alert **changed; /* to be stored */
  size_t changed_count;
  int64_t *dropped;
  size_t dropped_count;
  int64_t first_seq; /* of the events */
};

/* ---- columns of a set ---- */

static void add_times(struct save *save, struct db_parameters *parameters, size_t offset)
{
  int64_t *times_us = arena_alloc_array(save->arena, save->changed_count, sizeof *times_us);
  uint8_t *is_null = arena_alloc_array(save->arena, save->changed_count, 1);
  for (size_t i = 0; i < save->changed_count; i++) {
    memcpy(&times_us[i], (const char *)save->changed[i] + offset, sizeof times_us[i]);
    is_null[i] = times_us[i] == 0 ? 1 : 0;
  }
  db_add_time_array(parameters, times_us, is_null, save->changed_count);
}

static void add_int64s(struct save *save, struct db_parameters *parameters, size_t offset)
{
  int64_t *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  for (size_t i = 0; i < save->changed_count; i++) {
    memcpy(&values[i], (const char *)save->changed[i] + offset, sizeof values[i]);
  }
  db_add_int64_array(parameters, values, NULL, save->changed_count);
}

static void add_floats(struct save *save, struct db_parameters *parameters, size_t offset)
{
  float *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  uint8_t *is_null = arena_alloc_array(save->arena, save->changed_count, 1);
  for (size_t i = 0; i < save->changed_count; i++) {
    memcpy(&values[i], (const char *)save->changed[i] + offset, sizeof values[i]);
    is_null[i] = (uint8_t)(isnan(values[i]) != 0);
  }
  db_add_float4_array(parameters, values, is_null, save->changed_count);
}

static void add_doubles(struct save *save, struct db_parameters *parameters, size_t offset)
{
  double *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  uint8_t *is_null = arena_alloc_array(save->arena, save->changed_count, 1);
  for (size_t i = 0; i < save->changed_count; i++) {
    memcpy(&values[i], (const char *)save->changed[i] + offset, sizeof values[i]);
    is_null[i] = (uint8_t)(isnan(values[i]) != 0);
  }
  db_add_float8_array(parameters, values, is_null, save->changed_count);
}

static void add_bools(struct save *save, struct db_parameters *parameters, size_t offset)
{
  uint8_t *values = arena_alloc_array(save->arena, save->changed_count, 1);
  for (size_t i = 0; i < save->changed_count; i++) {
    values[i] = *(const bool *)((const char *)save->changed[i] + offset) ? 1 : 0;
  }
  db_add_bool_array(parameters, values, NULL, save->changed_count);
}

static struct text or_null(struct text value)
{
  return value.length != 0 ? value : (struct text){NULL, 0};
}

static void add_texts(struct save *save, struct db_parameters *parameters, size_t offset)
{
  struct text *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  for (size_t i = 0; i < save->changed_count; i++) {
    values[i] = or_null(*(const struct text *)((const char *)save->changed[i] + offset));
  }
  db_add_text_array(parameters, values, save->changed_count);
}

static void add_states(struct save *save, struct db_parameters *parameters)
{
  struct text *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  for (size_t i = 0; i < save->changed_count; i++) {
    values[i] = text_from(alert_state_word(save->changed[i]->state));
  }
  db_add_text_array(parameters, values, save->changed_count);
}

static void add_kinds(struct save *save, struct db_parameters *parameters, bool severities)
{
  int16_t *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  for (size_t i = 0; i < save->changed_count; i++) {
    values[i] = (int16_t)(severities ? (int)save->changed[i]->severity : (int)save->changed[i]->kind);
  }
  db_add_int16_array(parameters, values, NULL, save->changed_count);
}

static void add_counts(struct save *save, struct db_parameters *parameters, bool sequences)
{
  int32_t *values = arena_alloc_array(save->arena, save->changed_count, sizeof *values);
  for (size_t i = 0; i < save->changed_count; i++) {
    const int64_t late_s = save->changed[i]->late_s < INT32_MAX ? save->changed[i]->late_s : INT32_MAX;
    values[i] = sequences ? save->changed[i]->sequence : (int32_t)late_s;
  }
  db_add_int32_array(parameters, values, NULL, save->changed_count);
}

/* ---- steps ---- */

static struct error number_new_alerts(struct save *save)
{
  size_t count = 0;
  for (size_t i = 0; i < save->changed_count; i++) {
    count += save->changed[i]->alert_id == 0 ? 1 : 0;
  }
  if (count == 0) {
    return error_none();
  }
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(save->arena);
  db_add_int32(parameters, (int32_t)count);
  TRY(db_query(save->connection, save->arena, &SQL_NEXT_ALERT_IDS, parameters, &rows));
  int row = 0;
  for (size_t i = 0; i < save->changed_count; i++) {
    if (save->changed[i]->alert_id == 0) {
      save->changed[i]->alert_id = db_int64(rows, row++, 0);
    }
  }
  return error_none();
}

/* The feed's row stays locked until the commit, which makes the numbers of events the order of commits. */
static struct error number_events(struct save *save)
{
  const struct db_rows *rows = NULL;
  const int64_t count = (int64_t)save->machine->events.count;
  if (count == 0) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(save->arena);
  db_add_int64(parameters, count);
  TRY(db_query(save->connection, save->arena, &SQL_ADVANCE_FEED, parameters, &rows));
  save->first_seq = db_int64(rows, 0, 0) - count + 1;
  return error_none();
}

#define OF(member) offsetof(struct alert, member)

static struct error store_alerts(struct save *save)
{
  struct db_parameters *p = db_parameters_new(save->arena);
  if (save->changed_count == 0) {
    return error_none();
  }
  add_int64s(save, p, OF(alert_id));
  add_int64s(save, p, OF(vehicle_id));
  add_kinds(save, p, false);
  add_int64s(save, p, OF(subject_id));
  add_times(save, p, OF(condition_began_at_us));
  add_states(save, p);
  add_kinds(save, p, true);
  add_counts(save, p, true);
  add_times(save, p, OF(began_at_us));
  add_times(save, p, OF(ended_at_us));
  add_times(save, p, OF(fired_at_us));
  add_times(save, p, OF(acknowledged_at_us));
  add_texts(save, p, OF(acknowledged_by));
  add_times(save, p, OF(cleared_at_us));
  add_bools(save, p, OF(is_withdrawn));
  add_counts(save, p, false);
  add_floats(save, p, OF(value));
  add_floats(save, p, OF(limit_value));
  add_times(save, p, OF(worst_at_us));
  add_doubles(save, p, OF(longitude_deg));
  add_doubles(save, p, OF(latitude_deg));
  add_texts(save, p, OF(assigned_to));
  add_times(save, p, OF(muted_until_us));
  add_bools(save, p, OF(says_beginning));
  add_bools(save, p, OF(says_end));
  add_times(save, p, OF(next_due_at_us));
  return db_run(save->connection, &SQL_SAVE_ALERTS, p, NULL);
}

static struct error delete_dropped(struct save *save)
{
  if (save->dropped_count == 0) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(save->arena);
  db_add_int64_array(parameters, save->dropped, NULL, save->dropped_count);
  return db_run(save->connection, &SQL_DELETE_ALERTS, parameters, NULL);
}

static struct error store_told(struct save *save)
{
  size_t count = 0;
  for (size_t i = 0; i < save->changed_count; i++) {
    count += save->changed[i]->told_count;
  }
  if (save->machine->events.count == 0) {
    return error_none(); /* nobody was told of anything */
  }
  int64_t *ids = arena_alloc_array(save->arena, count + 1, sizeof *ids);
  struct text *channels = arena_alloc_array(save->arena, count + 1, sizeof *channels);
  int64_t *times_us = arena_alloc_array(save->arena, count + 1, sizeof *times_us);
  size_t at = 0;
  for (size_t i = 0; i < save->changed_count; i++) {
    const struct alert *alert = save->changed[i];
    for (size_t t = 0; t < alert->told_count; t++, at++) {
      ids[at] = alert->alert_id;
      channels[at] = alert->told[t].channel;
      times_us[at] = alert->told[t].told_at_us;
    }
  }
  struct db_parameters *before = db_parameters_new(save->arena);
  add_int64s(save, before, OF(alert_id));
  TRY(db_run(save->connection, &SQL_DELETE_ALERT_TOLD, before, NULL));
  struct db_parameters *parameters = db_parameters_new(save->arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_text_array(parameters, channels, count);
  db_add_time_array(parameters, times_us, NULL, count);
  return count != 0 ? db_run(save->connection, &SQL_INSERT_ALERT_TOLD, parameters, NULL) : error_none();
}

static struct text document_of(const struct save *save, const struct alert_event *event)
{
  struct buffer out = {0};
  struct alert then = event->then;
  then.alert_id = event->alert->alert_id;
  alert_document_write(&out, &then);
  const struct text document = text_copy(save->arena, buffer_text(&out));
  buffer_free(&out);
  return document;
}

static struct text title_of(const struct save *save, const struct alert_event *event)
{
  struct buffer out = {0};
  alert_title_write(&out, &event->then, event->change, &save->machine->rules->clock);
  const struct text title = text_copy(save->arena, buffer_text(&out));
  buffer_free(&out);
  return title;
}

static struct error store_events(struct save *save)
{
  const size_t count = save->machine->events.count;
  const struct alert_event *events = save->machine->events.items;
  struct arena *arena = save->arena;
  if (count == 0) {
    return error_none();
  }
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  int32_t *sequences = arena_alloc_array(arena, count, sizeof *sequences);
  int64_t *seqs = arena_alloc_array(arena, count, sizeof *seqs);
  int64_t *times_us = arena_alloc_array(arena, count, sizeof *times_us);
  struct text *changes = arena_alloc_array(arena, count, sizeof *changes);
  struct text *titles = arena_alloc_array(arena, count, sizeof *titles);
  struct text *bys = arena_alloc_array(arena, count, sizeof *bys);
  struct text *notes = arena_alloc_array(arena, count, sizeof *notes);
  struct text *documents = arena_alloc_array(arena, count, sizeof *documents);
  for (size_t i = 0; i < count; i++) {
    ids[i] = events[i].alert->alert_id;
    sequences[i] = events[i].sequence;
    seqs[i] = save->first_seq + (int64_t)i;
    times_us[i] = events[i].at_us;
    changes[i] = text_from(alert_change_word(events[i].change));
    titles[i] = title_of(save, &events[i]);
    bys[i] = or_null(events[i].by);
    notes[i] = or_null(events[i].note);
    documents[i] = document_of(save, &events[i]);
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_int32_array(parameters, sequences, NULL, count);
  db_add_int64_array(parameters, seqs, NULL, count);
  db_add_time_array(parameters, times_us, NULL, count);
  db_add_text_array(parameters, changes, count);
  db_add_text_array(parameters, titles, count);
  db_add_text_array(parameters, bys, count);
  db_add_text_array(parameters, notes, count);
  db_add_text_array(parameters, documents, count);
  return db_run(save->connection, &SQL_INSERT_ALERT_EVENTS, parameters, NULL);
}

static struct error store_messages(struct save *save)
{
  const size_t count = save->machine->messages.count;
  const struct alert_message *messages = save->machine->messages.items;
  struct arena *arena = save->arena;
  if (count == 0) {
    return error_none();
  }
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  int32_t *sequences = arena_alloc_array(arena, count, sizeof *sequences);
  struct text *channels = arena_alloc_array(arena, count, sizeof *channels);
  int64_t *times_us = arena_alloc_array(arena, count, sizeof *times_us);
  for (size_t i = 0; i < count; i++) {
    ids[i] = messages[i].alert->alert_id;
    sequences[i] = messages[i].sequence;
    channels[i] = messages[i].channel;
    times_us[i] = messages[i].not_before_us;
  }
  struct db_parameters *newer = db_parameters_new(arena);
  db_add_int64_array(newer, ids, NULL, count);
  db_add_int32_array(newer, sequences, NULL, count);
  db_add_text_array(newer, channels, count);
  db_add_time(newer, save->machine->now_us);
  TRY(db_run(save->connection, &SQL_SUPERSEDE_REPEATS, newer, NULL));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_int32_array(parameters, sequences, NULL, count);
  db_add_text_array(parameters, channels, count);
  db_add_time_array(parameters, times_us, NULL, count);
  db_add_time(parameters, save->machine->now_us);
  return db_run(save->connection, &SQL_INSERT_OUTBOX, parameters, NULL);
}

static void sort_out(struct save *save, struct alert *const *alerts, size_t count)
{
  save->changed = arena_alloc_array(save->arena, count + 1, sizeof(struct alert *));
  save->dropped = arena_alloc_array(save->arena, count + 1, sizeof *save->dropped);
  for (size_t i = 0; i < count; i++) {
    if (alerts[i]->is_changed && alerts[i]->state == ALERT_STATE_NONE && alerts[i]->alert_id != 0) {
      save->dropped[save->dropped_count++] = alerts[i]->alert_id;
    } else if (alerts[i]->is_changed && alerts[i]->state != ALERT_STATE_NONE) {
      save->changed[save->changed_count++] = alerts[i];
    }
  }
}

struct error alert_store_save(struct db_connection *connection, const struct alert_machine *machine,
                              struct alert *const *alerts, size_t count)
{
  const struct db_rows *rows = NULL;
  struct save save = {.connection = connection, .arena = machine->arena, .machine = machine};
  sort_out(&save, alerts, count);
  TRY(delete_dropped(&save));
  TRY(number_new_alerts(&save));
  TRY(store_alerts(&save));
  TRY(store_told(&save));
  TRY(store_messages(&save));
  TRY(number_events(&save));
  TRY(store_events(&save));
  return machine->events.count != 0 ? db_query(connection, machine->arena, &SQL_NOTIFY_ALERTS, NULL, &rows) : error_none();
}
