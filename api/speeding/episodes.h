/* Reading speeding episodes: what the handlers of episodes.c, reviews.c and pack.c share. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_EPISODES_H
#define CRUMBTRAIL_API_SPEEDING_EPISODES_H

#include "api/speeding/episode.h"
#include "api/speeding/filter.h"

enum episode_sort { SORT_TIME, SORT_WORST };

/* A list of episodes on its way, page by page. The arena is for what lives as long as the query. */
struct episode_query {
  const struct speeding_filter *filter;
  struct arena *arena;
  enum episode_sort sort;
  int64_t after_us; /* of the last one read, as the following */
  int64_t after_vehicle_id;
  double after_excess_kmh;
};

struct episode_query episode_query_begin(const struct speeding_filter *filter, struct arena *arena, enum episode_sort sort);
/* At most the next `limit` rows into `arena`; fewer only at the end. */
struct error episode_query_next(struct episode_query *query, struct arena *arena, struct db_connection *connection,
                                int64_t limit, const struct db_rows **rows) ERROR_MUST_CHECK;

/* The episode {id} of the path: one row. ERROR_NOT_FOUND. */
struct error episode_read(struct request *request, struct db_connection *connection,
                          const struct db_rows **rows) ERROR_MUST_CHECK;
/* That row with its reviews and breadcrumbs as the answer, or as a GeoJSON feature. */
struct error episode_answer(struct request *request, struct db_connection *connection, const struct db_rows *rows,
                            enum format format) ERROR_MUST_CHECK;

#endif
