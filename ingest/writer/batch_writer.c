#include "ingest/writer/batch_writer.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest/writer/batch.h"
#include "ingest/writer/batch_commit.h"
#include "ingest/writer/partitions.h"
#include "ingest/writer/under_way.h"
#include "ingest/writer/writer_metrics.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/queue.h"
#include "server/log.h"
#include "server/metrics.h"

enum {
  BATCH_ROWS_MAX = 2000,
  PENDING_MAX = 2048,
  QUEUE_BYTES_MAX = 128 * 1024 * 1024,
  ARENA_FIRST_BYTES = 1024 * 1024,
  POISON_ARENA_BYTES = 64 * 1024,
  IDLE_CHECK_MS = 1000,
  BACK_OFF_FIRST_MS = 100,
  BACK_OFF_MAX_MS = 5000,
  RELIEVED_AT_ONCE = 256,
};

/* A transaction that takes longer lets others wait too long: AWS IoT gives a delivery up after three seconds. */
static const int64_t STUCK_US = US_PER_SECOND;

struct batch_writer {
  struct batch_writer_settings settings;
  struct queue *queue;
  pthread_t thread;
  struct under_way *under_way;
  atomic_bool is_away;             /* no connection: deliveries are spooled or refused at once */
  _Atomic int64_t writes_since_us; /* monotonic: when the transaction that runs began; 0: none runs */
  _Atomic int64_t stop_at_us;      /* monotonic; 0: not stopping */
  struct writer_metrics metrics;
  /* The thread's own. */
  struct batch_store store;
  struct vehicle_registry *registry;
  struct partitions *partitions;
  struct arena *arena;
  struct delivery *pending[PENDING_MAX]; /* taken from the queue, oldest first */
  size_t pending_count;
  int back_off_ms;
  unsigned int seed;
};

/* ---- handing back ---- */

static void set_outcome(struct delivery **deliveries, size_t count, struct error outcome)
{
  for (size_t i = 0; i < count; i++) {
    deliveries[i]->outcome = outcome;
  }
}

static void drop_pending(struct batch_writer *writer, size_t count)
{
  writer->pending_count -= count;
  memmove(writer->pending, writer->pending + count, writer->pending_count * sizeof writer->pending[0]);
}

/* Answers everything that waits, and who waits for room: with nothing under way, nothing else would tell them. */
static void fail_all(struct batch_writer *writer, struct error outcome)
{
  do {
    set_outcome(writer->pending, writer->pending_count, outcome);
    under_way_end(writer->under_way, writer->pending, writer->pending_count);
    writer->pending_count = queue_take(writer->queue, (void **)writer->pending, PENDING_MAX, 0);
  } while (writer->pending_count != 0);
  under_way_tell_waiters(writer->under_way);
}

/* ---- connection ---- */

static void disconnect(struct batch_writer *writer)
{
  db_close(writer->store.connection);
  writer->store.connection = NULL;
  atomic_store(&writer->is_away, true);
}

static struct error connect_once(struct batch_writer *writer)
{
  TRY(db_open(writer->settings.database, &writer->store.connection));
  /* All that the writer asks for is found by key; guesses about the size of its arrays must not make it read whole tables. */
  struct error error = db_execute(writer->store.connection, "SET enable_hashjoin = off; SET enable_mergejoin = off; "
                                                            "SET enable_seqscan = off; SET jit = off");
  if (error.code != ERROR_NONE) {
    disconnect(writer);
    return error;
  }
  /* It may be another database than before, or one set back to an earlier state. */
  vehicle_registry_forget(writer->registry);
  partitions_forget(writer->partitions);
  writer->store.generation++;
  writer->store.known_head = -1;
  writer->store.shared_batches_ahead = 0;
  writer->store.known_paths = 0;
  writer->back_off_ms = BACK_OFF_FIRST_MS;
  atomic_store(&writer->is_away, false);
  LOG_INFO("writer_connected", "server_version=%d", db_server_version(writer->store.connection));
  return error_none();
}

static bool is_stopping(const struct batch_writer *writer)
{
  return atomic_load(&writer->stop_at_us) != 0;
}

