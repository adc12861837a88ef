/* The machines of the analysis as one: each step of a vehicle goes to all of them.
 *
 * What they promise holds for the set: pure, exact, owning memory. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_MACHINE_SET_H
#define CRUMBTRAIL_INGEST_ANALYSIS_MACHINE_SET_H

#include "ingest/analysis/day_machine.h"
#include "ingest/analysis/fold_rows.h"
#include "ingest/analysis/speeding_machine.h"
#include "ingest/analysis/temperature_machine.h"
#include "ingest/analysis/trip_machine.h"
#include "ingest/analysis/zone_machine.h"

/* What the machines go by. Borrowed. */
struct machine_rules {
  struct speeding_rules speeding;
  struct zone_rules zones;
  const struct temperature_rule *temperature; /* NULL: none holds for the vehicle */
};

struct machine_set {
  struct trip_machine trips;
  struct speeding_machine speeding;
  struct day_machine days;
  struct zone_machine zones;
  struct temperature_machine temperature;
  int64_t temperature_rule_id; /* the rule that it is about; 0: none */
};

void machine_set_init(struct machine_set *machines);
void machine_set_free(struct machine_set *machines); /* leaves it as after init */
/* Makes `copy` (initialised) the same as `from`. */
void machine_set_copy(struct machine_set *copy, const struct machine_set *from);

/* Every breadcrumb that goes in, as it comes: for what depends on no place. */
void machine_set_sense(struct machine_set *machines, const struct machine_rules *rules, const struct fix *fix,
                       struct fold_rows *rows);
/* One breadcrumb an instant, when its place is known. */
void machine_set_step(struct machine_set *machines, const struct machine_rules *rules, const struct fix *fix,
                      const struct place *place, struct fold_rows *rows);
void machine_set_show(const struct machine_set *machines, const struct machine_rules *rules, struct fold_rows *rows);

void machine_set_save(const struct machine_set *machines, struct buffer *out);
/* `machines` is initialised; false when `in` is damaged. */
bool machine_set_load(struct machine_set *machines, struct text *in);

#endif
