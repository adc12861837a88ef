#include "ingest/writer/writer_metrics.h"

#include <stdio.h>

static struct counter *events_counter(struct metrics *registry, const char *path, const char *result)
{
  char labels[64];
  (void)snprintf(labels, sizeof labels, "path=\"%s\",result=\"%s\"", path, result);
  return metrics_counter(registry, "crumbtrail_ingest_events_total", labels,
                         "Events by the way they came and what became of them.");
}

static struct counter *elsewhere_counter(struct metrics *registry, const char *path)
{
  char labels[32];
  (void)snprintf(labels, sizeof labels, "path=\"%s\"", path);
  return metrics_counter(registry, "crumbtrail_ingest_duplicates_elsewhere_total", labels,
                         "Duplicates of what had come by another way.");
}

void writer_metrics_register(struct writer_metrics *metrics, struct metrics *registry)
{
  static const char *const paths[SOURCE_COUNT] = {[SOURCE_IOT_HTTP] = "iot",
                                                  [SOURCE_SNS] = "sns",
                                                  [SOURCE_S3] = "s3",
                                                  [SOURCE_FIREHOSE] = "firehose",
                                                  [SOURCE_REPLAY] = "replay"};
  static const double lag_bounds_s[] = {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400};
  *metrics = (struct writer_metrics){.registry = registry};
  if (registry == NULL) {
    return;
  }
  for (int source = SOURCE_IOT_HTTP; source < SOURCE_COUNT; source++) {
    metrics->stored[source] = events_counter(registry, paths[source], "stored");
    metrics->duplicates[source] = events_counter(registry, paths[source], "duplicate");
    metrics->rejected[source] = events_counter(registry, paths[source], "rejected");
    metrics->duplicates_elsewhere[source] = elsewhere_counter(registry, paths[source]);
  }
  metrics->commit_seconds = metrics_histogram(registry, "crumbtrail_ingest_commit_seconds", "",
                                              "Time of a batch, up to its commit.", METRICS_BOUNDS_SECONDS, 14);
  metrics->batch_rows =
      metrics_histogram(registry, "crumbtrail_ingest_batch_rows", "", "Breadcrumbs in a batch.", METRICS_BOUNDS_ROWS, 9);
  metrics->lag_seconds = metrics_histogram(registry, "crumbtrail_ingest_lag_seconds", "", "From recorded to committed.",
                                           lag_bounds_s, sizeof lag_bounds_s / sizeof lag_bounds_s[0]);
  metrics->queue_depth = metrics_gauge(registry, "crumbtrail_ingest_queue_depth", "", "Deliveries that wait for the writer.");
  metrics->last_ingest =
      metrics_gauge(registry, "crumbtrail_ingest_last_timestamp_seconds", "", "When something was committed last, Unix time.");
}

static void observe_lag(const struct writer_metrics *metrics, const struct delivery *delivery, int64_t now_us)
{
  for (size_t i = 0; i < delivery->breadcrumb_count; i++) {
    double lag_s = (double)(now_us - delivery->breadcrumbs[i].recorded_at_us) / 1e6;
    histogram_observe(metrics->lag_seconds, lag_s > 0 ? lag_s : 0);
  }
}

void writer_metrics_commit(const struct writer_metrics *metrics, struct delivery *const *deliveries, size_t delivery_count,
                           size_t row_count, double commit_s, int64_t now_us)
{
  uint64_t stored[SOURCE_COUNT] = {0};
  uint64_t duplicates[SOURCE_COUNT] = {0};
  uint64_t elsewhere[SOURCE_COUNT] = {0};
  uint64_t rejected[SOURCE_COUNT] = {0};
  if (metrics->registry == NULL) {
    return;
  }
  for (size_t i = 0; i < delivery_count; i++) {
    const struct delivery *delivery = deliveries[i];
    stored[delivery->source] += delivery->stored_count;
    duplicates[delivery->source] += delivery->duplicate_count;
    elsewhere[delivery->source] += delivery->duplicate_elsewhere_count;
    rejected[delivery->source] += delivery->reject_count;
    observe_lag(metrics, delivery, now_us);
  }
  for (int source = SOURCE_IOT_HTTP; source < SOURCE_COUNT; source++) {
    counter_add(metrics->stored[source], stored[source]);
    counter_add(metrics->duplicates[source], duplicates[source]);
    counter_add(metrics->duplicates_elsewhere[source], elsewhere[source]);
    counter_add(metrics->rejected[source], rejected[source]);
  }
  histogram_observe(metrics->commit_seconds, commit_s);
  histogram_observe(metrics->batch_rows, (double)row_count);
  gauge_set(metrics->last_ingest, (double)now_us / 1e6);
}
