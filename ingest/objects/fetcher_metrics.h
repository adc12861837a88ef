/* What the fetcher tells about itself. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_FETCHER_METRICS_H
#define CRUMBTRAIL_INGEST_OBJECTS_FETCHER_METRICS_H

#include "ingest/objects/object_ledger.h"
#include "server/metrics.h"

struct fetcher_metrics {
  struct counter *objects[OBJECT_STATE_COUNT];
  struct counter *bytes;
  struct gauge *in_hand;
};

/* Without a registry nothing is measured. */
void fetcher_metrics_register(struct fetcher_metrics *metrics, struct metrics *registry);
/* One marked object. */
void fetcher_metrics_count(const struct fetcher_metrics *metrics, enum object_state state, int64_t bytes);
void fetcher_metrics_in_hand(const struct fetcher_metrics *metrics, size_t count);

#endif
