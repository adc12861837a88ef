/* Counters, gauges and histograms in the Prometheus text format 0.0.4.
 *
 * A `struct metrics` registry owns its metrics; made by main, handed to each module, which keeps the handles it registers at
 * start. Updating is lock-free and may happen on any thread; registering happens before the threads start, or under the
 * registry's lock (labels that are first seen later). Names: crumbtrail_..., base units, _total, _seconds, _bytes. */
#ifndef CRUMBTRAIL_SERVER_METRICS_H
#define CRUMBTRAIL_SERVER_METRICS_H

#include <stdint.h>

#include "server/base/text.h"

struct metrics;
struct counter;
struct gauge;
struct histogram;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* `labels` is "" or `path="iot",result="stored"`. The same name and labels give the same handle. Handles live as long as the
 * registry. All of one name must have one help text and kind. */
struct counter *metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help);
struct gauge *metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help);
/* Upper bounds ascending; +Inf is added. `bounds` must be static. */
struct histogram *metrics_histogram(struct metrics *metrics, const char *name, const char *labels, const char *help,
                                    const double *bounds, int bound_count);

void counter_add(struct counter *counter, uint64_t amount);
uint64_t counter_value(const struct counter *counter);
void gauge_set(struct gauge *gauge, double value);
void histogram_observe(struct histogram *histogram, double value);

/* 0.005 ... 10 s as in OpenTelemetry's HTTP conventions, and 1 ... 10,000 rows. */
extern const double METRICS_BOUNDS_SECONDS[14];
extern const double METRICS_BOUNDS_ROWS[9];

void metrics_render(struct metrics *metrics, struct buffer *out);

#endif
