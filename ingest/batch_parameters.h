/* The rows of a batch as parameters of its statements (the order of the .sql files' $n). Everything lives in the batch's arena.
 * Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_BATCH_PARAMETERS_H
#define CRUMBTRAIL_INGEST_BATCH_PARAMETERS_H

#include "ingest/batch.h"

/* A row that becomes the position of its vehicle. */
struct position_candidate {
  const struct batch_row *row;
  int64_t ordinal; /* among the rows that are inserted, from 1 */
  int64_t slow_since_us;
};

size_t batch_new_row_count(const struct batch *batch);
/* The newest unflagged new row of each vehicle, when it is newer than the remembered position. */
size_t batch_position_candidates(const struct batch *batch, struct position_candidate *candidates);

struct db_parameters *batch_breadcrumb_parameters(const struct batch *batch, const struct position_candidate *candidates,
                                                  size_t candidate_count, size_t new_row_count, int64_t numbers_taken);
struct db_parameters *batch_rejected_parameters(const struct batch *batch);
/* Only those whose flags became zero when `only_cleared`, without their flags; NULL when there are none. */
struct db_parameters *batch_correction_parameters(const struct batch *batch, bool only_cleared);

#endif
