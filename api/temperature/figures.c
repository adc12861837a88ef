#include "api/temperature/figures.h"

#include <math.h>

static const double ACTIVATION_K = 10000; /* 83.144 kJ/mol over 8.3144 J/(mol K) */
static const double ZERO_C_IN_K = 273.15;

static double ageing(double temperature_c)
{
  return exp(-ACTIVATION_K / (temperature_c + ZERO_C_IN_K));
}

struct temperature_figures temperature_figures_begin(struct temperature_limits limits)
{
  return (struct temperature_figures){.limits = limits};
}

/* Adds what a line from `first` to `second` degrees over a limit has over it. */
static void add_over(double first, double second, double counted_us, double *over_us, double *degree_us)
{
  const double top = fmax(first, second);
  const double foot = fmin(first, second);
  if (isnan(top) || top <= 0) {
    return;
  }
  const double share = foot >= 0 ? 1 : top / (top - foot);
  const double mean = foot >= 0 ? (top + foot) / 2 : top / 2;
  *over_us += share * counted_us;
  *degree_us += share * mean * counted_us;
}

static void add_line(struct temperature_figures *figures, struct temperature_reading reading)
{
  const struct temperature_limits *limits = &figures->limits;
  const double before_c = figures->last.temperature_c;
  const double after_c = reading.temperature_c;
  const int64_t apart_us = reading.recorded_at_us - figures->last.recorded_at_us;
  const double counted_us = (double)(apart_us < limits->gap_us ? apart_us : limits->gap_us);
  figures->longest_gap_us = apart_us > figures->longest_gap_us ? apart_us : figures->longest_gap_us;
  figures->counted_us += counted_us;
  figures->degree_us += (before_c + after_c) / 2 * counted_us;
  figures->ageing_us += (ageing(before_c) + ageing(after_c)) / 2 * counted_us;
  add_over(before_c - limits->highest_c, after_c - limits->highest_c, counted_us, &figures->above_us,
           &figures->above_degree_us);
  add_over(limits->lowest_c - before_c, limits->lowest_c - after_c, counted_us, &figures->below_us, &figures->below_degree_us);
}

void temperature_figures_add(struct temperature_figures *figures, struct temperature_reading reading)
{
  if (figures->readings == 0) {
    figures->first = figures->coldest = figures->warmest = reading;
  } else {
    add_line(figures, reading);
  }
  if (reading.temperature_c < figures->coldest.temperature_c) {
    figures->coldest = reading;
  }
  if (reading.temperature_c > figures->warmest.temperature_c) {
    figures->warmest = reading;
  }
  figures->last = reading;
  figures->readings++;
}

double temperature_figures_mean_c(const struct temperature_figures *figures)
{
  if (figures->counted_us > 0) {
    return figures->degree_us / figures->counted_us;
  }
  return figures->readings > 0 ? figures->last.temperature_c : (double)NAN;
}

double temperature_figures_mean_kinetic_c(const struct temperature_figures *figures)
{
  if (figures->counted_us > 0) {
    return ACTIVATION_K / -log(figures->ageing_us / figures->counted_us) - ZERO_C_IN_K;
  }
  return figures->readings > 0 ? figures->last.temperature_c : (double)NAN;
}
