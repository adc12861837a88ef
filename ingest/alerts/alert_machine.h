/* The one state machine of all alerts (definitions.md, "Alert"): pending -> firing -> acknowledged -> cleared.
 *
 *   conditions, commands and the time in; changes of state, entries of timelines and messages out
 *
 * No clock and no database: the time is told, what is known is handed in, what comes out is stored by the caller in one
 * transaction, so that whatever is done twice is done once. An alert says once that it fires and once that it clears, to each
 * channel; repeats only while it fires and nobody has acknowledged. What a mute or quiet hours held back is told when they are
 * over, if it still fires then. A channel that was told of the beginning is told of the end, also when it is muted meanwhile;
 * in quiet hours when they are over. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_MACHINE_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_MACHINE_H

#include "ingest/alerts/alert_policy.h"
#include "ingest/analysis/row_set.h"

/* Alerts of this vehicle (0: all) and kind (0: all) are not told until then. */
struct alert_mute {
  int64_t vehicle_id;
  int kind;
  int64_t until_us;
};

struct alert_rules {
  const struct alert_policy *policies; /* ascending by name */
  size_t policy_count;
  const struct text *channels; /* that exist and are enabled */
  size_t channel_count;
  const struct alert_mute *mutes;
  size_t mute_count;
  struct depot_clock clock;
  int64_t max_age_us; /* what ended, or was last seen, longer ago raises no alert */
};

/* A condition as it now is, with what the alert tells of it. */
struct alert_reading {
  struct condition condition; /* ended_at_us <= began_at_us (and not 0): taken back, it never held */
  int64_t vehicle_id;
  struct text vehicle;
  struct text fleet;
  struct text subject;
  bool says_beginning;
  bool says_end;
};

/* What is known of one vehicle, kind and subject: its open alert and those of the conditions that come. Grows in the machine's
 * arena. */
struct alert_file {
  struct alert **items;
  size_t count;
  size_t capacity;
};

/* One change of an alert, and the alert as it was then. */
struct alert_event {
  struct alert *alert; /* alert_id may be given only when it is stored */
  struct alert then;
  enum alert_change change;
  int32_t sequence;
  int64_t at_us;
  struct text by;
  struct text note;
};

/* A row of the outbox. */
struct alert_message {
  struct alert *alert;
  int32_t sequence;
  struct text channel;
  int64_t not_before_us;
};

struct alert_machine {
  const struct alert_rules *rules;
  struct arena *arena;
  int64_t now_us;
  struct row_set events;   /* struct alert_event, in order */
  struct row_set messages; /* struct alert_message */
};

enum alert_command_kind { ALERT_COMMAND_ACKNOWLEDGE, ALERT_COMMAND_ASSIGN, ALERT_COMMAND_NOTE, ALERT_COMMAND_MUTE };
struct alert_command {
  enum alert_command_kind kind;
  struct text by;       /* empty: not said */
  struct text note;     /* empty: none */
  struct text assignee; /* ASSIGN; empty: nobody any more */
  int64_t until_us;     /* MUTE; not after now: no longer */
};

struct alert_machine alert_machine_make(struct arena *arena, const struct alert_rules *rules, int64_t now_us);

void alert_file_add(struct alert_file *file, struct arena *arena, struct alert *alert);
/* A new or changed condition. Those of one file that changed together come in order of their beginning, the ones taken back
 * last. */
void alert_machine_take(struct alert_machine *machine, struct alert_file *file, const struct alert_reading *reading);
/* Time went by, or the rules changed. */
void alert_machine_look(struct alert_machine *machine, struct alert *alert);
/* Doing it twice changes nothing. ERROR_CONFLICT: the alert's state does not allow it. */
struct error alert_machine_command(struct alert_machine *machine, struct alert *alert,
                                   const struct alert_command *command) ERROR_MUST_CHECK;

#endif
