/* What the machines of the analysis cost for each breadcrumb: a vehicle that reports every 5 s, drives 20 minutes between stops
 * of 10, with red lights, and is over its limit for about a tenth of the way.
 *
 *   bench_machines [BREADCRUMBS]
 *
 * Then the size of a checkpoint, and what saving, copying and showing cost. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/analysis/day_machine.h"
#include "ingest/analysis/speeding_machine.h"
#include "ingest/analysis/trip_machine.h"
#include "server/base/clock.h"

enum { BREADCRUMBS = 2000000, PER_ARENA = 20000, CYCLE = 360 /* breadcrumbs of driving and standing */, DRIVING = 240 };

static const int64_t START_US = INT64_C(1773014400) * US_PER_SECOND;

struct sample {
  struct fix fix;
  struct place place;
};

static double random_unit(void)
{
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
}

static struct sample *make_samples(size_t count)
{
  struct sample *samples = calloc(count, sizeof *samples);
  double longitude_deg = -97.74;
  double speed_kmh = 0;
  float limit_kmh = 50;
  for (size_t i = 0; i < count; i++) {
    const bool drives = i % CYCLE < DRIVING && i % 47 > 4;
    limit_kmh = i % 31 == 0 ? (float)(30 + 20 * (int)(random_unit() * 4)) : limit_kmh;
    speed_kmh = drives ? limit_kmh * (0.7 + random_unit() * 0.34) : 0;
    longitude_deg += speed_kmh / 3.6 * 5 / 96000 * (i % (CYCLE * 20) < CYCLE * 10 ? 1 : -1);
    const int64_t at_us = START_US + (int64_t)i * 5000000;
    const int32_t day = (int32_t)(at_us / US_PER_DAY);
    samples[i] = (struct sample){
        .fix = {.recorded_at_us = at_us,
                .version = 1,
                .longitude_deg = longitude_deg + (random_unit() - 0.5) * 1e-4,
                .latitude_deg = 30.27 + (random_unit() - 0.5) * 1e-4,
                .speed_kmh = (float)speed_kmh,
                .heading_deg = NAN,
                .temperature_c = NAN,
                .ignition = i % CYCLE < DRIVING,
                .is_paused = -1},
        .place = {.limit_kmh = limit_kmh,
                  .limit_source = LIMIT_POSTED,
                  .road_id = (int64_t)(i / 31),
                  .driver_id = 7,
                  .driver_until_us = INT64_MAX,
                  .day = day,
                  .day_began_at_us = day * US_PER_DAY},
    };
  }
  return samples;
}

/* The machines, their rows, and what each has cost. */
struct fold {
  struct trip_machine trip;
  struct speeding_machine speeding;
  struct day_machine day;
  struct row_set trips;
  struct row_set stops;
  struct row_set episodes;
  struct row_set conditions;
  struct row_set days;
  size_t rows;
};

static void begin_rows(struct fold *fold, struct arena *arena)
{
  fold->rows += fold->trips.count + fold->stops.count + fold->episodes.count + fold->days.count;
  arena_reset(arena);
  fold->trips = row_set_make(arena, sizeof(struct trip_row));
  fold->stops = row_set_make(arena, sizeof(struct stop_row));
  fold->episodes = row_set_make(arena, sizeof(struct speeding_row));
  fold->conditions = row_set_make(arena, sizeof(struct condition));
  fold->days = row_set_make(arena, sizeof(struct drive_day_row));
}

enum machine { TRIPS, SPEEDING, DAYS, MACHINES };

static void step(struct fold *fold, enum machine machine, const struct sample *samples, size_t count)
{
  const struct speeding_rules rules = speeding_rules_default();
  for (size_t i = 0; i < count; i++) {
    const struct sample *sample = &samples[i];
    if (machine == TRIPS) {
      trip_machine_step(&fold->trip, &sample->fix, &sample->place, &fold->trips, &fold->stops);
    } else if (machine == SPEEDING) {
      speeding_machine_step(&fold->speeding, &rules, &sample->fix, &sample->place, &fold->episodes, &fold->conditions);
    } else {
      day_machine_step(&fold->day, &sample->fix, &sample->place, &fold->days);
    }
  }
}

/* Saves, copies and shows after each of some breadcrumbs. */
static void measure_state(struct fold *fold, struct arena *arena, const struct sample *samples, size_t count)
{
  struct buffer saved = {0};
  struct fold copy = {0};
  int64_t spent_us[3] = {0};
  size_t bytes = 0;
  for (size_t i = 0; i < count; i++) {
    for (int machine = 0; machine < MACHINES; machine++) {
      step(fold, (enum machine)machine, &samples[i], 1);
    }
    buffer_clear(&saved);
    begin_rows(&copy, arena);
    const int64_t begun_us = clock_thread_cpu_us();
    trip_machine_save(&fold->trip, &saved);
    speeding_machine_save(&fold->speeding, &saved);
    day_machine_save(&fold->day, &saved);
    const int64_t saved_us = clock_thread_cpu_us();
    trip_machine_copy(&copy.trip, &fold->trip);
    speeding_machine_copy(&copy.speeding, &fold->speeding);
    day_machine_copy(&copy.day, &fold->day);
    const int64_t copied_us = clock_thread_cpu_us();
    trip_machine_show(&fold->trip, &copy.trips, &copy.stops);
    speeding_machine_show(&fold->speeding, &copy.episodes, &copy.conditions);
    day_machine_show(&fold->day, &copy.days);
    spent_us[0] += saved_us - begun_us;
    spent_us[1] += copied_us - saved_us;
    spent_us[2] += clock_thread_cpu_us() - copied_us;
    bytes += saved.length;
    begin_rows(fold, arena);
  }
  printf("state: %zu bytes in the mean; to save %.2f, to copy %.2f, to show %.2f us\n", bytes / count,
         (double)spent_us[0] / (double)count, (double)spent_us[1] / (double)count, (double)spent_us[2] / (double)count);
  trip_machine_free(&copy.trip);
  speeding_machine_free(&copy.speeding);
  day_machine_free(&copy.day);
  buffer_free(&saved);
}

int main(int argc, char **argv)
{
  static const char *const NAMES[] = {"trips and stops", "speeding", "days"};
  const size_t count = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : BREADCRUMBS;
  struct sample *samples = make_samples(count + PER_ARENA);
  struct arena *arena = arena_new(1 << 20);
  struct fold fold = {0};
  double all_ns = 0;
  begin_rows(&fold, arena);
  for (int machine = 0; machine < MACHINES; machine++) {
    const size_t rows_before = fold.rows;
    const int64_t begun_us = clock_thread_cpu_us();
    for (size_t at = 0; at < count; at += PER_ARENA) {
      step(&fold, (enum machine)machine, samples + at, count - at < PER_ARENA ? count - at : PER_ARENA);
      begin_rows(&fold, arena);
    }
    const double ns = (double)(clock_thread_cpu_us() - begun_us) * 1e3 / (double)count;
    all_ns += ns;
    printf("%-16s %6.1f ns a breadcrumb, %zu rows\n", NAMES[machine], ns, fold.rows - rows_before);
  }
  printf("%-16s %6.1f ns a breadcrumb: 10 million in %.1f s\n", "together", all_ns, all_ns / 100);
  measure_state(&fold, arena, samples + count, PER_ARENA);
  trip_machine_free(&fold.trip);
  speeding_machine_free(&fold.speeding);
  day_machine_free(&fold.day);
  arena_free(arena);
  free(samples);
  return 0;
}
