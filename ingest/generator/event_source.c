#include "ingest/generator/event_source.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/generator/event_writer.h"
#include "ingest/generator/late_queue.h"
#include "server/base/clock.h"

static const double MPS_PER_MPH = 0.44704;

struct event_source {
  struct simulate_options options;
  struct fleet *fleet;
  struct shadow *shadows;
  struct random random; /* of its own, so that dirt does not change the drives */
  struct late_queue late;
  struct late_event taken;
  struct buffer address;
  struct buffer event;
  int64_t number; /* of the next event */
  int64_t total;
};

struct event_source *event_source_new(const struct simulate_options *options, struct street_map map, struct planted *planted)
{
  struct event_source *source = calloc(1, sizeof *source);
  if (source == NULL || (source->shadows = calloc((size_t)options->vehicles, sizeof *source->shadows)) == NULL) {
    abort();
  }
  source->options = *options;
  source->random = random_seeded((uint64_t)options->seed, UINT64_MAX - 2);
  source->total = options->vehicles * options->moves;
  source->fleet = fleet_new((struct fleet_settings){.seed = (uint64_t)options->seed,
                                                    .vehicles = (int)options->vehicles,
                                                    .reefers = (int)options->reefers,
                                                    .speeders = (int)options->speeders,
                                                    .start_us = options->start_us,
                                                    .planted = planted},
                            map);
  return source;
}

void event_source_free(struct event_source *source)
{
  if (source == NULL) {
    return;
  }
  for (int i = 0; i < fleet_count(source->fleet); i++) {
    shadow_free(&source->shadows[i]);
  }
  late_event_free(&source->taken);
  late_queue_free(&source->late);
  fleet_free(source->fleet);
  buffer_free(&source->address);
  buffer_free(&source->event);
  free(source->shadows);
  free(source);
}

const struct fleet *event_source_fleet(const struct event_source *source)
{
  return source->fleet;
}

/* The vehicles report in turn, evenly over the interval. */
static int64_t moment_us(const struct event_source *source, int64_t number)
{
  int64_t vehicles = source->options.vehicles;
  int64_t interval_us = source->options.interval_us;
  int64_t phase_us = (int64_t)((double)interval_us * (double)(number % vehicles) / (double)vehicles);
  return source->options.start_us + number / vehicles * interval_us + phase_us;
}

int64_t event_source_next_us(const struct event_source *source)
{
  return source->number < source->total ? moment_us(source, source->number) : INT64_MAX;
}

static void make_dirty(struct random *random, struct report *report)
{
  static const enum report_defect DEFECTS[] = {DEFECT_POSITION_MISSING, DEFECT_POSITION_TEXT, DEFECT_POSITION_RANGE,
                                               DEFECT_SPEED_TEXT};
  switch (random_integer(random, 0, 6)) {
  case 0:
    report->latitude_deg = 0;
    report->longitude_deg = 0;
    break;
  case 1:
    report->time_us += (int64_t)(random_between(random, 0.2, 20) * 3600e6);
    break;
  case 2:
    report->latitude_deg += random_between(random, 0.5, 3);
    report->longitude_deg -= random_between(random, 0.5, 3);
    break;
  default:
    report->defect = DEFECTS[random_integer(random, 0, 3)];
  }
}

static void write_next(struct event_source *source)
{
  int vehicle = (int)(source->number % source->options.vehicles);
  buffer_clear(&source->address);
  struct sensed sensed = fleet_sense(source->fleet, vehicle, event_source_next_us(source), &source->address);
  struct report report = {
      .thing = fleet_name(source->fleet, vehicle),
      .time_us = sensed.time_us,
      .latitude_deg = sensed.latitude_deg,
      .longitude_deg = sensed.longitude_deg,
      .address = buffer_text(&source->address),
      .speed_mph = round(sensed.speed_mps / MPS_PER_MPH),
      .heading_deg = sensed.heading_deg,
      .temperature_c = sensed.temperature_c,
      .ignition = sensed.ignition,
  };
  if (random_chance(&source->random, source->options.dirty_share)) {
    make_dirty(&source->random, &report);
  }
  buffer_clear(&source->event);
  event_write(&source->event, &source->shadows[vehicle], &report);
}

/* Some moves later, so that at least one newer report of the same vehicle overtakes it. */
static int64_t later(struct event_source *source)
{
  double rounds = random_between(&source->random, 1.2, 12);
  return source->number + 1 + (int64_t)(rounds * (double)source->options.vehicles);
}

static struct outgoing_event outgoing(const struct event_source *source, int vehicle, int64_t number, struct text body)
{
  return (struct outgoing_event){body, fleet_name(source->fleet, vehicle), (uint32_t)vehicle, moment_us(source, number)};
}

bool event_source_next(struct event_source *source, struct outgoing_event *event)
{
  late_event_free(&source->taken);
  for (;;) {
    int64_t now = source->number < source->total ? source->number : INT64_MAX;
    if (late_queue_take(&source->late, now, &source->taken)) {
      *event = outgoing(source, source->taken.vehicle, source->taken.due, source->taken.event);
      return true;
    }
    if (source->number >= source->total) {
      return false;
    }
    write_next(source);
    struct text written = buffer_text(&source->event);
    int vehicle = (int)(source->number % source->options.vehicles);
    bool is_late = random_chance(&source->random, source->options.late_share);
    if (random_chance(&source->random, source->options.duplicate_share)) {
      bool at_once = random_chance(&source->random, 0.5);
      late_queue_add(&source->late, at_once ? source->number + 1 : later(source), vehicle, written);
    }
    if (is_late) {
      late_queue_add(&source->late, later(source), vehicle, written);
    }
    source->number++;
    if (!is_late) {
      *event = outgoing(source, vehicle, source->number - 1, written);
      return true;
    }
  }
}

int64_t event_source_held_back(const struct event_source *source)
{
  return (int64_t)source->late.count;
}
