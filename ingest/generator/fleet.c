#include "ingest/generator/fleet.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/generator/cold_box.h"
#include "server/base/clock.h"

static const double STEP_S = 1;
static const double BRAKING_MPS2 = 3.5;
static const double ACCELERATION_MPS2 = 1.6;
static const double EARTH_RADIUS_M = 6371008.8;
static const double PI = 3.14159265358979323846;
static const double FIX_NOISE_MOVING_M = 2.0;
static const double FIX_NOISE_STANDING_M = 0.7;
static const double SPEEDING_LIMIT_MIN_MPS = 8;

enum phase { PHASE_DRIVING, PHASE_AT_LIGHT, PHASE_DELIVERING };

struct vehicle {
  char name[40];
  struct random random;
  struct route route;
  uint64_t place; /* where the route ends */
  double along_m;
  double speed_mps;
  double habit; /* of the limit when not in a hurry */
  double haste; /* of the limit while speeding, else 0 */
  uint32_t segment;
  uint32_t next_light; /* index in the route; its count when none is left */
  enum phase phase;
  int stops_to_depot;
  bool is_speeder;
  bool is_reefer;
  int64_t time_us;
  int64_t waits_until_us;
  int64_t speeding_changes_us;
  struct cold_box box;
};

struct fleet {
  struct street_map map;
  struct planted *planted;
  struct vehicle *vehicles;
  int count;
  double metres_per_degree_longitude;
  double metres_per_degree_latitude;
};

static int64_t seconds_us(double seconds)
{
  return (int64_t)(seconds * 1e6);
}

static void find_next_light(struct vehicle *vehicle, uint32_t from)
{
  vehicle->next_light = from;
  while (vehicle->next_light < vehicle->route.count && vehicle->route.points[vehicle->next_light].wait_s == 0) {
    vehicle->next_light++;
  }
}

/* To the next delivery, or home. A place that no road leads to is dropped for another; a vehicle that finds none stays put. */
static bool plan_route(const struct fleet *fleet, struct vehicle *vehicle)
{
  const struct street_map *map = &fleet->map;
  for (int attempt = 0; attempt < 8; attempt++) {
    bool home = attempt == 0 && vehicle->stops_to_depot == 0;
    uint64_t to = home ? map->depot : map->next_place(map->context, &vehicle->random, vehicle->place);
    if (to != vehicle->place && map->plan(map->context, &vehicle->random, vehicle->place, to, &vehicle->route)) {
      vehicle->stops_to_depot =
          vehicle->stops_to_depot == 0 ? random_integer(&vehicle->random, 12, 24) : vehicle->stops_to_depot - 1;
      vehicle->place = to;
      vehicle->along_m = 0;
      vehicle->segment = 0;
      find_next_light(vehicle, 1);
      return true;
    }
  }
  return false;
}

static void begin_delivery(const struct fleet *fleet, struct vehicle *vehicle)
{
  bool at_depot = vehicle->place == fleet->map.depot;
  vehicle->phase = PHASE_DELIVERING;
  vehicle->speed_mps = 0;
  vehicle->haste = 0;
  double patience = random_unit(&vehicle->random); /* most stops are short */
  vehicle->waits_until_us = vehicle->time_us + seconds_us(at_depot ? 300 + 600 * patience : 60 + 300 * patience * patience);
}

/* Distance that can be driven before the next standstill. */
static double free_road_m(const struct vehicle *vehicle)
{
  uint32_t end = vehicle->next_light < vehicle->route.count ? vehicle->next_light : vehicle->route.count - 1;
  return (double)vehicle->route.points[end].along_m - vehicle->along_m;
}

/* A speeder waits for enough road, then holds 20 to 120 seconds well over the limit. */
static void decide_haste(struct vehicle *vehicle, double limit_mps)
{
  if (!vehicle->is_speeder || vehicle->time_us < vehicle->speeding_changes_us) {
    return;
  }
  if (vehicle->haste > 0) {
    vehicle->haste = 0;
    vehicle->speeding_changes_us = vehicle->time_us + seconds_us(random_between(&vehicle->random, 90, 420));
    return;
  }
  double longest_s = free_road_m(vehicle) / fmax(1, limit_mps * 1.35) - 8;
  if (limit_mps < SPEEDING_LIMIT_MIN_MPS || longest_s < 25) {
    return;
  }
  vehicle->haste = random_between(&vehicle->random, 1.18, 1.55);
  vehicle->speeding_changes_us =
      vehicle->time_us + seconds_us(random_between(&vehicle->random, 24, fmin(120, fmax(26, longest_s))));
}

