/* The fleet's settings of speeding reports, from JSON and back. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_SPEEDING_SETTINGS_FORM_H
#define CRUMBTRAIL_API_SPEEDING_SETTINGS_FORM_H

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/json/writer.h"

enum { SPEEDING_LIMITS_OF_BANDS = 3 };

struct speeding_settings {
  double tolerance_kmh;
  double min_duration_s;
  int64_t min_samples;
  double bands_kmh[SPEEDING_LIMITS_OF_BANDS]; /* ascending: where minor, moderate and severe end */
};

/* All four members must be there, and no other. */
struct error speeding_settings_read(struct arena *arena, struct text json, struct speeding_settings *settings) ERROR_MUST_CHECK;
void speeding_settings_write(struct json_writer *json, const struct speeding_settings *settings);

#endif
