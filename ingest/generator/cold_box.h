/* The cold box of a refrigerated vehicle: a thermostat that swings around its set point, warms with the door open, and at
 * times fails for a while, so that the load gets warm. A plain value. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_COLD_BOX_H
#define CRUMBTRAIL_INGEST_GENERATOR_COLD_BOX_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/generator/random.h"

struct cold_box {
  double set_point_c;
  double air_c;
  bool cooling;
  int64_t time_us;
  int64_t fails_at_us;
  int64_t works_again_at_us;
};

struct cold_box cold_box_new(struct random *random, int64_t time_us);
/* On to that time; returns what the sensor reads. */
double cold_box_read(struct cold_box *box, struct random *random, int64_t time_us, bool door_open);

#endif
