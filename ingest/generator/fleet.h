/* The simulated vehicles: where each is at a simulated time, and what it would report.
 *
 * They do delivery work: out to a stop, ignition off for one to six minutes, on to the next, back to the depot now and then;
 * they keep to the limits (speeders at times do not), brake for bends and red lights, and idle there. Reefers carry a load at a
 * temperature. Everything follows from the seed. Owns the vehicles and their routes. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_FLEET_H
#define CRUMBTRAIL_INGEST_GENERATOR_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/generator/planted.h"
#include "ingest/generator/street_map.h"

struct fleet;

struct fleet_settings {
  uint64_t seed;
  int vehicles;
  int reefers;  /* the first so many of a shuffled order have a temperature */
  int speeders; /* and so many drive too fast at times */
  int64_t start_us;
  struct planted *planted; /* is told what they do wrong; NULL: nobody is */
};

/* The map must live as long as the fleet. */
struct fleet *fleet_new(struct fleet_settings settings, struct street_map map);
void fleet_free(struct fleet *fleet); /* accepts NULL */

int fleet_count(const struct fleet *fleet);
const char *fleet_name(const struct fleet *fleet, int vehicle); /* "iotfleet_thc_121" */

/* What a vehicle senses. */
struct sensed {
  int64_t time_us;
  double latitude_deg;
  double longitude_deg;
  double speed_mps;
  double heading_deg;
  double temperature_c; /* NaN: no sensor */
  bool ignition;
  struct buffer *address; /* appended to; empty when unknown */
};

/* Drives the vehicle on to that time (never back) and reads its sensors. `address` may be NULL. */
struct sensed fleet_sense(struct fleet *fleet, int vehicle, int64_t time_us, struct buffer *address);

#endif
