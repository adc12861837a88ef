/* The options of `crumbtrail simulate`, checked. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_SIMULATE_OPTIONS_H
#define CRUMBTRAIL_INGEST_GENERATOR_SIMULATE_OPTIONS_H

#include "ingest/generator/sink_options.h"

struct simulate_options {
  struct sink_options sink;
  bool register_fleet;
  bool delete_fleet;
  int64_t vehicles;
  int64_t moves;
  int64_t seed;
  int64_t reefers;
  int64_t speeders;
  int64_t start_us;
  int64_t interval_us;
  double rate; /* events a second; 0: as fast as the target takes them; negative: as the simulated time goes */
  double late_share;
  double duplicate_share;
  double dirty_share;
  const char *planted_path; /* NULL: none */
};

/* Texts borrow from `extras` and the arena. */
struct error simulate_options_read(struct arena *arena, const struct config_extras *extras,
                                   struct simulate_options *options) ERROR_MUST_CHECK;

#endif