/* Waits a while, answering what still comes; between half and all of the back-off, so that servers do not come all at once. */
static void back_off(struct batch_writer *writer, struct error reason)
{
  int half_ms = writer->back_off_ms / 2;
  int64_t until_us = clock_monotonic_us() + (half_ms + rand_r(&writer->seed) % (half_ms + 1)) * US_PER_MS;
  for (int64_t left_us = 1; left_us > 0 && !is_stopping(writer); left_us = until_us - clock_monotonic_us()) {
    writer->pending_count = queue_take(writer->queue, (void **)writer->pending, PENDING_MAX, (int)(left_us / US_PER_MS) + 1);
    fail_all(writer, reason);
  }
  writer->back_off_ms = writer->back_off_ms * 2 < BACK_OFF_MAX_MS ? writer->back_off_ms * 2 : BACK_OFF_MAX_MS;
}

static void connect_again(struct batch_writer *writer)
{
  struct error away = error_make(ERROR_DATABASE_AWAY, "the database cannot be reached");
  fail_all(writer, away);
  struct error error = connect_once(writer);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "writer_cannot_connect", &error);
    back_off(writer, away);
  }
}

/* Nothing waits: has the server gone meanwhile? Better to know before the next delivery. */
static void check_idle_connection(struct batch_writer *writer)
{
  struct pollfd socket = {.fd = db_socket(writer->store.connection), .events = POLLRDHUP};
  bool is_gone = !db_is_usable(writer->store.connection) ||
                 (poll(&socket, 1, 0) > 0 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
  if (is_gone) {
    LOG_WARNING("writer_lost_connection", "while=idle");
    disconnect(writer);
  }
}

/* ---- one batch ---- */

static struct error ensure_days(struct batch_writer *writer, struct arena *arena, const struct batch *batch)
{
  int32_t *days = arena_alloc_bytes(arena, batch->row_count * sizeof *days);
  size_t count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    int32_t day = clock_day(batch->rows[i].key.recorded_at_us);
    if (count == 0 || days[count - 1] != day) {
      days[count++] = day;
    }
  }
  return partitions_ensure(writer->partitions, writer->store.connection, days, count);
}

static struct error write_once(struct batch_writer *writer, struct arena *arena, struct delivery **deliveries, size_t count,
                               size_t *row_count)
{
  struct batch batch;
  size_t name_count = 0;
  struct text *names = batch_vehicle_names(arena, deliveries, count, &name_count);
  TRY(vehicle_registry_resolve(writer->registry, writer->store.connection, arena, names, name_count, clock_now_us(),
                               writer->store.generation));
  batch_make(arena, deliveries, count, writer->registry, &batch);
  TRY(ensure_days(writer, arena, &batch));
  *row_count = batch.row_count;
  TRY(batch_commit(&writer->store, &batch));
  if (writer->settings.on_committed != NULL) {
    writer->settings.on_committed(writer->settings.on_committed_context, &batch, writer->registry);
  }
  return error_none();
}

/* Once more when a partition has been dropped since it was last seen (23514 is said of that, too). */
static struct error write_deliveries(struct batch_writer *writer, struct arena *arena, struct delivery **deliveries,
                                     size_t count)
{
  size_t row_count = 0;
  int64_t started_us = clock_monotonic_us();
  atomic_store(&writer->writes_since_us, started_us);
  struct error error = write_once(writer, arena, deliveries, count, &row_count);
  if (error.code == ERROR_DATABASE_REFUSED && strcmp(error.sqlstate, "23514") == 0) {
    partitions_forget(writer->partitions);
    error = write_once(writer, arena, deliveries, count, &row_count);
  }
  atomic_store(&writer->writes_since_us, 0);
  if (error.code == ERROR_NONE) {
    double commit_s = (double)(clock_monotonic_us() - started_us) / 1e6;
    writer_metrics_commit(&writer->metrics, deliveries, count, row_count, commit_s, clock_now_us());
    LOG_DEBUG("batch_committed", "deliveries=%zu rows=%zu us=%lld", count, row_count,
              (long long)(clock_monotonic_us() - started_us));
  }
  return error;
}

