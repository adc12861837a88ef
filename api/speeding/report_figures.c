#include "api/speeding/report_figures.h"

#include <math.h>

#include "api/speeding/rate_interval.h"

#define MM_PER_KM 1e6
#define US_PER_H 36e8

void interval_cache_init(struct interval_cache *cache)
{
  for (int i = 0; i < INTERVAL_CACHE_COUNTS; i++) {
    cache->low[i] = (double)NAN;
    cache->high[i] = (double)NAN;
  }
}

static void interval_of(struct interval_cache *cache, int64_t count, double *low, double *high)
{
  if (count >= INTERVAL_CACHE_COUNTS) {
    *low = poisson_low(count);
    *high = poisson_high(count);
    return;
  }
  if (isnan(cache->low[count])) {
    cache->low[count] = poisson_low(count);
    cache->high[count] = poisson_high(count);
  }
  *low = cache->low[count];
  *high = cache->high[count];
}

static double share(double part, double whole)
{
  return whole > 0.0 ? part / whole : (double)NAN;
}

static double per_100(double count, double whole)
{
  return share(100.0 * count, whole);
}

double report_rate(const struct report_sums *sums)
{
  return per_100((double)sums->episodes, sums->distance_mm / MM_PER_KM);
}

struct report_figures report_figures_of(const struct report_sums *now, const struct report_sums *previous,
                                        struct interval_cache *cache)
{
  const double distance_km = now->distance_mm / MM_PER_KM;
  const double observed_h = now->observed_us / US_PER_H;
  double low;
  double high;
  interval_of(cache, now->episodes, &low, &high);
  struct report_figures figures = {.sums = *now,
                                   .has_previous = previous != NULL,
                                   .per_100_km = report_rate(now),
                                   .per_100_km_low = per_100(low, distance_km),
                                   .per_100_km_high = per_100(high, distance_km),
                                   .per_100_h = per_100((double)now->episodes, observed_h),
                                   .per_100_h_low = per_100(low, observed_h),
                                   .per_100_h_high = per_100(high, observed_h),
                                   .previous_per_100_km = (double)NAN};
  if (previous != NULL) {
    figures.previous_episodes = previous->episodes;
    figures.previous_distance_km = previous->distance_mm / MM_PER_KM;
    figures.previous_per_100_km = report_rate(previous);
  }
  return figures;
}

/* ---- writing ---- */

enum { KM_DECIMALS = 3, HOUR_DECIMALS = 4, RATE_DECIMALS = 6, SHARE_DECIMALS = 6, KMH_DECIMALS = 2 };

struct named_value {
  const char *name;
  double value; /* NaN: none */
  int decimals;
};

enum { VALUE_COUNT = 26 };

static double count_value(bool is_there, int64_t count)
{
  return is_there ? (double)count : (double)NAN;
}

/* The one list of them, in the order of REPORT_FIGURES_CSV_HEADER. */
static void list_values(const struct report_figures *figures, struct named_value values[VALUE_COUNT])
{
  const struct report_sums *sums = &figures->sums;
  const bool has_worst = sums->episodes > 0;
  const struct named_value list[VALUE_COUNT] = {
      {"distance_km", sums->distance_mm / MM_PER_KM, KM_DECIMALS},
      {"observed_h", sums->observed_us / US_PER_H, HOUR_DECIMALS},
      {"moving_h", sums->moving_us / US_PER_H, HOUR_DECIMALS},
      {"known_limit_km", sums->known_limit_mm / MM_PER_KM, KM_DECIMALS},
      {"known_limit_share", share(sums->known_limit_mm, sums->distance_mm), SHARE_DECIMALS},
      {"episodes", (double)sums->episodes, 0},
      {"minor", (double)sums->bands[BAND_MINOR], 0},
      {"moderate", (double)sums->bands[BAND_MODERATE], 0},
      {"severe", (double)sums->bands[BAND_SEVERE], 0},
      {"extreme", (double)sums->bands[BAND_EXTREME], 0},
      {"per_100_km", figures->per_100_km, RATE_DECIMALS},
      {"per_100_km_low", figures->per_100_km_low, RATE_DECIMALS},
      {"per_100_km_high", figures->per_100_km_high, RATE_DECIMALS},
      {"per_100_h", figures->per_100_h, RATE_DECIMALS},
      {"per_100_h_low", figures->per_100_h_low, RATE_DECIMALS},
      {"per_100_h_high", figures->per_100_h_high, RATE_DECIMALS},
      {"over_limit_km", sums->over_limit_mm / MM_PER_KM, KM_DECIMALS},
      {"over_limit_h", sums->over_limit_us / US_PER_H, HOUR_DECIMALS},
      {"over_limit_distance_share", share(sums->over_limit_mm, sums->distance_mm), SHARE_DECIMALS},
      {"over_limit_time_share", share(sums->over_limit_us, sums->observed_us), SHARE_DECIMALS},
      {"worst_excess_kmh", has_worst ? sums->worst_excess_kmh : (double)NAN, KMH_DECIMALS},
      {"worst_episode_id", count_value(has_worst, sums->worst_episode_id), 0},
      {"previous_episodes", count_value(figures->has_previous, figures->previous_episodes), 0},
      {"previous_distance_km", figures->has_previous ? figures->previous_distance_km : (double)NAN, KM_DECIMALS},
      {"previous_per_100_km", figures->previous_per_100_km, RATE_DECIMALS},
      {"change_per_100_km", figures->per_100_km - figures->previous_per_100_km, RATE_DECIMALS},
  };
  memcpy(values, list, sizeof list);
}

void report_figures_write_members(struct json_writer *json, const struct report_figures *figures)
{
  struct named_value values[VALUE_COUNT];
  list_values(figures, values);
  for (int i = 0; i < VALUE_COUNT; i++) {
    json_key(json, values[i].name);
    json_decimal(json, values[i].value, values[i].decimals);
  }
}

void report_figures_write_cells(struct csv_row *cells, const struct report_figures *figures)
{
  struct named_value values[VALUE_COUNT];
  list_values(figures, values);
  for (int i = 0; i < VALUE_COUNT; i++) {
    csv_decimal(cells, values[i].value, values[i].decimals);
  }
}
