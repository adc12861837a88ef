#include "server/http/http_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/metrics.h"

enum { STATUS_KINDS_MAX = 24, LABELS_MAX = 256 };

struct status_counter {
  int status;
  struct counter *counter;
};

struct route_metrics {
  const char *pattern;
  struct histogram *duration;
  struct status_counter statuses[STATUS_KINDS_MAX]; /* made when first seen */
  int status_count;
};

struct http_metrics {
  struct metrics *metrics;
  const char *listener;
  struct gauge *connections;
  struct counter *refused;
  struct counter *sent_bytes;
  int route_count;
  struct route_metrics routes[]; /* the last one: no route */
};

static struct route_metrics *route_of(struct http_metrics *http_metrics, int index)
{
  return &http_metrics->routes[index < 0 ? http_metrics->route_count : index];
}

struct http_metrics *http_metrics_new(struct metrics *metrics, const char *listener, const struct router *router)
{
  int route_count = router_count(router);
  struct http_metrics *made = calloc(1, sizeof *made + ((size_t)route_count + 1) * sizeof made->routes[0]);
  if (made == NULL) {
    abort();
  }
  made->metrics = metrics;
  made->listener = listener;
  made->route_count = route_count;
  char labels[LABELS_MAX];
  snprintf(labels, sizeof labels, "listener=\"%s\"", listener);
  made->connections = metrics_gauge(metrics, "crumbtrail_http_connections", labels, "Open HTTP connections");
  made->refused = metrics_counter(metrics, "crumbtrail_http_connections_refused_total", labels,
                                  "Connections closed at once because there were too many");
  made->sent_bytes = metrics_counter(metrics, "crumbtrail_http_response_bytes_total", labels, "Bytes of answers' bodies");
  for (int i = 0; i <= route_count; i++) {
    struct route_metrics *route = &made->routes[i];
    route->pattern = i < route_count ? router_at(router, i)->pattern : "none";
    snprintf(labels, sizeof labels, "listener=\"%s\",route=\"%s\"", listener, route->pattern);
    route->duration = metrics_histogram(metrics, "crumbtrail_http_request_duration_seconds", labels,
                                        "From the end of the head to the end of the answer", METRICS_BOUNDS_SECONDS,
                                        sizeof METRICS_BOUNDS_SECONDS / sizeof METRICS_BOUNDS_SECONDS[0]);
  }
  return made;
}

void http_metrics_free(struct http_metrics *http_metrics)
{
  free(http_metrics);
}

static struct counter *status_counter(struct http_metrics *http_metrics, struct route_metrics *route, int status)
{
  for (int i = 0; i < route->status_count; i++) {
    if (route->statuses[i].status == status) {
      return route->statuses[i].counter;
    }
  }
  char labels[LABELS_MAX];
  snprintf(labels, sizeof labels, "listener=\"%s\",route=\"%s\",status=\"%d\"", http_metrics->listener, route->pattern, status);
  struct counter *counter =
      metrics_counter(http_metrics->metrics, "crumbtrail_http_requests_total", labels, "Requests that were answered");
  if (route->status_count < STATUS_KINDS_MAX) {
    route->statuses[route->status_count++] = (struct status_counter){status, counter};
  }
  return counter;
}

void http_metrics_answered(struct http_metrics *http_metrics, int route_index, int status, int64_t duration_us,
                           uint64_t sent_bytes)
{
  struct route_metrics *route = route_of(http_metrics, route_index);
  counter_add(status_counter(http_metrics, route, status), 1);
  counter_add(http_metrics->sent_bytes, sent_bytes);
  histogram_observe(route->duration, (double)duration_us / (double)US_PER_SECOND);
}

void http_metrics_connections(struct http_metrics *http_metrics, int count)
{
  gauge_set(http_metrics->connections, count);
}

void http_metrics_refused(struct http_metrics *http_metrics)
{
  counter_add(http_metrics->refused, 1);
}
