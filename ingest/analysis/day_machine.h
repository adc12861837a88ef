/* Sums of one vehicle's local days, by driver: what rates and shares of reports are counted against. A fold over its sorted
 * breadcrumbs, one an instant.
 *
 * The rules are in deploy/definitions.md, "Daily sums", word for word. Sums are kept in whole millimetres and microseconds, and
 * a shared step loses none of them: the order of adding does not matter. A day's rows are appended at the first breadcrumb of a
 * later day, and shown before.
 *
 * Owns the sums of the day under way, one a driver. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_DAY_MACHINE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_DAY_MACHINE_H

#include "ingest/analysis/fix.h"
#include "ingest/analysis/row_set.h"
#include "server/base/text.h"

struct drive_day_row {
  int32_t day;       /* local, since 1970-01-01 */
  int64_t driver_id; /* 0: unknown */
  double distance_m;
  double known_limit_m;
  double over_limit_m;
  double observed_s;
  double moving_s;
  double known_limit_s;
  double over_limit_s;
  int32_t samples;
  float max_speed_kmh; /* NaN: no speed known */
};

struct day_machine {
  struct day_state *state; /* NULL before the first breadcrumb */
};

void day_machine_init(struct day_machine *machine);
void day_machine_free(struct day_machine *machine); /* leaves it as after init */
/* Makes `machine` (initialised) the same as `from`. */
void day_machine_copy(struct day_machine *machine, const struct day_machine *from);

/* `days`: a row set of struct drive_day_row. */
void day_machine_step(struct day_machine *machine, const struct fix *fix, const struct place *place, struct row_set *days);
void day_machine_show(const struct day_machine *machine, struct row_set *days);
void day_machine_save(const struct day_machine *machine, struct buffer *out);
/* Takes its part from the front of `in`; false when that is damaged, and the machine is then as after init. */
bool day_machine_load(struct day_machine *machine, struct text *in);

#endif
