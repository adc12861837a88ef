/* The depot's local time of day, from the offsets of its time zone around now, and quiet hours by it.
 *
 * The offsets come from the database (read_depot_offsets.sql), which knows the zones. Borrowed arrays. Thread: any; pure. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_DEPOT_CLOCK_H
#define CRUMBTRAIL_INGEST_ALERTS_DEPOT_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"

/* offset_s[i] (east of Greenwich is positive) holds from from_us[i] on, ascending; the first also before. None: UTC. */
struct depot_clock {
  const int64_t *from_us;
  const int64_t *offset_s;
  size_t count;
};

/* Minutes of the local day. from > to: over midnight. from == to: the whole day. */
struct quiet_hours {
  int from_min;
  int to_min;
};

int64_t depot_clock_local_us(const struct depot_clock *clock, int64_t time_us);
bool quiet_hours_hold(struct quiet_hours quiet, const struct depot_clock *clock, int64_t time_us);
/* The first moment from `time_us` on that is not quiet; a week later when there is none. */
int64_t quiet_hours_end(struct quiet_hours quiet, const struct depot_clock *clock, int64_t time_us);

/* "22:00"; "24:00" is the day's end. */
bool quiet_hours_parse(struct text text, int *minutes);

#endif
