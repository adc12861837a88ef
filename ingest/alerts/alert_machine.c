#include "ingest/alerts/alert_machine.h"

#include <math.h>

#include "ingest/alerts/alert_telling.h"
#include "server/base/clock.h"

/* Breadcrumbs that came this much after they were recorded are said to be late. */
static const int64_t LATE_US = 120 * US_PER_SECOND;
enum { FILE_FIRST_CAPACITY = 4 };

struct alert_machine alert_machine_make(struct arena *arena, const struct alert_rules *rules, int64_t now_us)
{
  return (struct alert_machine){.rules = rules,
                                .arena = arena,
                                .now_us = now_us,
                                .events = row_set_make(arena, sizeof(struct alert_event)),
                                .messages = row_set_make(arena, sizeof(struct alert_message))};
}

/* ---- files ---- */

void alert_file_add(struct alert_file *file, struct arena *arena, struct alert *alert)
{
  if (file->count == file->capacity) {
    const size_t capacity = file->capacity == 0 ? FILE_FIRST_CAPACITY : file->capacity * 2;
    struct alert **items = arena_alloc_array(arena, capacity, sizeof(struct alert *));
    for (size_t i = 0; i < file->count; i++) {
      items[i] = file->items[i];
    }
    file->items = items;
    file->capacity = capacity;
  }
  file->items[file->count++] = alert;
}

static struct alert *find_by_condition(const struct alert_file *file, int64_t began_at_us)
{
  for (size_t i = 0; i < file->count; i++) {
    if (file->items[i]->condition_began_at_us == began_at_us && file->items[i]->state != ALERT_STATE_NONE) {
      return file->items[i];
    }
  }
  return NULL;
}

static struct alert *find_open(const struct alert_file *file)
{
  for (size_t i = 0; i < file->count; i++) {
    if (alert_is_open(file->items[i])) {
      return file->items[i];
    }
  }
  return NULL;
}

static struct alert *new_alert(struct alert_machine *machine, struct alert_file *file, const struct alert_reading *reading)
{
  const struct condition *condition = &reading->condition;
  struct alert *alert = arena_alloc(machine->arena, sizeof *alert);
  *alert = (struct alert){.vehicle_id = reading->vehicle_id,
                          .vehicle = reading->vehicle,
                          .fleet = reading->fleet,
                          .kind = condition->kind,
                          .subject_id = condition->subject_id,
                          .subject = reading->subject,
                          .condition_began_at_us = condition->began_at_us,
                          .severity = alert_severity_of(condition->kind),
                          .began_at_us = condition->began_at_us,
                          .value = NAN,
                          .limit_value = NAN,
                          .longitude_deg = NAN,
                          .latitude_deg = NAN,
                          .says_beginning = reading->says_beginning,
                          .says_end = reading->says_end};
  alert_file_add(file, machine->arena, alert);
  return alert;
}

/* ---- what holds ---- */

/* The fewer minutes are left, the worse; else the farther from the limit. */
static bool is_worse(const struct alert *alert, const struct condition *condition)
{
  if (isnan(condition->value)) {
    return false;
  }
  if (isnan(alert->value)) {
    return true;
  }
  if (alert->kind == CONDITION_WARMING) {
    return condition->value < alert->value;
  }
  const float known = isnan(alert->limit_value) ? alert->value : fabsf(alert->value - alert->limit_value);
  const float come = isnan(condition->limit_value) ? condition->value : fabsf(condition->value - condition->limit_value);
  return come > known;
}

static void note_reading(struct alert *alert, const struct condition *condition)
{
  if (alert->worst_at_us == 0 || is_worse(alert, condition)) {
    alert->value = condition->value;
    alert->limit_value = condition->limit_value;
    alert->worst_at_us = condition->seen_at_us;
    alert->longitude_deg = condition->longitude_deg;
    alert->latitude_deg = condition->latitude_deg;
    alert->is_changed = true;
  }
  if (alert->ended_at_us != condition->ended_at_us) {
    alert->ended_at_us = condition->ended_at_us;
    alert->is_changed = true;
  }
}

static bool is_too_old(const struct alert_machine *machine, const struct condition *condition)
{
  const int64_t newest_us = condition->ended_at_us != 0 ? condition->ended_at_us : condition->seen_at_us;
  return machine->now_us - newest_us > machine->rules->max_age_us;
}

/* ---- transitions ---- */

static void drop(struct alert *alert)
{
  alert->is_changed = alert->state != ALERT_STATE_NONE;
  alert->state = ALERT_STATE_NONE;
  alert->next_due_at_us = 0;
}

static void fire(struct alert_machine *machine, struct alert *alert, const struct condition *condition,
                 enum alert_change change)
{
  const int64_t behind_us = machine->now_us - condition->fires_at_us;
  /* A condition that has held for long comes late only when its newest breadcrumb does. */
  const int64_t newest_us = condition->seen_at_us > condition->fires_at_us ? condition->seen_at_us : condition->fires_at_us;
  alert->late_s = machine->now_us - newest_us > LATE_US ? behind_us / US_PER_SECOND : 0;
  alert->state = ALERT_STATE_FIRING;
  alert->fired_at_us = machine->now_us;
  alert->cleared_at_us = 0;
  alert->is_withdrawn = false;
  alert_tell_beginning(machine, alert, change);
}

static void clear(struct alert_machine *machine, struct alert *alert, bool is_withdrawn)
{
  alert->state = ALERT_STATE_CLEARED;
  alert->cleared_at_us = machine->now_us;
  alert->is_withdrawn = is_withdrawn;
  alert_tell_end(machine, alert, is_withdrawn ? ALERT_WITHDRAWN : ALERT_CLEARED);
}

