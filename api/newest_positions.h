/* The newest position of every vehicle, in this process's memory: what GET /v1/positions/latest answers from.
 *
 * PostgreSQL needs milliseconds to look at ten thousand rows of `position`, whatever is asked. So only what changed is asked
 * for, by whoever asks: after newest_positions_refresh everything that had been committed before is in here. Another server's
 * writes count as much as ours. Thread: any; locks inside. Owns the positions and their names. */
#ifndef CRUMBTRAIL_API_NEWEST_POSITIONS_H
#define CRUMBTRAIL_API_NEWEST_POSITIONS_H

#include "api/feed_reader.h"
#include "server/base/grid.h"

struct newest_positions;

struct newest_positions *newest_positions_new(void);
void newest_positions_free(struct newest_positions *newest); /* accepts NULL */

/* *head: everything up to it is in here. On an error what is known stays. */
struct error newest_positions_refresh(struct newest_positions *newest, struct db_connection *connection,
                                      struct feed_head *head) ERROR_MUST_CHECK;

struct newest_filter {
  const struct grid_box *box; /* NULL: everywhere */
  bool is_of_vehicles;        /* only those of vehicle_ids */
  const int64_t *vehicle_ids; /* ascending */
  size_t vehicle_count;
  int64_t oldest_us; /* recorded at or after */
};

/* A page of what is on the map and fits, by vehicle, from the first behind *after_vehicle_id on; copies, in the arena. Moves
 * *after_vehicle_id on; true when that was the last page. */
bool newest_positions_read(struct newest_positions *newest, const struct newest_filter *filter, struct arena *arena,
                           int64_t *after_vehicle_id, struct position **positions, size_t *count);

#endif
