/* What a row of temperature readings comes to (definitions.md, "Temperature").
 *
 * Between neighbouring readings a straight line is drawn; where they lie more than gap_us apart, the line counts as though it
 * lasted gap_us. Means are over the time of the line. The mean kinetic temperature is the one that would have aged the load as
 * much as what it went through: -(E/R) / ln(mean of exp(-(E/R) / T)), with an activation energy E of 83.144 kJ/mol, so that E/R
 * is 10,000 K. bi.temperature_trips computes the same in the database. Pure. Thread: any. */
#ifndef CRUMBTRAIL_API_TEMPERATURE_FIGURES_H
#define CRUMBTRAIL_API_TEMPERATURE_FIGURES_H

#include <stdint.h>

struct temperature_reading {
  int64_t recorded_at_us;
  double temperature_c;
};

struct temperature_limits {
  double lowest_c; /* NaN: none */
  double highest_c;
  int64_t gap_us;
};

enum { GAP_DEFAULT_S = 900 }; /* without a rule */

struct temperature_figures {
  struct temperature_limits limits;
  int64_t readings;
  struct temperature_reading first;
  struct temperature_reading last;
  struct temperature_reading coldest;
  struct temperature_reading warmest;
  int64_t longest_gap_us;
  double counted_us; /* of the line */
  double degree_us;
  double ageing_us; /* exp(-(E/R) / T) times microseconds */
  double above_us;
  double above_degree_us;
  double below_us;
  double below_degree_us;
};

struct temperature_figures temperature_figures_begin(struct temperature_limits limits);
/* In the order of time, one an instant. */
void temperature_figures_add(struct temperature_figures *figures, struct temperature_reading reading);

/* NaN without readings. */
double temperature_figures_mean_c(const struct temperature_figures *figures);
double temperature_figures_mean_kinetic_c(const struct temperature_figures *figures);

#endif