static void note_drive(const struct fleet *fleet, const struct vehicle *vehicle, double limit_mps, uint32_t street)
{
  if (fleet->planted != NULL) {
    const struct planted_drive drive = {.name = vehicle->name,
                                        .time_us = vehicle->time_us,
                                        .speed_mps = vehicle->speed_mps,
                                        .limit_mps = limit_mps,
                                        .limit_is_posted = fleet->map.has_posted_limit(fleet->map.context, street)};
    planted_note_drive(fleet->planted, (int)(vehicle - fleet->vehicles), &drive);
  }
}

static void drive(const struct fleet *fleet, struct vehicle *vehicle, double step_s)
{
  struct route_place place = route_at(&vehicle->route, vehicle->along_m, &vehicle->segment);
  decide_haste(vehicle, place.limit_mps);
  double factor = vehicle->haste > 0 ? vehicle->haste : vehicle->habit;
  double wanted_mps = fmax(0.8, place.allowed_mps * factor);
  double change_mps = wanted_mps - vehicle->speed_mps;
  vehicle->speed_mps += fmax(-BRAKING_MPS2 * step_s, fmin(ACCELERATION_MPS2 * step_s, change_mps));
  vehicle->along_m += vehicle->speed_mps * step_s;
  vehicle->time_us += seconds_us(step_s);
  note_drive(fleet, vehicle, place.limit_mps, place.street);
  bool light = vehicle->next_light < vehicle->route.count;
  const struct route_point *stop = &vehicle->route.points[light ? vehicle->next_light : vehicle->route.count - 1];
  if (vehicle->along_m < (double)stop->along_m) {
    return;
  }
  vehicle->along_m = (double)stop->along_m;
  vehicle->speed_mps = 0;
  if (!light) {
    begin_delivery(fleet, vehicle);
    return;
  }
  vehicle->phase = PHASE_AT_LIGHT;
  vehicle->waits_until_us = vehicle->time_us + seconds_us(stop->wait_s);
  find_next_light(vehicle, vehicle->next_light + 1);
}

static void end_wait(const struct fleet *fleet, struct vehicle *vehicle)
{
  if (vehicle->phase == PHASE_DELIVERING && !plan_route(fleet, vehicle)) {
    vehicle->waits_until_us = vehicle->time_us + seconds_us(300);
    return;
  }
  vehicle->phase = PHASE_DRIVING;
}

static void advance(const struct fleet *fleet, struct vehicle *vehicle, int64_t time_us)
{
  while (vehicle->time_us < time_us) {
    if (vehicle->phase == PHASE_DRIVING) {
      drive(fleet, vehicle, fmin(STEP_S, (double)(time_us - vehicle->time_us) / 1e6));
      continue;
    }
    vehicle->time_us = vehicle->waits_until_us < time_us ? vehicle->waits_until_us : time_us;
    if (vehicle->time_us >= vehicle->waits_until_us) {
      end_wait(fleet, vehicle);
    }
  }
}

/* The working day has begun a while ago: most are somewhere along their way, some at a customer's door. */
static void place_at_start(const struct fleet *fleet, struct vehicle *vehicle, int64_t start_us)
{
  const struct street_map *map = &fleet->map;
  vehicle->time_us = start_us;
  vehicle->place = map->some_place(map->context, &vehicle->random);
  vehicle->stops_to_depot = random_integer(&vehicle->random, 1, 24);
  for (int attempt = 0; attempt < 8 && vehicle->route.count == 0; attempt++) {
    if (!plan_route(fleet, vehicle)) {
      vehicle->place = map->some_place(map->context, &vehicle->random);
    }
  }
  if (vehicle->route.count == 0) {
    route_add(&vehicle->route, 0, 0, 1, 0);
    route_add(&vehicle->route, 1, 0, 1, 0);
    route_finish(&vehicle->route);
  }
  vehicle->along_m = route_length_m(&vehicle->route) * random_unit(&vehicle->random);
  route_at(&vehicle->route, vehicle->along_m, &vehicle->segment);
  find_next_light(vehicle, vehicle->segment + 1);
  vehicle->phase = PHASE_DRIVING;
  if (random_chance(&vehicle->random, 0.25)) {
    vehicle->along_m = route_length_m(&vehicle->route);
    begin_delivery(fleet, vehicle);
  }
  vehicle->speeding_changes_us = start_us + seconds_us(random_between(&vehicle->random, 0, 200));
}

