/* What a batch counts in the table ingest_path: per source, in its own transaction. Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_BATCH_PATHS_H
#define CRUMBTRAIL_INGEST_BATCH_PATHS_H

#include "ingest/batch.h"

/* What `count_paths.sql` takes; `exists` of the rows must be known. */
struct db_parameters *batch_path_parameters(const struct batch *batch, int64_t committed_at_us);

#endif
