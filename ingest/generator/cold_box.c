#include "ingest/generator/cold_box.h"

#include <math.h>

#include "server/base/clock.h"

static const double OUTSIDE_C = 21;
static const double SWING_C = 1.2;
static const double COOLING_C_PER_S = 0.012;
static const double LEAK_PER_S = 0.00011; /* of the difference to the outside */
static const double LEAK_DOOR_OPEN_PER_S = 0.00045;
static const double SENSOR_NOISE_C = 0.12;
static const double STEP_S = 30;

static void plan_failure(struct cold_box *box, struct random *random, double soonest_s, double latest_s)
{
  box->fails_at_us = box->time_us + (int64_t)(random_between(random, soonest_s, latest_s) * 1e6);
  box->works_again_at_us = box->fails_at_us + (int64_t)(random_between(random, 900, 2400) * 1e6);
}

struct cold_box cold_box_new(struct random *random, int64_t time_us)
{
  struct cold_box box = {.set_point_c = random_chance(random, 0.5) ? -18 : 3, .time_us = time_us};
  box.air_c = box.set_point_c + random_between(random, -SWING_C, SWING_C);
  box.cooling = random_chance(random, 0.5);
  plan_failure(&box, random, 300, 3 * 3600);
  return box;
}

static void step(struct cold_box *box, double step_s, bool door_open)
{
  bool failed = box->time_us >= box->fails_at_us;
  double leak_per_s = door_open ? LEAK_DOOR_OPEN_PER_S : LEAK_PER_S;
  box->air_c += (OUTSIDE_C - box->air_c) * (1 - exp(-leak_per_s * step_s));
  if (box->cooling && !failed) {
    box->air_c -= COOLING_C_PER_S * step_s;
  }
  if (box->air_c > box->set_point_c + SWING_C) {
    box->cooling = true;
  }
  if (box->air_c < box->set_point_c - SWING_C) {
    box->cooling = false;
  }
}

double cold_box_read(struct cold_box *box, struct random *random, int64_t time_us, bool door_open)
{
  while (box->time_us < time_us) {
    double step_s = fmin(STEP_S, (double)(time_us - box->time_us) / 1e6);
    step(box, step_s, door_open);
    box->time_us += (int64_t)(step_s * 1e6) + 1;
    if (box->time_us >= box->works_again_at_us) {
      plan_failure(box, random, 3600, 5 * 3600);
    }
  }
  return box->air_c + random_noise(random, SENSOR_NOISE_C);
}
