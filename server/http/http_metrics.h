/* The counters of one listener: by route and status, never by raw path.
 * Thread: the HTTP thread after http_metrics_new. */
#ifndef CRUMBTRAIL_SERVER_HTTP_HTTP_METRICS_H
#define CRUMBTRAIL_SERVER_HTTP_HTTP_METRICS_H

#include <stdint.h>

#include "server/http/router.h"

struct metrics;
struct http_metrics;

struct http_metrics *http_metrics_new(struct metrics *metrics, const char *listener, const struct router *router);
void http_metrics_free(struct http_metrics *http_metrics); /* accepts NULL; the registry keeps the counters */

/* `route_index` as in struct route_match; -1 counts as route "none". */
void http_metrics_answered(struct http_metrics *http_metrics, int route_index, int status, int64_t duration_us,
                           uint64_t sent_bytes);
void http_metrics_connections(struct http_metrics *http_metrics, int count);
void http_metrics_refused(struct http_metrics *http_metrics);

#endif