/* The database refuses the data of this one delivery: it is kept as it came, with the reason. */
static void keep_poison(struct batch_writer *writer, struct delivery *delivery, struct error reason)
{
  struct arena *arena = arena_new(POISON_ARENA_BYTES);
  bool has_one = delivery->breadcrumb_count == 1;
  struct rejected reject = {.vehicle = has_one ? delivery->breadcrumbs[0].vehicle : (struct text){NULL, 0},
                            .field = TEXT("$"),
                            .reason = rejected_storable(text_copy(arena, text_from(reason.detail))),
                            .body = delivery->body};
  struct delivery kept = {.rejects = &reject,
                          .reject_count = 1,
                          .vehicle_hint = delivery->vehicle_hint,
                          .request_id = delivery->request_id,
                          .received_at_us = delivery->received_at_us,
                          .is_continuation = delivery->is_continuation,
                          .source = delivery->source};
  struct delivery *list = &kept;
  LOG_WARNING("delivery_refused_by_database", "request_id=%.*s sqlstate=%s detail=%s", TEXT_ARGS(delivery->request_id),
              reason.sqlstate, log_quote_cstring(reason.detail));
  delivery->outcome = write_deliveries(writer, arena, &list, 1);
  delivery->stored_count = delivery->duplicate_count = delivery->duplicate_elsewhere_count = 0;
  if (delivery->outcome.code == ERROR_NONE) {
    delivery->outcome = error_at(ERROR_BAD_INPUT, "$", "the database refuses it: %s", reason.detail);
  }
  arena_free(arena);
}

/* Halves a batch whose data were refused until the delivery at fault stands alone; the others are stored. */
static void write_or_split(struct batch_writer *writer, struct delivery **deliveries, size_t count)
{
  arena_reset(writer->arena);
  struct error error = write_deliveries(writer, writer->arena, deliveries, count);
  if (!batch_error_is_of_data(&error)) {
    if (error.code != ERROR_NONE) {
      log_error(LOG_LEVEL_ERROR, "batch_failed", &error);
    }
    set_outcome(deliveries, count, error);
  } else if (count == 1) {
    keep_poison(writer, deliveries[0], error);
  } else {
    write_or_split(writer, deliveries, count / 2);
    write_or_split(writer, deliveries + count / 2, count - count / 2);
  }
}

/* How many of the pending deliveries make the next batch. */
static size_t next_batch(const struct batch_writer *writer)
{
  size_t rows = 0;
  size_t count = 0;
  while (count < writer->pending_count && (count == 0 || rows < BATCH_ROWS_MAX)) {
    rows += writer->pending[count]->breadcrumb_count;
    count++;
  }
  return count;
}

static void write_next(struct batch_writer *writer)
{
  size_t count = next_batch(writer);
  write_or_split(writer, writer->pending, count);
  under_way_end(writer->under_way, writer->pending, count);
  drop_pending(writer, count);
  if (!db_is_usable(writer->store.connection)) {
    disconnect(writer);
  }
}

/* ---- the thread ---- */

static bool is_over(const struct batch_writer *writer)
{
  int64_t stop_at_us = atomic_load(&writer->stop_at_us);
  return stop_at_us != 0 && (clock_monotonic_us() >= stop_at_us || writer->store.connection == NULL ||
                             (writer->pending_count == 0 && queue_depth(writer->queue) == 0));
}

static void *run(void *argument)
{
  struct batch_writer *writer = argument;
  (void)pthread_setname_np(pthread_self(), "writer");
  while (!is_over(writer)) {
    if (writer->store.connection == NULL) {
      connect_again(writer);
      continue;
    }
    int timeout_ms = writer->pending_count == 0 ? IDLE_CHECK_MS : 0;
    writer->pending_count += queue_take(writer->queue, (void **)writer->pending + writer->pending_count,
                                        PENDING_MAX - writer->pending_count, timeout_ms);
    /* Told from here and not when the metrics are asked for: they may be asked for after the writer has gone. */
    if (writer->settings.metrics != NULL) {
      gauge_set(writer->metrics.queue_depth, (double)(writer->pending_count + queue_depth(writer->queue)));
    }
    if (writer->pending_count != 0) {
      write_next(writer);
    } else if (!is_stopping(writer)) {
      under_way_tell_waiters(writer->under_way); /* who saw a delivery that was then refused as the last one under way */
      check_idle_connection(writer);
    }
  }
  fail_all(writer, error_make(ERROR_SHUTTING_DOWN, "the server is shutting down"));
  return NULL;
}

