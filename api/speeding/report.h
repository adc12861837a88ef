/* A speeding report, computed: what GET /v1/speeding/report and the insurance pack write out. In an arena. Thread: the query
 * worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_H

#include "api/speeding/report_figures.h"
#include "api/speeding/report_memory.h"

struct report_row {
  int64_t key;
  int64_t rank; /* 1: the most episodes for each 100 km, equal ones share it; 0: none, it did not drive */
  struct report_sums now;
  struct report_sums previous;
};

struct report {
  const struct speeding_filter *filter;
  enum report_group_by group_by;
  bool is_whole_days;      /* else km and hours of days that are cut are shared out by time */
  struct report_row *rows; /* those asked for: the highest rate first, or by day */
  size_t count;
  int64_t ranked;           /* how many have a rank */
  struct report_sums total; /* of the rows */
  struct report_sums total_previous;
  struct report_sums fleet; /* of all that was counted, also where `vehicle` or `driver` picks rows */
  struct report_sums fleet_previous;
};

/* `memory` NULL: the database sums, in the transaction that may be open; else none is. */
struct error report_make(struct report_memory *memory, struct db_connection *connection, const struct speeding_filter *filter,
                         enum report_group_by group_by, struct arena *arena, struct report *report) ERROR_MUST_CHECK;

/* The names of vehicles or drivers of the rows [first, end), by row; without data: none. NULL when grouped by day. */
struct error report_read_names(const struct report *report, struct db_connection *connection, struct arena *arena, size_t first,
                               size_t end, struct text **names) ERROR_MUST_CHECK;

/* Members that say what was asked for. */
void report_write_head(struct json_writer *json, const struct report *report);
void report_write_sums(struct json_writer *json, const char *key, const struct report *report, const struct report_sums *now,
                       const struct report_sums *previous);
void report_write_row(struct json_writer *json, const struct report *report, size_t row, struct text name,
                      struct interval_cache *cache);
struct text report_csv_header(const struct report *report); /* without the end of the line */
void report_write_cells(struct csv_row *cells, const struct report *report, size_t row, struct text name,
                        struct interval_cache *cache);

#endif
