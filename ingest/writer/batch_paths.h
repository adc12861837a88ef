/* What a batch counts in the table ingest_path: per source, in its own transaction. Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_PATHS_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_PATHS_H

#include "ingest/writer/batch.h"

enum { PATH_COUNT = SOURCE_REPLAY + 1 };

/* Of one source; both NULL when the batch has nothing of it. */
struct path_parameters {
  struct db_parameters *ensure; /* what ensure_path.sql takes */
  struct db_parameters *count;  /* what count_path.sql takes */
};

/* `exists` of the rows must be known. */
void batch_path_parameters(const struct batch *batch, int64_t committed_at_us, struct path_parameters paths[PATH_COUNT]);

#endif
