/* Trips and stops of one vehicle: a fold over its sorted breadcrumbs, one an instant.
 *
 * The rules are in deploy/definitions.md, "Trips and stops", word for word. A stop is dated back to where it began and ended,
 * so the machine keeps the breadcrumbs of the last minutes (those that may yet begin a stop), and a stop's row until it is sure
 * that the drive after it is a trip.
 *
 * Owns that memory. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_TRIP_MACHINE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_TRIP_MACHINE_H

#include "ingest/analysis/fix.h"
#include "ingest/analysis/row_set.h"
#include "server/base/text.h"

/* The numbers stand in the database (trip.end_reason). */
enum trip_end { TRIP_OPEN = 0, TRIP_END_STOP = 1, TRIP_END_IGNITION = 2, TRIP_END_GAP = 3 };

struct trip_row {
  int64_t started_at_us;
  int64_t ended_at_us;
  int64_t driver_id; /* 0: unknown */
  double distance_m;
  double moving_s;
  float max_speed_kmh; /* NaN: no speed known */
  int32_t samples;
  double started_longitude_deg;
  double started_latitude_deg;
  double ended_longitude_deg;
  double ended_latitude_deg;
  enum trip_end end_reason;
  bool is_open;
};

struct stop_row {
  int64_t started_at_us;
  int64_t ended_at_us;
  double idling_s;
  int32_t samples;
  double longitude_deg;
  double latitude_deg;
  bool is_open;
};

struct trip_machine {
  struct trip_state *state; /* NULL before the first breadcrumb */
};

void trip_machine_init(struct trip_machine *machine);
void trip_machine_free(struct trip_machine *machine); /* leaves it as after init */
/* Makes `machine` (initialised) the same as `from`. */
void trip_machine_copy(struct trip_machine *machine, const struct trip_machine *from);

/* `trips`, `stops`: row sets of struct trip_row and struct stop_row. */
void trip_machine_step(struct trip_machine *machine, const struct fix *fix, const struct place *place, struct row_set *trips,
                       struct row_set *stops);
void trip_machine_show(const struct trip_machine *machine, struct row_set *trips, struct row_set *stops);
void trip_machine_save(const struct trip_machine *machine, struct buffer *out);
/* Takes its part from the front of `in`; false when that is damaged, and the machine is then as after init. */
bool trip_machine_load(struct trip_machine *machine, struct text *in);

#endif