/* The letters of the fleet come from the seed, so that fleets of different seeds do not share vehicles. */
static void name_vehicle(struct vehicle *vehicle, uint64_t seed, int number)
{
  char letters[4] = "thc";
  struct random random = random_seeded(seed, UINT64_MAX);
  for (int i = 0; seed != 1 && i < 3; i++) {
    letters[i] = (char)('a' + random_integer(&random, 0, 25));
  }
  snprintf(vehicle->name, sizeof vehicle->name, "iotfleet_%s_%d", letters, number);
}

/* Marks `wanted` vehicles, spread over the fleet, for one of the two kinds. */
static void mark(struct fleet *fleet, struct random *random, int wanted, bool reefers)
{
  for (int i = 0; i < fleet->count && wanted > 0; i++) {
    if (random_unit(random) * (fleet->count - i) < wanted) {
      wanted--;
      *(reefers ? &fleet->vehicles[i].is_reefer : &fleet->vehicles[i].is_speeder) = true;
    }
  }
}

struct fleet *fleet_new(struct fleet_settings settings, struct street_map map)
{
  struct fleet *fleet = calloc(1, sizeof *fleet);
  struct vehicle *vehicles = calloc((size_t)settings.vehicles, sizeof *vehicles);
  if (fleet == NULL || (vehicles == NULL && settings.vehicles > 0)) {
    abort();
  }
  fleet->map = map;
  fleet->planted = settings.planted;
  fleet->vehicles = vehicles;
  fleet->count = settings.vehicles;
  fleet->metres_per_degree_latitude = EARTH_RADIUS_M * PI / 180;
  fleet->metres_per_degree_longitude = fleet->metres_per_degree_latitude * cos(map.origin_latitude_deg * PI / 180);
  struct random random = random_seeded(settings.seed, UINT64_MAX - 1);
  mark(fleet, &random, settings.reefers, true);
  mark(fleet, &random, settings.speeders, false);
  for (int i = 0; i < fleet->count; i++) {
    struct vehicle *vehicle = &vehicles[i];
    vehicle->random = random_seeded(settings.seed, (uint64_t)i);
    name_vehicle(vehicle, settings.seed, i + 1);
    vehicle->habit = random_between(&vehicle->random, 0.88, 0.99);
    place_at_start(fleet, vehicle, settings.start_us);
    vehicle->box = cold_box_new(&vehicle->random, settings.start_us);
  }
  return fleet;
}

void fleet_free(struct fleet *fleet)
{
  if (fleet == NULL) {
    return;
  }
  for (int i = 0; i < fleet->count; i++) {
    route_free(&fleet->vehicles[i].route);
  }
  free(fleet->vehicles);
  free(fleet);
}

int fleet_count(const struct fleet *fleet)
{
  return fleet->count;
}

const char *fleet_name(const struct fleet *fleet, int vehicle)
{
  return fleet->vehicles[vehicle].name;
}

struct sensed fleet_sense(struct fleet *fleet, int index, int64_t time_us, struct buffer *address)
{
  assert(index >= 0 && index < fleet->count);
  struct vehicle *vehicle = &fleet->vehicles[index];
  advance(fleet, vehicle, time_us);
  struct route_place place = route_at(&vehicle->route, vehicle->along_m, &vehicle->segment);
  double noise_m = vehicle->speed_mps > 0.5 ? FIX_NOISE_MOVING_M : FIX_NOISE_STANDING_M;
  double x_m = place.x_m + random_noise(&vehicle->random, noise_m);
  double y_m = place.y_m + random_noise(&vehicle->random, noise_m);
  bool delivering = vehicle->phase == PHASE_DELIVERING;
  double temperature_c =
      vehicle->is_reefer ? cold_box_read(&vehicle->box, &vehicle->random, vehicle->time_us, delivering) : (double)NAN;
  if (vehicle->is_reefer && fleet->planted != NULL) {
    planted_note_load(fleet->planted, index, vehicle->name, time_us, vehicle->box.air_c, vehicle->box.set_point_c);
  }
  if (address != NULL) {
    fleet->map.append_address(fleet->map.context, place.street, place.x_m, place.y_m, address);
  }
  return (struct sensed){
      .time_us = time_us,
      .latitude_deg = fleet->map.origin_latitude_deg + y_m / fleet->metres_per_degree_latitude,
      .longitude_deg = fleet->map.origin_longitude_deg + x_m / fleet->metres_per_degree_longitude,
      .speed_mps = vehicle->speed_mps,
      .heading_deg = place.heading_deg,
      .temperature_c = temperature_c,
      .ignition = !delivering,
      .address = address,
  };
}
