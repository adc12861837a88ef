/* N threads with a database connection each that answer routes with a `query` handler.
 *
 * Bounded queue in (full: 503 with Retry-After), bounded stream back (request.h). A worker whose connection is lost answers
 * 503 and connects anew with back-off. GET runs in a read-only connection with statement_timeout; what
 * changes something in a second one of the worker, opened when first needed.
 * Thread: start and stop from main; submit from the HTTP thread. */
#ifndef CRUMBTRAIL_SERVER_HTTP_QUERY_WORKERS_H
#define CRUMBTRAIL_SERVER_HTTP_QUERY_WORKERS_H

#include "server/base/error.h"
#include "server/db/connection.h"
#include "server/http/router.h"

struct metrics;
struct query_workers;

struct query_workers_settings {
  int thread_count;
  int queue_max;
  int stall_ms; /* a client that takes nothing for so long while others wait for a worker is broken off; 0: 2000 */
  struct db_settings database; /* read_only is set per connection; texts are borrowed until stop */
  struct metrics *metrics;
  /* Whether it is known, without asking it, that the database does not answer: a route that copes is then not kept waiting for
   * a connection. Any worker's thread. NULL: never known. */
  bool (*database_is_away)(const void *context);
  const void *database_context;
};

struct error query_workers_start(struct query_workers_settings settings, struct query_workers **workers) ERROR_MUST_CHECK;
/* What waits is answered 503, streams break off, running statements end by themselves or by their time limit. The HTTP server
 * must still run. Frees; accepts NULL. */
void query_workers_stop(struct query_workers *workers);
/* Whether a worker whose client has taken nothing for so long keeps others waiting; its answer is then broken off. Thread: any.
 */
bool query_workers_held_up(const struct query_workers *workers, int64_t stalled_us);
/* ERROR_BUSY when full. */
struct error query_workers_submit(struct query_workers *workers, struct request *request, const struct route *route,
                                  void *context) ERROR_MUST_CHECK;

#endif
