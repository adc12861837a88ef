#include "server/http/query_workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/queue.h"
#include "server/http/request_state.h"
#include "server/log.h"
#include "server/metrics.h"

enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MAX_MS = 5000, STALL_DEFAULT_MS = 2000 };

struct lane {
  struct db_connection *connection; /* NULL until opened */
  int64_t retry_at_us;              /* monotonic; not before */
  int64_t back_off_ms;
};

struct worker {
  struct query_workers *workers;
  pthread_t thread;
  struct lane reading;
  struct lane writing;
};

struct query_workers {
  struct query_workers_settings settings;
  struct queue *queue;
  atomic_bool stopping;
  struct gauge *depth;
  struct counter *refused;
  struct histogram *duration;
  int started;
  struct worker workers[];
};

static struct error open_lane(struct worker *worker, struct lane *lane, bool read_only)
{
  if (lane->connection != NULL && db_is_usable(lane->connection)) {
    return error_none();
  }
  db_close(lane->connection);
  lane->connection = NULL;
  int64_t now_us = clock_monotonic_us();
  if (now_us < lane->retry_at_us) {
    return error_make(ERROR_DATABASE_AWAY, "waiting to connect again");
  }
  struct db_settings settings = worker->workers->settings.database;
  settings.read_only = read_only;
  struct error error = db_open(settings, &lane->connection);
  if (error.code == ERROR_NONE) {
    lane->back_off_ms = 0;
    return error;
  }
  lane->connection = NULL;
  lane->back_off_ms = lane->back_off_ms == 0 ? BACK_OFF_FIRST_MS : lane->back_off_ms * 2;
  lane->back_off_ms = lane->back_off_ms < BACK_OFF_MAX_MS ? lane->back_off_ms : BACK_OFF_MAX_MS;
  lane->retry_at_us = clock_monotonic_us() + lane->back_off_ms * US_PER_MS;
  return error;
}

static struct error run_once(struct worker *worker, struct lane *lane, struct request *request)
{
  bool read_only = lane == &worker->reading;
  TRY(open_lane(worker, lane, read_only));
  return request->match.route->query(request, request->match.context, lane->connection);
}

static bool is_known_to_be_away(const struct query_workers_settings *settings)
{
  return settings->database_is_away != NULL && settings->database_is_away(settings->database_context);
}

static struct error answer(struct worker *worker, struct request *request)
{
  if (atomic_load(&worker->workers->stopping)) {
    return error_make(ERROR_SHUTTING_DOWN, "the server stops");
  }
  const struct route *route = request->match.route;
  if (route->copes_without_database && is_known_to_be_away(&worker->workers->settings)) {
    return route->query(request, request->match.context, NULL);
  }
  bool reads = route->method == HTTP_GET;
  struct lane *lane = reads ? &worker->reading : &worker->writing;
  bool was_open = lane->connection != NULL;
  struct error error = run_once(worker, lane, request);
  /* A connection that was lost while nobody used it shows only now. Reading again is harmless. */
  if (error.code == ERROR_DATABASE_AWAY && was_open && reads && !request->begun) {
    response_reset(request);
    error = run_once(worker, lane, request);
  }
  if (error.code == ERROR_DATABASE_AWAY && route->copes_without_database && !request->begun) {
    response_reset(request);
    error = route->query(request, request->match.context, NULL);
  }
  return error;
}

static void *run(void *context)
{
  struct worker *worker = context;
  struct query_workers *workers = worker->workers;
  void *item = NULL;
  while (queue_take(workers->queue, &item, 1, -1) == 1) {
    struct request *request = item;
    gauge_set(workers->depth, (double)queue_depth(workers->queue));
    int64_t started_us = clock_monotonic_us();
    struct error error = answer(worker, request);
    histogram_observe(workers->duration, (double)(clock_monotonic_us() - started_us) / (double)US_PER_SECOND);
    request_finish_query(request, error);
  }
  db_close(worker->reading.connection);
  db_close(worker->writing.connection);
  return NULL;
}

static void register_metrics(struct query_workers *workers)
{
  struct metrics *metrics = workers->settings.metrics;
  workers->depth = metrics_gauge(metrics, "crumbtrail_query_queue_depth", "", "Queries that wait for a worker");
  workers->refused = metrics_counter(metrics, "crumbtrail_query_refused_total", "", "Queries refused: the queue was full");
  workers->duration =
      metrics_histogram(metrics, "crumbtrail_query_duration_seconds", "", "From taking a query to the end of its answer",
                        METRICS_BOUNDS_SECONDS, sizeof METRICS_BOUNDS_SECONDS / sizeof METRICS_BOUNDS_SECONDS[0]);
}

struct error query_workers_start(struct query_workers_settings settings, struct query_workers **out)
{
  size_t count = (size_t)settings.thread_count;
  struct query_workers *workers = calloc(1, sizeof *workers + count * sizeof workers->workers[0]);
  if (workers == NULL) {
    abort();
  }
  workers->settings = settings;
  workers->queue = queue_new((size_t)settings.queue_max);
  atomic_init(&workers->stopping, false);
  register_metrics(workers);
  for (; workers->started < settings.thread_count; workers->started++) {
    struct worker *worker = &workers->workers[workers->started];
    worker->workers = workers;
    int failure = pthread_create(&worker->thread, NULL, run, worker);
    if (failure != 0) {
      query_workers_stop(workers);
      return error_make(ERROR_SETUP, "cannot start a query worker: %s", strerror(failure));
    }
    pthread_setname_np(worker->thread, "query");
  }
  *out = workers;
  return error_none();
}

void query_workers_stop(struct query_workers *workers)
{
  if (workers == NULL) {
    return;
  }
  atomic_store(&workers->stopping, true);
  queue_close(workers->queue);
  for (int i = 0; i < workers->started; i++) {
    pthread_join(workers->workers[i].thread, NULL);
  }
  queue_free(workers->queue);
  free(workers);
}

struct error query_workers_submit(struct query_workers *workers, struct request *request, const struct route *route,
                                  void *context)
{
  request->match.route = route;
  request->match.context = context;
  request->workers_stopping = &workers->stopping;
  if (!queue_push(workers->queue, request)) {
    counter_add(workers->refused, 1);
    bool stopping = queue_is_closed(workers->queue);
    return error_make(stopping ? ERROR_SHUTTING_DOWN : ERROR_BUSY, "too many queries wait");
  }
  return error_none();
}

bool query_workers_held_up(const struct query_workers *workers, int64_t stalled_us)
{
  int64_t limit_ms = workers->settings.stall_ms != 0 ? workers->settings.stall_ms : STALL_DEFAULT_MS;
  return stalled_us >= limit_ms * US_PER_MS && queue_depth(workers->queue) > 0;
}
