/* The days that report_memory.h holds: their rows, how big they are, and which of them changed. Owns the rows. Thread: one at a
 * time. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_DAYS_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_DAYS_H

#include "api/speeding/filter.h"
#include "api/speeding/id_slots.h"

struct held_episode {
  int64_t started_at_us;
  int64_t episode_id;
  double duration_s;
  uint32_t vehicle; /* slots */
  uint32_t driver;
  float max_excess_kmh;
  int32_t samples;
  uint8_t review; /* enum speeding_review */
  bool is_strict;
};

/* In mm and us, whole numbers. */
struct held_drive {
  uint32_t vehicle;
  uint32_t driver;
  double distance_mm;
  double known_limit_mm;
  double over_limit_mm;
  double observed_us;
  double moving_us;
  double over_limit_us;
};

struct held_day {
  int32_t day;    /* since 1970-01-01: of episodes the day in UTC on which they started, else the depot's day */
  int64_t change; /* analysis_day.change when it was read */
  bool is_loaded;
  size_t bytes; /* known once it was loaded with that change */
  uint64_t used;
  struct held_episode *episodes;
  size_t episode_count;
  struct held_drive *drives;
  size_t drive_count;
};

struct report_days {
  size_t bytes_max;
  size_t bytes_held;
  struct held_day *items; /* ascending */
  size_t count;
  size_t capacity;
  struct id_slots vehicles;
  struct id_slots drivers;
  uint64_t uses;
};

void report_days_free(struct report_days *days);

/* Reads again what changed of the days [first, last], in one snapshot. *is_held: whether all of them are loaded now; they are
 * not when they need more than bytes_max. */
struct error report_days_refresh(struct report_days *days, struct db_connection *connection, int32_t first, int32_t last,
                                 bool *is_held) ERROR_MUST_CHECK;
/* The first item at or after the day. */
size_t report_days_from(const struct report_days *days, int32_t day);

#endif
