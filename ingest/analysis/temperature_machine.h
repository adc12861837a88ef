/* One temperature rule over one vehicle's breadcrumbs: excursions, and what holds now (definitions.md, "Temperature").
 *
 * A fold over sorted breadcrumbs, one machine for the rule that holds for the vehicle; a rule that changes means a new machine
 * and all breadcrumbs again. Plain values without pointers: copying the struct is a clone. No clock; every duration is that of
 * recorded times.
 *
 * A reading is a breadcrumb with a temperature; of several recorded at the same time the first (lowest version) counts. Where a
 * position is flagged, its reading counts all the same: a load that got warm did so wherever the GPS thought it was. Only a
 * reading from the future does not, since when it was taken is not known.
 *
 * Excursion: from the first to the last reading beyond the limit. Before it has fired, a reading within the limit ends it;
 * afterwards it goes on until all readings of clear_for_us are within the limit by hysteresis_c. It fires when it has lasted
 * for_us; time in which pause_field says that the vehicle is defrosting or its door is open is not counted for that (first tier
 * only), up to pause_max_us for one pause and for one excursion.
 * Degree-minutes: what the straight line between neighbouring readings has over the limit; of neighbours more than silent_us
 * apart, as though they were silent_us apart.
 * Warming: one reading a minute (the first of each whole minute, none from within a pause) of the last 20 minutes, at least 5;
 * the Theil-Sen line through them reaches the limit within warming_us. It ends when a reading is beyond the limit, or the line
 * no longer reaches it within 1.5 times warming_us. With the end of a first tier's excursion the trend starts anew.
 *
 * Silent sensor: breadcrumbs without a temperature for silent_us, from the first of them on. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_TEMPERATURE_MACHINE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_TEMPERATURE_MACHINE_H

#include "ingest/analysis/condition.h"
#include "ingest/analysis/fix.h"
#include "ingest/analysis/row_set.h"
#include "ingest/analysis/temperature_trend.h"
#include "server/base/text.h"

struct temperature_rule {
  int64_t rule_id;
  float lowest_c; /* NaN: none; not both */
  float highest_c;
  float urgent_lowest_c; /* NaN: none */
  float urgent_highest_c;
  float hysteresis_c;
  int64_t for_us;
  int64_t clear_for_us;
  int64_t pause_max_us;
  int64_t warming_us; /* 0: no warning */
  int64_t silent_us;
  bool expects_sensor; /* the rule is the vehicle's own or its kind's: a sensor that has never reported is silent too */
};

/* The numbers stand in the database. */
enum temperature_tier { TIER_NORMAL = 1, TIER_URGENT = 2 };
enum temperature_side { SIDE_NONE = 0, SIDE_COLD = 1, SIDE_WARM = 2 };

/* A row of `excursion`. */
struct excursion {
  int64_t rule_id;
  enum temperature_tier tier;
  enum temperature_side side;
  int64_t started_at_us;
  int64_t ended_at_us;
  float limit_c;
  float extreme_c;
  int64_t extreme_at_us;
  double degree_minutes;
  double over_s; /* how long that line was over the limit */
  double paused_s;
  int32_t samples;     /* readings beyond the limit */
  int64_t fired_at_us; /* 0: it did not last long enough */
  bool is_open;        /* the newest readings do not say that it is over */
};

struct excursion_state {
  enum temperature_side side; /* SIDE_NONE: there is none */
  int64_t started_at_us;
  int64_t ended_at_us;
  int64_t fired_at_us;       /* 0: not yet */
  int64_t clearing_since_us; /* first reading of those within the limit by the hysteresis; 0: the last one was not */
  float extreme_c;
  int64_t extreme_at_us;
  double degree_us; /* degrees times microseconds */
  double over_us;
  int64_t paused_us;
  int32_t samples;
};

struct temperature_machine {
  int64_t seen_at_us;   /* the newest breadcrumb; 0: none yet */
  double longitude_deg; /* of the newest unflagged one; NaN: none yet */
  double latitude_deg;
  struct temperature_reading last; /* 0: none yet */
  int64_t paused_since_us;         /* 0: no pause */
  int64_t paused_us;               /* since the last reading */
  struct excursion_state normal;
  struct excursion_state urgent;
  struct temperature_reading trend[TREND_READINGS_MAX]; /* oldest first */
  int32_t trend_count;
  enum temperature_side warming_side; /* SIDE_NONE: not warming (or cooling) towards a limit */
  int64_t warming_since_us;
  float warming_minutes;
  int64_t silent_since_us; /* first breadcrumb without a temperature after one with it; 0: none */
  int64_t silent_fired_at_us;
};

void temperature_machine_init(struct temperature_machine *machine);
/* Appends the excursions (struct excursion) and conditions (struct condition) that this breadcrumb ended. */
void temperature_machine_step(struct temperature_machine *machine, const struct temperature_rule *rule, const struct fix *fix,
                              struct row_set *excursions, struct row_set *conditions);
/* Appends what goes on at the newest breadcrumb. */
void temperature_machine_show(const struct temperature_machine *machine, const struct temperature_rule *rule,
                              struct row_set *excursions, struct row_set *conditions);

void temperature_machine_save(const struct temperature_machine *machine, struct buffer *out);
/* False when the bytes are no saved state; the machine is then unusable. */
bool temperature_machine_load(struct temperature_machine *machine, struct text *in);

/* fix.is_paused from the rule's pause_field, a member of what the vehicle reported (the text of breadcrumb.extra ->> field;
 * without data: it is not there): yes for true, on, open, yes, active, defrost and numbers but 0; no for false, off, closed,
 * no, inactive and 0; -1 for all else. */
int8_t temperature_pause_read(struct text value);

#endif
