/* What a trip machine remembers from one breadcrumb to the next, and how that goes into a checkpoint. Seen by trip_machine.c
 * and trip_state.c alone; thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_TRIP_STATE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_TRIP_STATE_H

#include "ingest/analysis/trip_machine.h"

/* A breadcrumb, with what has come together since the one that the state counts from: the first of the drive, or of the stop.
 */
struct trip_point {
  struct fix fix;
  int64_t driver_id;
  bool stands;
  int64_t distance_mm;
  int64_t moving_us;
  int64_t idling_us;
  int32_t samples;
  float max_speed_kmh;
};

enum trip_phase { PHASE_DRIVING = 0, PHASE_STOPPED = 1 };

struct trip_state {
  enum trip_phase phase;
  struct trip_point base; /* the first of the drive, or of the stop; its sums are those of one breadcrumb */
  struct trip_point last; /* the newest breadcrumb that is not flagged */
  int8_t ignition;        /* the last that was known, as in struct fix */
  bool has_driver;        /* the drive has a second breadcrumb */
  int64_t driver_id;      /* of that */

  /* Driving: the breadcrumbs that may yet begin a stop. All after window[0] lie within 200 m of it. */
  bool ignition_went_off;
  bool has_departed;
  struct trip_point departed;     /* where the stop before this drive began */
  struct trip_point departed_end; /* and ended, as this drive's base, but with the stop's sums */
  struct trip_point *window;
  size_t window_count;
  size_t window_capacity;

  /* Stopped: where the next drive begins if the vehicle does not come to stand within the stop again. */
  struct trip_point departure;
  bool departure_stands;
};

struct trip_state *trip_state_new(void);
/* Room for `count` breadcrumbs in the window. */
void trip_state_reserve(struct trip_state *state, size_t count);

#endif
