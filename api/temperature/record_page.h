/* A temperature record as a page to print and to hand over: one HTML file that needs nothing else, for A4 and Letter.
 *
 * Pure: all that is shown is handed in, times as local text. Thread: any. */
#ifndef CRUMBTRAIL_API_TEMPERATURE_RECORD_PAGE_H
#define CRUMBTRAIL_API_TEMPERATURE_RECORD_PAGE_H

#include "api/temperature/record_chart.h"

struct record_excursion {
  bool is_urgent;
  bool is_warm;
  bool has_fired;
  bool is_open;
  struct text started_at; /* local, here and below */
  struct text ended_at;
  double limit_c;
  double extreme_c;
  double degree_minutes;
  double over_s;
  double paused_s;
};

struct record_page {
  struct text vehicle;
  struct text kind; /* without data: unknown, here and below */
  struct text fleet;
  struct text vin;
  bool is_trip;
  bool is_open;      /* the trip goes on */
  double distance_m; /* of the trip */
  struct text from;
  struct text until;
  struct text made_at;
  struct text zone; /* "Europe/Berlin (UTC+01:00)" */
  struct text coldest_at;
  struct text warmest_at;
  const struct vehicle_rule *rule;
  const struct temperature_figures *figures;
  const struct record_excursion *excursions;
  size_t excursion_count;
  struct record_chart chart;
  struct text csv_url;
};

/* What browsers may do with the page: show it. */
#define RECORD_PAGE_POLICY \
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

void record_page_write(struct buffer *out, const struct record_page *page);

#endif
