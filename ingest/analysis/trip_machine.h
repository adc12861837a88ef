/* Trips and stops of one vehicle (definitions.md, "Trip and stop"): a fold over its sorted breadcrumbs, one an instant.
 *
 * The exact rules. Flagged breadcrumbs are passed over as if they were not there. A breadcrumb *stands* when its speed is under
 * 5 km/h; without a speed, the mean speed of the step to it decides (the first one stands).
 *  - A stop begins when some breadcrumb and all after it, for at least 180 s, lie within 200 m of it; the oldest such counts.
 *    The stop is dated back: it begins at the first standing breadcrumb from there on that all later ones lie within 200 m of;
 *    if there is none, at that oldest one. That is its place. A gap does not matter to this rule: a vehicle that slept where it
 *    was seen before and after is at one stop.
 *  - A stop also begins, at once, at the first standing breadcrumb whose ignition is off after it was on (unknown: as before).
 *    Ignition that goes off at speed waits until the vehicle stands; a vehicle whose ignition is always off stops by place
 * alone.
 *  - A stop ends when a breadcrumb lies more than 200 m from its place. It is dated back to the last standing breadcrumb within
 *    200 m, if there was one after the stop's first, else to the last one within; there the trip begins.
 *  - More than an hour between two breadcrumbs ends a trip at the earlier one, unless the first rule makes a stop of it; a stop
 *    ends there if the later one lies more than 200 m from its place. What comes after begins anew.
 *  - A drive in which nothing moves (all its breadcrumbs stand) and that comes back to within 200 m of the place of the stop
 * before it is noise of the receiver: the stop goes on, and its time with it.
 *  - A drive of less than 200 m is no trip: its time belongs to the stop before it, if there is one (not across such a gap).
 *  - Distance: steps between breadcrumbs, in whole millimetres; a step under 10 m with speed 0 at both ends is left out. Half
 * of a step's time goes with each end: moving when that end does not stand, idling when it stands with ignition on.
 *  - A trip's driver is the one at its second breadcrumb: who gets in does so after the last breadcrumb of the stop.
 * What is under way at the end of the data is shown with is_open.
 *
 * Owns the breadcrumbs of the last minutes (those that may yet begin a stop). Thread: one at a time. */
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
