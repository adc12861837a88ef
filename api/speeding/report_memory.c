#include "api/speeding/report_memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/speeding/report_days.h"
#include "server/base/clock.h"

struct report_memory {
  pthread_mutex_t mutex; /* of the days; held while they are read and while they are summed */
  struct report_days days;
};

struct report_memory *report_memory_new(size_t bytes_max)
{
  struct report_memory *memory = calloc(1, sizeof *memory);
  if (memory == NULL) {
    error_out_of_memory(sizeof *memory);
  }
  pthread_mutex_init(&memory->mutex, NULL);
  memory->days.bytes_max = bytes_max;
  return memory;
}

void report_memory_free(struct report_memory *memory)
{
  if (memory != NULL) {
    report_days_free(&memory->days);
    pthread_mutex_destroy(&memory->mutex);
    free(memory);
  }
}

/* ---- summing ---- */

struct summing {
  const struct report_days *days;
  const struct speeding_filter *filter;
  enum report_group_by group_by;
  const struct report_pieces *pieces;
  const bool *vehicles; /* by slot: whether it counts. NULL: all do */
  const bool *drivers;
  struct report_sums *now; /* by slot of the vehicle or driver, or by piece */
  struct report_sums *previous;
  size_t count;
};

/* Which slots the names stand for. */
static const bool *slots_wanted(const struct id_slots *slots, const struct wanted_names *wanted, struct arena *arena)
{
  if (!wanted->is_wanted) {
    return NULL;
  }
  bool *counts = arena_alloc_array(arena, slots->count, sizeof *counts);
  for (size_t slot = 0; slot < slots->count; slot++) {
    counts[slot] = wanted_names_hold(wanted, slots->ids[slot]);
  }
  return counts;
}

static bool is_counted(const struct summing *summing, uint32_t vehicle, uint32_t driver)
{
  return (summing->vehicles == NULL || summing->vehicles[vehicle]) && (summing->drivers == NULL || summing->drivers[driver]);
}

static struct report_sums *sums_of(const struct summing *summing, uint32_t vehicle, uint32_t driver, uint32_t piece)
{
  struct report_sums *sums = summing->pieces->items[piece].is_now ? summing->now : summing->previous;
  switch (summing->group_by) {
  case GROUP_BY_VEHICLE:
    return &sums[vehicle];
  case GROUP_BY_DRIVER:
    return &sums[driver];
  default:
    return &sums[piece];
  }
}

static void add_drives(const struct summing *summing, const struct report_share *share)
{
  const struct report_days *days = summing->days;
  const size_t at = report_days_from(days, share->depot_day);
  if (at == days->count || days->items[at].day != share->depot_day) {
    return;
  }
  const struct held_day *day = &days->items[at];
  for (size_t i = 0; i < day->drive_count; i++) {
    const struct held_drive *drive = &day->drives[i];
    if (!is_counted(summing, drive->vehicle, drive->driver)) {
      continue;
    }
    struct report_sums *sums = sums_of(summing, drive->vehicle, drive->driver, share->piece);
    sums->distance_mm += drive->distance_mm * share->share;
    sums->known_limit_mm += drive->known_limit_mm * share->share;
    sums->over_limit_mm += drive->over_limit_mm * share->share;
    sums->observed_us += drive->observed_us * share->share;
    sums->moving_us += drive->moving_us * share->share;
    sums->over_limit_us += drive->over_limit_us * share->share;
  }
}

static bool fits(const struct summing *summing, const struct held_episode *episode)
{
  const struct speeding_filter *filter = summing->filter;
  return (double)episode->max_excess_kmh > filter->tolerance_kmh && episode->duration_s >= filter->min_duration_s &&
         episode->samples >= filter->min_samples && (episode->is_strict || !filter->is_strict) &&
         (filter->reviews & 1u << episode->review) != 0 && is_counted(summing, episode->vehicle, episode->driver);
}

static enum speeding_band band_of(const struct speeding_filter *filter, double excess_kmh)
{
  int band = BAND_MINOR;
  while (band < BAND_EXTREME && excess_kmh > filter->bands_kmh[band]) {
    band++;
  }
  return (enum speeding_band)band;
}

static void add_episode(const struct summing *summing, const struct held_episode *episode, uint32_t piece)
{
  const enum speeding_band band = band_of(summing->filter, (double)episode->max_excess_kmh);
  if ((summing->filter->bands & 1u << band) == 0 || !fits(summing, episode)) {
    return;
  }
  struct report_sums one = {
      .episodes = 1, .worst_excess_kmh = (double)episode->max_excess_kmh, .worst_episode_id = episode->episode_id};
  one.bands[band] = 1;
  report_sums_add(sums_of(summing, episode->vehicle, episode->driver, piece), &one);
}

