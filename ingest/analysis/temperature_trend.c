#include "ingest/analysis/temperature_trend.h"

#include <assert.h>
#include <stddef.h>

static const double US_PER_MINUTE = 60e6;

enum { PAIRS_MAX = TREND_READINGS_MAX * (TREND_READINGS_MAX - 1) / 2 };

static void swap(double *values, size_t a, size_t b)
{
  const double value = values[a];
  values[a] = values[b];
  values[b] = value;
}

/* Moves what is smaller than a middle value to the front; returns where that value then stands. */
static size_t partition(double *values, size_t low, size_t high)
{
  swap(values, low + (high - low) / 2, high);
  size_t kept = low;
  for (size_t i = low; i < high; i++) {
    if (values[i] < values[high]) {
      swap(values, i, kept++);
    }
  }
  swap(values, kept, high);
  return kept;
}

/* The value that stands at `rank` (0: the smallest) when they are sorted; smaller ones stand before it afterwards. */
static double select_rank(double *values, size_t count, size_t rank)
{
  size_t low = 0;
  size_t high = count - 1;
  while (low < high) {
    const size_t at = partition(values, low, high);
    if (at == rank) {
      break;
    }
    if (at < rank) {
      low = at + 1;
    } else {
      high = at - 1;
    }
  }
  return values[rank];
}

static double median(double *values, size_t count)
{
  const double upper = select_rank(values, count, count / 2);
  if (count % 2 == 1) {
    return upper;
  }
  double lower = values[0];
  for (size_t i = 1; i < count / 2; i++) {
    lower = values[i] > lower ? values[i] : lower;
  }
  return (lower + upper) / 2;
}

struct temperature_trend temperature_trend_of(const struct temperature_reading *readings, int32_t count)
{
  double values[PAIRS_MAX];
  double minutes[TREND_READINGS_MAX];
  size_t pairs = 0;
  assert(count <= TREND_READINGS_MAX);
  if (count < TREND_READINGS_MIN) {
    return (struct temperature_trend){false, 0, 0};
  }
  const struct temperature_reading *newest = &readings[count - 1];
  for (int32_t i = 0; i < count; i++) {
    minutes[i] = (double)(readings[i].recorded_at_us - newest->recorded_at_us) / US_PER_MINUTE;
    for (int32_t j = 0; j < i; j++) {
      values[pairs++] = ((double)readings[i].temperature_c - (double)readings[j].temperature_c) / (minutes[i] - minutes[j]);
    }
  }
  const double slope = median(values, pairs);
  for (int32_t i = 0; i < count; i++) {
    values[i] = (double)readings[i].temperature_c - slope * minutes[i];
  }
  return (struct temperature_trend){true, slope, median(values, (size_t)count)};
}
