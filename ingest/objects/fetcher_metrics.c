#include "ingest/objects/fetcher_metrics.h"

#include <stdio.h>

void fetcher_metrics_register(struct fetcher_metrics *metrics, struct metrics *registry)
{
  static const enum object_state counted[] = {OBJECT_READ, OBJECT_FAILED, OBJECT_MISSING};
  if (registry == NULL) {
    return;
  }
  for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
    char labels[32];
    (void)snprintf(labels, sizeof labels, "result=\"%s\"", object_state_word(counted[i]));
    metrics->objects[counted[i]] = metrics_counter(registry, "crumbtrail_objects_total", labels,
                                                   "Objects of S3, by what came of an attempt to read them.");
  }
  metrics->bytes = metrics_counter(registry, "crumbtrail_object_bytes_total", "", "Bytes of objects that were read whole.");
  metrics->in_hand = metrics_gauge(registry, "crumbtrail_objects_in_hand", "", "Objects that are being read or stored now.");
}

void fetcher_metrics_count(const struct fetcher_metrics *metrics, enum object_state state, int64_t bytes)
{
  if (metrics->objects[state] != NULL) {
    counter_add(metrics->objects[state], 1);
  }
  if (metrics->bytes != NULL && state == OBJECT_READ) {
    counter_add(metrics->bytes, (uint64_t)bytes);
  }
}

void fetcher_metrics_in_hand(const struct fetcher_metrics *metrics, size_t count)
{
  if (metrics->in_hand != NULL) {
    gauge_set(metrics->in_hand, (double)count);
  }
}