/* The piece that holds the moment: the last one that begins at or before it. */
static uint32_t piece_at(const struct report_pieces *pieces, int64_t time_us)
{
  size_t low = 0;
  size_t high = pieces->count;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (pieces->items[middle].range.from_us <= time_us) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (uint32_t)low;
}

static void add_episodes(const struct summing *summing, const struct held_day *day)
{
  const struct speeding_filter *filter = summing->filter;
  for (size_t i = 0; i < day->episode_count; i++) {
    const struct held_episode *episode = &day->episodes[i];
    if (episode->started_at_us >= filter->previous_from_us && episode->started_at_us < filter->range.to_us) {
      add_episode(summing, episode, piece_at(summing->pieces, episode->started_at_us));
    }
  }
}

/* What was only observed standing in the period before is nothing to compare with. */
static bool is_empty(const struct report_sums *now, const struct report_sums *previous)
{
  return now->episodes == 0 && previous->episodes == 0 && now->distance_mm <= 0.0 && now->observed_us <= 0.0 &&
         previous->distance_mm <= 0.0;
}

static int64_t key_of(const struct summing *summing, size_t index)
{
  switch (summing->group_by) {
  case GROUP_BY_VEHICLE:
    return summing->days->vehicles.ids[index];
  case GROUP_BY_DRIVER:
    return summing->days->drivers.ids[index];
  default:
    return summing->pieces->items[index].day;
  }
}

static struct report_groups collect(const struct summing *summing, struct arena *arena)
{
  struct report_groups groups = {.items = arena_alloc_array(arena, summing->count, sizeof *groups.items)};
  for (size_t i = 0; i < summing->count; i++) {
    const bool is_piece_before = summing->group_by == GROUP_BY_DAY && !summing->pieces->items[i].is_now;
    if (!is_piece_before && !is_empty(&summing->now[i], &summing->previous[i])) {
      groups.items[groups.count++] = (struct report_group){key_of(summing, i), summing->now[i], summing->previous[i]};
    }
  }
  return groups;
}

static struct report_groups sum(const struct report_days *days, const struct speeding_filter *filter,
                                enum report_group_by group_by, const struct report_pieces *pieces, struct arena *arena)
{
  const size_t counts[GROUP_BY_COUNT] = {days->vehicles.count, days->drivers.count, pieces->count};
  struct summing summing = {.days = days, .filter = filter, .group_by = group_by, .pieces = pieces, .count = counts[group_by]};
  summing.now = arena_alloc_array(arena, summing.count, sizeof *summing.now);
  summing.previous = arena_alloc_array(arena, summing.count, sizeof *summing.previous);
  if (group_by != GROUP_BY_VEHICLE) {
    summing.vehicles = slots_wanted(&days->vehicles, &filter->vehicles, arena);
  }
  if (group_by != GROUP_BY_DRIVER) {
    summing.drivers = slots_wanted(&days->drivers, &filter->drivers, arena);
  }
  for (size_t i = 0; i < pieces->share_count; i++) {
    add_drives(&summing, &pieces->shares[i]);
  }
  const int32_t last = clock_day(filter->range.to_us - 1);
  for (size_t i = report_days_from(days, clock_day(filter->previous_from_us)); i < days->count && days->items[i].day <= last;
       i++) {
    add_episodes(&summing, &days->items[i]);
  }
  return collect(&summing, arena);
}

struct error report_memory_sum(struct report_memory *memory, struct db_connection *connection,
                               const struct speeding_filter *filter, enum report_group_by group_by,
                               const struct report_pieces *pieces, struct arena *arena, struct report_groups *groups,
                               bool *is_held)
{
  /* A day of the depot is at most one off the day in UTC. */
  const int32_t first = clock_day(filter->previous_from_us) - 1;
  const int32_t last = clock_day(filter->range.to_us - 1) + 1;
  *groups = (struct report_groups){0};
  pthread_mutex_lock(&memory->mutex);
  const struct error error = report_days_refresh(&memory->days, connection, first, last, is_held);
  if (error.code == ERROR_NONE && *is_held) {
    *groups = sum(&memory->days, filter, group_by, pieces, arena);
  }
  pthread_mutex_unlock(&memory->mutex);
  return error;
}
