/* What goes wrong in a simulated fleet, as it truly happens whatever is reported of it: a CSV file to hold reports against.
 *
 * One line each: a stretch over a road's limit, or a load more than 5 degrees warmer than its set point; with its beginning,
 * its end and its worst. Owns the file. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_PLANTED_H
#define CRUMBTRAIL_INGEST_GENERATOR_PLANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"

struct planted;

/* ERROR_SETUP when the file cannot be written. */
struct error planted_open(const char *path, int vehicles, struct planted **planted) ERROR_MUST_CHECK;
/* Writes what goes on, and closes; ERROR_SETUP when something was not written. Accepts NULL. */
struct error planted_close(struct planted *planted) ERROR_MUST_CHECK;

/* How a vehicle drives, and where: at least at every change of the limit. `name` is borrowed until planted_close. */
struct planted_drive {
  const char *name;
  int64_t time_us;
  double speed_mps;
  double limit_mps;
  bool limit_is_posted; /* else it is what is usual for such a street */
};
void planted_note_drive(struct planted *planted, int vehicle, const struct planted_drive *drive);
void planted_note_load(struct planted *planted, int vehicle, const char *name, int64_t time_us, double air_c,
                       double set_point_c);

#endif
