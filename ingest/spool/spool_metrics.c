#include "ingest/spool/spool_metrics.h"

void spool_metrics_register(struct spool_metrics *metrics, struct metrics *registry)
{
  *metrics = (struct spool_metrics){.registry = registry};
  if (registry == NULL) {
    return;
  }
  metrics->kept = metrics_counter(registry, "crumbtrail_spool_kept_total", "", "Deliveries that went to disk.");
  metrics->refused =
      metrics_counter(registry, "crumbtrail_spool_refused_total", "", "Deliveries that found no room on disk, answered 503.");
  metrics->drained =
      metrics_counter(registry, "crumbtrail_spool_drained_total", "", "Deliveries that went from disk to the database.");
  metrics->entries = metrics_gauge(registry, "crumbtrail_spool_entries", "", "Deliveries that wait on disk.");
  metrics->bytes = metrics_gauge(registry, "crumbtrail_spool_bytes", "", "Their size.");
  metrics->bytes_max = metrics_gauge(registry, "crumbtrail_spool_max_bytes", "", "How much may wait, by the setting.");
  metrics->oldest = metrics_gauge(registry, "crumbtrail_spool_oldest_timestamp_seconds", "",
                                  "When the first that waits was received, Unix time; 0: nothing waits.");
  metrics->damaged =
      metrics_gauge(registry, "crumbtrail_spool_damaged_files", "", "Damaged files that were moved aside since the start.");
}

void spool_metrics_put(const struct spool_metrics *metrics, size_t kept, size_t refused)
{
  if (metrics->registry != NULL) {
    counter_add(metrics->kept, kept);
    counter_add(metrics->refused, refused);
  }
}

void spool_metrics_drained(const struct spool_metrics *metrics, uint64_t entries)
{
  if (metrics->registry != NULL) {
    counter_add(metrics->drained, entries);
  }
}

void spool_metrics_set(const struct spool_metrics *metrics, const struct spool_state *state)
{
  if (metrics->registry == NULL) {
    return;
  }
  gauge_set(metrics->entries, (double)state->entries);
  gauge_set(metrics->bytes, (double)state->bytes);
  gauge_set(metrics->bytes_max, (double)state->bytes_max);
  gauge_set(metrics->oldest, (double)state->oldest_received_at_us / 1e6);
  gauge_set(metrics->damaged, (double)state->damaged_files);
}
