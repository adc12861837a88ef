/* The rows of a batch as parameters of its statements (the order of the .sql files' $n). Everything lives in the batch's arena.
 * Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_PARAMETERS_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_PARAMETERS_H

#include "ingest/writer/batch.h"
#include "server/db/copy.h"

/* A row that becomes the position of its vehicle. */
struct position_candidate {
  const struct batch_row *row;
  int64_t ordinal; /* among the rows that are inserted, from 1 */
  int64_t slow_since_us;
};

size_t batch_new_row_count(const struct batch *batch);
/* The newest unflagged new row of each vehicle, when it is newer than the remembered position. */
size_t batch_position_candidates(const struct batch *batch, struct position_candidate *candidates);

/* The rows that are inserted, numbered from number_before + 1: as arrays, and as a copy. */
struct db_parameters *batch_breadcrumb_parameters(const struct batch *batch, size_t new_row_count, int64_t number_before);
struct db_copy *batch_breadcrumb_copy(const struct batch *batch, size_t new_row_count, int64_t number_before);
/* Of those candidates whose vehicle has a position already, or of those whose vehicle has none; NULL when there are none. */
struct db_parameters *batch_position_parameters(const struct batch *batch, const struct position_candidate *candidates,
                                                size_t candidate_count, bool have_position, int64_t number_before);
struct db_parameters *batch_rejected_parameters(const struct batch *batch);
/* Only those whose flags became zero when `only_cleared`, without their flags; NULL when there are none. */
struct db_parameters *batch_correction_parameters(const struct batch *batch, bool only_cleared);

#endif
