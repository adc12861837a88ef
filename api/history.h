/* Breadcrumbs of the past by filter, read in pages along (recorded_at, vehicle_id, version).
 *
 * Each shape of filter has its own statement, and so its own index. What a page holds lives in an arena of the reader until the
 * next page is read: memory stays constant however long the answer. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_HISTORY_H
#define CRUMBTRAIL_API_HISTORY_H

#include "api/parameters.h"
#include "api/position_rows.h"

struct history_key {
  int64_t recorded_at_us;
  int64_t vehicle_id;
  int64_t version;
};

struct history_filter {
  struct time_range range;
  const int64_t *vehicle_ids;
  size_t vehicle_count;
  bool has_vehicles; /* with vehicle_count 0: nothing fits */
  bool has_box;
  struct grid_box box;
  bool is_track; /* one vehicle, unflagged only */
};

struct history {
  struct db_connection *connection;
  struct vehicle_names *names;
  struct arena *arena; /* of the present page */
  struct history_filter filter;
  struct history_key after; /* the last one read */
  int64_t window_us;        /* how much time the next statement looks at, for shapes that sort */
  const struct sql_statement *statement;
  int32_t *cells;
  size_t cell_count;
  bool is_sorting; /* the statement sorts all of its window before the first row */
  bool has_started;
  bool is_at_end;
};

/* `request_arena` holds the reader's own memory and ends its page arena. */
struct history history_open(struct db_connection *connection, struct arena *request_arena, struct vehicle_names *names,
                            struct history_filter filter);
/* Goes on behind a key that an earlier page ended with. */
void history_resume(struct history *history, struct history_key after);
/* At most the next `limit` breadcrumbs; the end is where history.is_at_end says so. The page is valid until the next call. */
struct error history_next(struct history *history, size_t limit, struct position_page *page) ERROR_MUST_CHECK;
/* The next `limit` breadcrumbs in one array of `arena`; fewer only at the end. */
struct error history_collect(struct history *history, struct arena *arena, size_t limit,
                             struct position_page *all) ERROR_MUST_CHECK;

#endif
