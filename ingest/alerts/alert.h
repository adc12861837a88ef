/* An alert: one condition that held of a vehicle, what became of it and who was told (definitions.md, "Alert").
 *
 * Plain values; texts are borrowed from the arena of whoever loaded them. Times are microseconds of the wall clock, 0: not yet.
 * The words are those of the database, the interface and the messages. Thread: any; pure. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/analysis/condition.h"
#include "server/base/arena.h"
#include "server/base/text.h"

enum { CONDITION_KIND_FIRST = CONDITION_SPEEDING, CONDITION_KIND_LAST = CONDITION_ZONE_DWELL };

enum alert_state {
  ALERT_STATE_NONE,    /* there is no such alert yet, or it went without having been told */
  ALERT_STATE_PENDING, /* it holds, and its delay has not passed */
  ALERT_STATE_FIRING,
  ALERT_STATE_ACKNOWLEDGED,
  ALERT_STATE_CLEARED,
};

enum alert_severity { ALERT_NOTICE = 1, ALERT_WARNING = 2, ALERT_URGENT = 3 };

/* What happened to an alert: one entry of its timeline, and the word that messages carry. */
enum alert_change {
  ALERT_FIRED,
  ALERT_REOPENED,  /* it had cleared, and later data say that it goes on */
  ALERT_TOLD,      /* quiet hours or a mute are over, or the channel is new: it is told now */
  ALERT_REPEATED,  /* still firing, and nobody has acknowledged */
  ALERT_ESCALATED, /* ... for so long that others are told */
  ALERT_ACKNOWLEDGED,
  ALERT_ASSIGNED,
  ALERT_NOTED,
  ALERT_MUTED,
  ALERT_UNMUTED,
  ALERT_CLEARED,
  ALERT_WITHDRAWN, /* later data say that it never held */
  ALERT_CHANGE_COUNT
};

/* A channel that knows that the alert fires. */
struct alert_told {
  struct text channel;
  int64_t told_at_us;
};

struct alert {
  int64_t alert_id; /* 0: not stored yet */
  int64_t vehicle_id;
  struct text vehicle;
  struct text fleet; /* empty: none */
  enum condition_kind kind;
  int64_t subject_id;            /* rule or zone; 0: none */
  struct text subject;           /* its name; empty: none, or it is no more */
  int64_t condition_began_at_us; /* which condition this is */
  enum alert_state state;
  enum alert_severity severity;
  int32_t sequence; /* of its newest change */
  int64_t began_at_us;
  int64_t ended_at_us;
  int64_t fired_at_us; /* when we said so */
  int64_t acknowledged_at_us;
  struct text acknowledged_by;
  int64_t cleared_at_us; /* when we said so */
  bool is_withdrawn;
  int64_t late_s; /* the breadcrumbs came so much later than they were recorded; 0: in time */
  float value;    /* at the worst; NaN: none, as the limit */
  float limit_value;
  int64_t worst_at_us;
  double longitude_deg; /* NaN: unknown */
  double latitude_deg;
  struct text assigned_to;
  int64_t muted_until_us;
  bool says_beginning;
  bool says_end;
  int64_t next_due_at_us; /* the machine must look again then; 0: only when something happens */
  struct alert_told *told;
  size_t told_count;
  bool is_changed; /* since it was loaded */
};

const char *alert_state_word(enum alert_state state);
const char *alert_severity_word(enum alert_severity severity);
const char *alert_change_word(enum alert_change change);
const char *alert_kind_word(enum condition_kind kind);
/* False: there is no such word. */
bool alert_state_from(struct text word, enum alert_state *state);
bool alert_severity_from(struct text word, enum alert_severity *severity);
bool alert_kind_from(struct text word, enum condition_kind *kind);

enum alert_severity alert_severity_of(enum condition_kind kind);
/* Of value and, but for warming (limit_value is in °C), of limit_value: "km/h", "°C", "min"; NULL: they have none. */
const char *alert_unit_of(enum condition_kind kind);
static inline bool alert_is_open(const struct alert *alert)
{
  return alert->state == ALERT_STATE_PENDING || alert->state == ALERT_STATE_FIRING || alert->state == ALERT_STATE_ACKNOWLEDGED;
}

#endif
