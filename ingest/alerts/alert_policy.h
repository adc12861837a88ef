/* Which alerts go to which channels, when again, and when not: one policy, as JSON and as the machine reads it.
 *
 *   {"kinds":["speeding"],"severities":["urgent"],"fleets":["north"],"vehicles":["truck_7"],    each absent: all
 *    "channels":["dispatch"],"repeat_every_s":600,"escalate":[{"after_s":900,"channels":["boss"]}],
 *    "quiet_hours":{"from":"22:00","to":"06:00","pass":["urgent"]},"tell_acknowledged":false,"enabled":true}
 *
 * Plain values in the arena given. Thread: any; pure. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_POLICY_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_POLICY_H

#include "ingest/alerts/alert.h"
#include "ingest/alerts/depot_clock.h"
#include "server/base/error.h"
#include "server/json/writer.h"

enum { ALERT_POLICY_TEXTS_MAX = 200, ALERT_POLICY_STEPS_MAX = 8, ALERT_CHANNELS_MAX = 50, ALERT_NAME_MAX = 64 };

struct alert_texts {
  const struct text *items;
  size_t count;
};

/* Those who are told once an alert has fired for so long and nobody has acknowledged; the first step at 0. */
struct alert_step {
  int64_t after_s;
  struct alert_texts channels;
};

struct alert_policy {
  struct text name;
  bool is_enabled;
  unsigned kinds;      /* bits 1 << kind; 0: all */
  unsigned severities; /* bits 1 << severity; 0: all */
  struct alert_texts fleets;
  struct alert_texts vehicles;
  struct alert_step steps[ALERT_POLICY_STEPS_MAX]; /* ascending in time */
  size_t step_count;
  int64_t repeat_every_s; /* 0: never */
  bool has_quiet_hours;
  struct quiet_hours quiet;
  unsigned pass; /* severities that are told in quiet hours too */
  bool tells_acknowledged;
};

/* ERROR_BAD_INPUT names the member. */
struct error alert_policy_read(struct arena *arena, struct text json, struct alert_policy *policy) ERROR_MUST_CHECK;
/* The same in one form, with every member. */
void alert_policy_write(struct json_writer *json, const struct alert_policy *policy);

bool alert_policy_applies(const struct alert_policy *policy, const struct alert *alert);
/* When it may be told under this policy: `now_us`, or the end of the quiet hours. */
int64_t alert_policy_may_tell_at(const struct alert_policy *policy, const struct depot_clock *clock, const struct alert *alert,
                                 int64_t now_us);
bool alert_policy_names_channel(const struct alert_policy *policy, struct text channel);

/* Names of channels and policies: 1-64 of [A-Za-z0-9:_-]. ERROR_BAD_INPUT at `field`. */
struct error alert_name_check(const char *field, struct text name) ERROR_MUST_CHECK;

#endif