struct error batch_writer_start(struct batch_writer_settings settings, struct batch_writer **writer)
{
  struct batch_writer *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  made->queue = queue_new((size_t)settings.queue_max);
  made->under_way =
      under_way_new(settings.queue_max_bytes > 0 ? (size_t)settings.queue_max_bytes : QUEUE_BYTES_MAX, settings.spool);
  made->registry = vehicle_registry_new();
  made->partitions = partitions_new();
  made->arena = arena_new(ARENA_FIRST_BYTES);
  made->store.generation = 1;
  made->store.known_head = -1;
  made->back_off_ms = BACK_OFF_FIRST_MS;
  made->seed = (unsigned int)clock_monotonic_us();
  writer_metrics_register(&made->metrics, settings.metrics);
  atomic_store(&made->is_away, true);
  struct error error = connect_once(made);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "writer_cannot_connect", &error);
  }
  if (pthread_create(&made->thread, NULL, run, made) != 0) {
    abort();
  }
  *writer = made;
  return error_none();
}

bool batch_writer_is_stuck(const struct batch_writer *writer)
{
  int64_t since_us = atomic_load(&writer->writes_since_us);
  return since_us != 0 && clock_monotonic_us() - since_us > STUCK_US;
}

/* Into the queue, or into the spool while the database would let it wait. */
static struct error pass_on(struct batch_writer *writer, struct delivery *delivery)
{
  bool is_away = atomic_load(&writer->is_away);
  bool spools = writer->settings.spool != NULL && !delivery->is_repeatable;
  if (spools && (is_away || batch_writer_is_stuck(writer))) {
    return under_way_spool(writer->under_way, delivery);
  }
  if (is_away) {
    return error_make(ERROR_DATABASE_AWAY, "the database cannot be reached");
  }
  return queue_push(writer->queue, delivery) ? error_none() : error_make(ERROR_BUSY, "too many deliveries wait to be stored");
}

struct error batch_writer_submit(struct batch_writer *writer, struct delivery *delivery)
{
  if (is_stopping(writer)) {
    return error_make(ERROR_SHUTTING_DOWN, "the server is shutting down");
  }
  delivery->outcome = error_none();
  if (!under_way_begin(writer->under_way, delivery)) {
    return error_make(ERROR_BUSY, "too many deliveries wait to be stored");
  }
  struct error error = pass_on(writer, delivery);
  if (error.code != ERROR_NONE) {
    under_way_undo(writer->under_way, delivery);
  }
  return error;
}

bool batch_writer_wait_for_room(struct batch_writer *writer, struct batch_writer_waiter *waiter)
{
  return !is_stopping(writer) && under_way_add_waiter(writer->under_way, waiter);
}

void batch_writer_relieve(struct batch_writer *writer)
{
  struct delivery *taken[RELIEVED_AT_ONCE];
  if (writer->settings.spool == NULL || !batch_writer_is_stuck(writer)) {
    return;
  }
  for (size_t left = queue_depth(writer->queue); left != 0;) {
    size_t wanted = left < RELIEVED_AT_ONCE ? left : RELIEVED_AT_ONCE;
    size_t count = queue_take(writer->queue, (void **)taken, wanted, 0);
    size_t ended = 0;
    for (size_t i = 0; i < count; i++) {
      bool waits_on = taken[i]->is_repeatable && queue_push(writer->queue, taken[i]);
      if (!waits_on) {
        taken[i]->outcome = error_make(ERROR_DATABASE_AWAY, "the database does not answer");
        taken[ended++] = taken[i];
      }
    }
    if (ended != 0) {
      under_way_end(writer->under_way, taken, ended);
    }
    left = count == wanted ? left - count : 0;
  }
}

bool batch_writer_is_ready(const struct batch_writer *writer)
{
  return !atomic_load(&writer->is_away) && !is_stopping(writer);
}

void batch_writer_stop(struct batch_writer *writer, int grace_ms)
{
  if (writer == NULL) {
    return;
  }
  atomic_store(&writer->stop_at_us, clock_monotonic_us() + grace_ms * US_PER_MS);
  queue_close(writer->queue);
  (void)pthread_join(writer->thread, NULL);
  under_way_wait_for_spool(writer->under_way);
  db_close(writer->store.connection);
  partitions_free(writer->partitions);
  vehicle_registry_free(writer->registry);
  arena_free(writer->arena);
  queue_free(writer->queue);
  under_way_free(writer->under_way);
  free(writer);
}
