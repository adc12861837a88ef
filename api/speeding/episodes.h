/* Reading speeding episodes: what the handlers of episodes.c and reviews.c share. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_EPISODES_H
#define CRUMBTRAIL_API_SPEEDING_EPISODES_H

#include "api/speeding/episode.h"
#include "api/speeding/filter.h"

/* The episode {id} of the path: one row. ERROR_NOT_FOUND. */
struct error episode_read(struct request *request, struct db_connection *connection,
                          const struct db_rows **rows) ERROR_MUST_CHECK;
/* That row with its reviews and breadcrumbs as the answer, or as a GeoJSON feature. */
struct error episode_answer(struct request *request, struct db_connection *connection, const struct db_rows *rows,
                            enum format format) ERROR_MUST_CHECK;

#endif
