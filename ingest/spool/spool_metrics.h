/* What the spool tells about itself. Handles may be updated on any thread; registered before the spool's thread starts. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_SPOOL_METRICS_H
#define CRUMBTRAIL_INGEST_SPOOL_SPOOL_METRICS_H

#include "ingest/spool/spool.h"
#include "server/metrics.h"

struct spool_metrics {
  struct metrics *registry; /* NULL: nothing is measured */
  struct counter *kept;
  struct counter *refused;
  struct counter *drained;
  struct gauge *entries;
  struct gauge *bytes;
  struct gauge *bytes_max;
  struct gauge *oldest;
  struct gauge *damaged;
};

void spool_metrics_register(struct spool_metrics *metrics, struct metrics *registry);
void spool_metrics_put(const struct spool_metrics *metrics, size_t kept, size_t refused);
void spool_metrics_drained(const struct spool_metrics *metrics, uint64_t entries);
void spool_metrics_set(const struct spool_metrics *metrics, const struct spool_state *state);

#endif