static void go_on_unfired(struct alert_machine *machine, struct alert *alert, const struct condition *condition)
{
  const bool has_ended = condition->ended_at_us != 0;
  if (is_too_old(machine, condition) || (condition->fires_at_us == 0 && has_ended)) {
    drop(alert);
  } else if (condition->fires_at_us == 0) {
    alert->is_changed |= alert->state == ALERT_STATE_NONE;
    alert->state = ALERT_STATE_PENDING;
  } else {
    fire(machine, alert, condition, ALERT_FIRED);
    if (has_ended) {
      clear(machine, alert, false);
    }
  }
}

static void go_on_cleared(struct alert_machine *machine, struct alert *alert, const struct condition *condition)
{
  if (condition->ended_at_us == 0 && condition->fires_at_us != 0 && !is_too_old(machine, condition)) {
    alert->acknowledged_at_us = 0;
    alert->acknowledged_by = TEXT("");
    fire(machine, alert, condition, ALERT_REOPENED);
  }
}

static void go_on(struct alert_machine *machine, struct alert *alert, const struct condition *condition)
{
  note_reading(alert, condition);
  switch (alert->state) {
  case ALERT_STATE_NONE:
  case ALERT_STATE_PENDING:
    go_on_unfired(machine, alert, condition);
    break;
  case ALERT_STATE_FIRING:
  case ALERT_STATE_ACKNOWLEDGED:
    if (condition->ended_at_us != 0) {
      clear(machine, alert, false);
    }
    break;
  case ALERT_STATE_CLEARED:
    go_on_cleared(machine, alert, condition);
    break;
  }
}

static void take_back(struct alert_machine *machine, struct alert *alert)
{
  if (alert->state == ALERT_STATE_PENDING) {
    drop(alert);
  } else if (alert_is_open(alert)) {
    alert->ended_at_us = alert->began_at_us;
    clear(machine, alert, true);
  } else if (!alert->is_withdrawn) {
    alert->is_withdrawn = true;
    alert_note_change(machine, alert, ALERT_WITHDRAWN, TEXT(""), TEXT(""));
  }
}

/* A condition whose beginning has moved is another one to the analysis, and the same alert to people. */
static struct alert *adopt(struct alert *open, const struct condition *condition)
{
  const bool was_over = condition->ended_at_us != 0 && condition->ended_at_us <= open->began_at_us;
  if (was_over) {
    return NULL;
  }
  open->condition_began_at_us = condition->began_at_us;
  open->began_at_us = condition->began_at_us;
  open->is_changed = true;
  return open;
}

void alert_machine_take(struct alert_machine *machine, struct alert_file *file, const struct alert_reading *reading)
{
  const struct condition *condition = &reading->condition;
  struct alert *alert = find_by_condition(file, condition->began_at_us);
  if (condition->ended_at_us != 0 && condition->ended_at_us <= condition->began_at_us) {
    if (alert != NULL) {
      take_back(machine, alert);
    }
    return;
  }
  if (alert == NULL) {
    struct alert *open = find_open(file);
    alert = open != NULL ? adopt(open, condition) : NULL;
  }
  if (alert == NULL) {
    alert = new_alert(machine, file, reading);
  }
  go_on(machine, alert, condition);
}

void alert_machine_look(struct alert_machine *machine, struct alert *alert)
{
  alert_tell_due(machine, alert);
}

/* ---- commands ---- */

static struct error acknowledge(struct alert_machine *machine, struct alert *alert, const struct alert_command *command)
{
  if (alert->acknowledged_at_us != 0) {
    return error_none();
  }
  if (alert->state != ALERT_STATE_FIRING) {
    return error_make(ERROR_CONFLICT, "only an alert that fires can be acknowledged; this one is %s",
                      alert_state_word(alert->state));
  }
  alert->state = ALERT_STATE_ACKNOWLEDGED;
  alert->acknowledged_at_us = machine->now_us;
  alert->acknowledged_by = command->by;
  alert_tell_acknowledged(machine, alert, command->by, command->note);
  return error_none();
}

static void mute(struct alert_machine *machine, struct alert *alert, const struct alert_command *command)
{
  const bool is_on = command->until_us > machine->now_us;
  const int64_t until_us = is_on ? command->until_us : 0;
  if (alert->muted_until_us == until_us) {
    return;
  }
  alert->muted_until_us = until_us;
  alert_note_change(machine, alert, is_on ? ALERT_MUTED : ALERT_UNMUTED, command->by, command->note);
  alert_tell_due(machine, alert);
}

struct error alert_machine_command(struct alert_machine *machine, struct alert *alert, const struct alert_command *command)
{
  switch (command->kind) {
  case ALERT_COMMAND_ACKNOWLEDGE:
    return acknowledge(machine, alert, command);
  case ALERT_COMMAND_ASSIGN:
    if (!text_equal(alert->assigned_to, command->assignee)) {
      alert->assigned_to = command->assignee;
      alert_note_change(machine, alert, ALERT_ASSIGNED, command->by, command->note);
    }
    return error_none();
  case ALERT_COMMAND_NOTE:
    alert_note_change(machine, alert, ALERT_NOTED, command->by, command->note);
    return error_none();
  case ALERT_COMMAND_MUTE:
    if (alert->state == ALERT_STATE_CLEARED) {
      return error_make(ERROR_CONFLICT, "the alert has cleared: there is nothing left to mute");
    }
    mute(machine, alert, command);
    return error_none();
  }
  return error_none();
}
