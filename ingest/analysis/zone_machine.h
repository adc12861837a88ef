/* One vehicle's visits to zones (definitions.md, "Zone"): a fold over its sorted breadcrumbs, one an instant, and the zones
 * that hold each.
 *
 * A visit goes from the first to the last breadcrumb inside. It ends when two breadcrumbs, one after the other, are outside and
 * at least 60 s have passed since the last inside; a vehicle that comes back before was never away, so that a position that
 * wavers about the border makes one visit. Flagged breadcrumbs are passed over; a gap ends nothing: a vehicle that slept where
 * it was seen before and after was there. CONDITION_ZONE_INSIDE begins with the visit, counts from the second breadcrumb inside
 * on, and ends with the first outside. CONDITION_ZONE_DWELL, of zones that have dwell_s, counts from the first breadcrumb
 * inside that is so long after the entry.
 *
 * Owns memory. Thread: one at a time; no clock, no database. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ZONE_MACHINE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ZONE_MACHINE_H

#include "ingest/analysis/condition.h"
#include "ingest/analysis/fix.h"
#include "ingest/analysis/row_set.h"
#include "server/base/text.h"

/* What holds of a zone beyond its outline. */
struct zone_rule {
  int64_t geofence_id;
  int64_t dwell_us; /* 0: none is asked for */
};

/* Ascending by geofence_id; those without a dwell may be left out. Borrowed. */
struct zone_rules {
  const struct zone_rule *zones;
  size_t count;
};

/* A row of `zone_visit`. */
struct zone_visit {
  int64_t geofence_id;
  int64_t entered_at_us;
  int64_t exited_at_us;
  int32_t samples; /* breadcrumbs inside */
  bool is_open;
};

struct zone_visit_state {
  struct zone_visit visit;
  int64_t confirmed_at_us; /* the second breadcrumb inside; 0: not yet */
  int64_t dwelt_at_us;     /* 0: not yet */
  int64_t outside_at_us;   /* the first breadcrumb outside after the last inside; 0: inside */
};

struct zone_machine {
  struct zone_visit_state *visits; /* that go on, ascending by zone */
  size_t count;
  size_t capacity;
  int64_t seen_at_us; /* the newest unflagged breadcrumb; 0: none yet */
  double longitude_deg;
  double latitude_deg;
};

void zone_machine_init(struct zone_machine *machine);
void zone_machine_free(struct zone_machine *machine); /* leaves it as after init */
/* Makes `copy` (initialised) the same as `from`. */
void zone_machine_copy(struct zone_machine *copy, const struct zone_machine *from);

/* Appends the visits (struct zone_visit) and conditions (struct condition) that this breadcrumb ended. */
void zone_machine_step(struct zone_machine *machine, const struct zone_rules *rules, const struct fix *fix,
                       const struct place *place, struct row_set *visits, struct row_set *conditions);
/* Appends what goes on at the newest breadcrumb. */
void zone_machine_show(const struct zone_machine *machine, const struct zone_rules *rules, struct row_set *visits,
                       struct row_set *conditions);

void zone_machine_save(const struct zone_machine *machine, struct buffer *out);
/* `machine` is initialised; false when `in` is damaged. */
bool zone_machine_load(struct zone_machine *machine, struct text *in);

#endif
