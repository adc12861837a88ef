/* What the writer tells about itself. Handles may be updated on any thread; registered before the writer's thread starts. */
#ifndef CRUMBTRAIL_INGEST_WRITER_WRITER_METRICS_H
#define CRUMBTRAIL_INGEST_WRITER_WRITER_METRICS_H

#include "ingest/writer/batch_writer.h"
#include "server/metrics.h"

enum { SOURCE_COUNT = SOURCE_REPLAY + 1 };

struct writer_metrics {
  struct metrics *registry; /* NULL: nothing is measured */
  struct counter *stored[SOURCE_COUNT];
  struct counter *duplicates[SOURCE_COUNT];
  struct counter *duplicates_elsewhere[SOURCE_COUNT];
  struct counter *rejected[SOURCE_COUNT];
  struct histogram *commit_seconds;
  struct histogram *batch_rows;
  struct histogram *lag_seconds;
  struct gauge *queue_depth;
  struct gauge *last_ingest;
};

void writer_metrics_register(struct writer_metrics *metrics, struct metrics *registry);

/* One committed transaction. */
void writer_metrics_commit(const struct writer_metrics *metrics, struct delivery *const *deliveries, size_t delivery_count,
                           size_t row_count, double commit_s, int64_t now_us);

#endif
