#include "api/live/change_feed.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/live/feed_batch.h"
#include "api/live/hub.h"
#include "api_sql.h"
#include "server/base/clock.h"
#include "server/log.h"
#include "server/metrics.h"

static const char CHANNEL[] = "crumbtrail_feed";
enum { READ_INTERVAL_MS = 40, POLL_INTERVAL_MS = 2000, BACK_OFF_MIN_MS = 100, BACK_OFF_MAX_MS = 5000 };
enum { UNWATCHED_INTERVAL_MAX_MS = 1000, UNWATCHED_REST_FACTOR = 10 };
enum { PAGE_ROWS = 4096, BATCH_ARENA_BYTES = 16 * 1024 };

struct change_feed {
  struct change_feed_settings settings;
  pthread_t thread;
  int wake_fd;
  atomic_bool is_stopping;
  atomic_bool is_connected;

  struct db_connection *connection;
  int64_t last_seq; /* every change up to here has been delivered; -1: none */
  char epoch[FEED_EPOCH_MAX];
  bool must_reset; /* the hub has not been told yet that this epoch is another */

  struct gauge *connected;
  struct counter *reads;
  struct counter *rows;
  struct histogram *read_seconds;
};

/* A position of the page that is being read: the next page begins after it. */
struct page_cursor {
  int64_t seq;
  int64_t vehicle_id;
};

static struct position read_position(struct arena *arena, const struct db_rows *rows, int row)
{
  return (struct position){
      .vehicle_id = db_int64(rows, row, 0),
      .vehicle = text_copy(arena, db_text(rows, row, 1)),
      .recorded_at_us = db_time(rows, row, 2),
      .received_at_us = db_time(rows, row, 3),
      .slow_since_us = db_is_null(rows, row, 4) ? 0 : db_time(rows, row, 4),
      .version = db_int64(rows, row, 5),
      .seq = db_int64(rows, row, 6),
      .longitude_deg = db_double(rows, row, 7),
      .latitude_deg = db_double(rows, row, 8),
      .speed_kmh = (float)db_double(rows, row, 9),
      .heading_deg = (float)db_double(rows, row, 10),
      .temperature_c = (float)db_double(rows, row, 11),
      .ignition = (int8_t)(db_is_null(rows, row, 12) ? -1 : db_bool(rows, row, 12)),
  };
}

static struct feed_batch *new_batch(const struct change_feed *feed, int64_t head)
{
  struct arena *arena = arena_new(BATCH_ARENA_BYTES);
  struct feed_batch *batch = arena_alloc(arena, sizeof *batch);
  batch->arena = arena;
  batch->head = head;
  memcpy(batch->epoch, feed->epoch, sizeof batch->epoch);
  return batch;
}

static struct error read_page(struct change_feed *feed, struct feed_batch *batch, struct page_cursor *cursor)
{
  struct arena *arena = arena_new(4096);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, cursor->seq);
  db_add_int64(parameters, cursor->vehicle_id);
  db_add_int64(parameters, PAGE_ROWS);
  const struct db_rows *rows;
  struct error error = db_query(feed->connection, arena, &SQL_READ_CHANGED_POSITIONS, parameters, &rows);
  if (error.code != ERROR_NONE) {
    arena_free(arena);
    return error;
  }
  int count = db_row_count(rows);
  batch->count = (size_t)count;
  batch->complete = count < PAGE_ROWS;
  batch->positions = arena_alloc_array(batch->arena, batch->count + 1, sizeof *batch->positions);
  batch->hidden = arena_alloc(batch->arena, batch->count + 1);
  for (int row = 0; row < count; row++) {
    batch->positions[row] = read_position(batch->arena, rows, row);
    batch->hidden[row] = db_bool(rows, row, 13);
  }
  if (count != 0) {
    const struct position *last = &batch->positions[count - 1];
    *cursor = (struct page_cursor){last->seq, last->vehicle_id};
  }
  counter_add(feed->rows, (uint64_t)count);
  arena_free(arena);
  return error_none();
}

static struct error read_head(struct change_feed *feed, int64_t *head, char epoch[FEED_EPOCH_MAX])
{
  struct arena *arena = arena_new(1024);
  const struct db_rows *rows;
  struct error error = db_query(feed->connection, arena, &SQL_READ_FEED_HEAD, NULL, &rows);
  if (error.code == ERROR_NONE && db_row_count(rows) != 1) {
    error = error_make(ERROR_INTERNAL, "the table feed must have one row");
  }
  if (error.code == ERROR_NONE) {
    *head = db_int64(rows, 0, 0);
    snprintf(epoch, FEED_EPOCH_MAX, "%.*s", TEXT_ARGS(db_text(rows, 0, 1)));
  }
  arena_free(arena);
  return error;
}

/* The head is read first: all changes up to it are then visible to the second statement, whose later ones are read again. */
static struct error read_changes(struct change_feed *feed)
{
  int64_t began_us = clock_monotonic_us();
  int64_t head;
  char epoch[FEED_EPOCH_MAX] = "";
  TRY(read_head(feed, &head, epoch));
  counter_add(feed->reads, 1);
  if (strcmp(epoch, feed->epoch) != 0 || head < feed->last_seq) {
    memcpy(feed->epoch, epoch, sizeof feed->epoch);
    feed->last_seq = -1;
    feed->must_reset = true;
  } else if (head == feed->last_seq) {
    return error_none();
  }
  struct page_cursor cursor = {feed->last_seq, INT64_MAX};
  for (bool complete = false; !complete;) {
    struct feed_batch *batch = new_batch(feed, head);
    struct error error = read_page(feed, batch, &cursor);
    if (error.code != ERROR_NONE) {
      feed_batch_free(batch);
      return error;
    }
    batch->reset = feed->must_reset;
    feed->must_reset = false;
    complete = batch->complete;
    hub_deliver(feed->settings.hub, batch);
  }
  feed->last_seq = head;
  histogram_observe(feed->read_seconds, (double)(clock_monotonic_us() - began_us) / (double)US_PER_SECOND);
  return error_none();
}

/* Sleeps unless the feed is to stop. */
static void rest(const struct change_feed *feed, int64_t milliseconds)
{
  struct pollfd wake = {.fd = feed->wake_fd, .events = POLLIN};
  if (milliseconds > 0) {
    (void)poll(&wake, 1, (int)milliseconds);
  }
}

/* While there are no clients, reading takes at most a tenth of the time: under load that leaves the database to those who
 * write, and otherwise what the hub knows is as fresh as ever. */
static void rest_until_next_read(const struct change_feed *feed, int64_t read_at_us, int64_t read_took_us)
{
  int64_t unwatched_us = read_took_us * UNWATCHED_REST_FACTOR;
  int64_t longest_us = UNWATCHED_INTERVAL_MAX_MS * US_PER_MS;
  int64_t until_us = read_at_us + (unwatched_us < longest_us ? unwatched_us : longest_us);
  while (!hub_has_clients(feed->settings.hub) && !atomic_load(&feed->is_stopping) && clock_monotonic_us() < until_us) {
    rest(feed, READ_INTERVAL_MS);
  }
  rest(feed, READ_INTERVAL_MS - (clock_monotonic_us() - read_at_us) / US_PER_MS);
}

static struct error follow(struct change_feed *feed)
{
  while (!atomic_load(&feed->is_stopping)) {
    int64_t began_us = clock_monotonic_us();
    int notified;
    TRY(read_changes(feed));
    int64_t took_us = clock_monotonic_us() - began_us;
    hub_set_database_away(feed->settings.hub, false);
    TRY(db_wait_notify(feed->connection, feed->wake_fd, POLL_INTERVAL_MS, &notified));
    rest_until_next_read(feed, began_us, took_us);
  }
  return error_none();
}

static struct error connect_and_follow(struct change_feed *feed)
{
  TRY(db_open(feed->settings.database, &feed->connection));
  TRY(db_listen(feed->connection, CHANNEL));
  atomic_store(&feed->is_connected, true);
  gauge_set(feed->connected, 1);
  LOG_INFO("feed_connected", "last_seq=%lld", (long long)feed->last_seq);
  return follow(feed);
}

static void *run(void *argument)
{
  struct change_feed *feed = argument;
  pthread_setname_np(pthread_self(), "feed");
  int back_off_ms = BACK_OFF_MIN_MS;
  while (!atomic_load(&feed->is_stopping)) {
    int64_t began_us = clock_monotonic_us();
    struct error error = connect_and_follow(feed);
    db_close(feed->connection);
    feed->connection = NULL;
    atomic_store(&feed->is_connected, false);
    gauge_set(feed->connected, 0);
    if (error.code == ERROR_NONE) {
      break;
    }
    log_error(LOG_LEVEL_WARNING, "feed_lost", &error);
    hub_set_database_away(feed->settings.hub, true);
    bool lasted = clock_monotonic_us() - began_us > BACK_OFF_MAX_MS * US_PER_MS;
    back_off_ms = lasted ? BACK_OFF_MIN_MS : back_off_ms * 2 < BACK_OFF_MAX_MS ? back_off_ms * 2 : BACK_OFF_MAX_MS;
    rest(feed, back_off_ms / 2 + random() % back_off_ms);
  }
  return NULL;
}

struct error change_feed_start(struct change_feed_settings settings, struct change_feed **result)
{
  struct change_feed *feed = calloc(1, sizeof *feed);
  if (feed == NULL) {
    abort();
  }
  struct metrics *metrics = settings.metrics;
  feed->settings = settings;
  feed->last_seq = -1;
  feed->connected = metrics_gauge(metrics, "crumbtrail_feed_connected", "", "1 while the change feed follows the database.");
  feed->reads = metrics_counter(metrics, "crumbtrail_feed_reads_total", "", "Looks at the head of the feed.");
  feed->rows = metrics_counter(metrics, "crumbtrail_feed_rows_total", "", "Changed positions read.");
  feed->read_seconds =
      metrics_histogram(metrics, "crumbtrail_feed_read_seconds", "", "Time to read what changed.", METRICS_BOUNDS_SECONDS,
                        sizeof METRICS_BOUNDS_SECONDS / sizeof METRICS_BOUNDS_SECONDS[0]);
  feed->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (feed->wake_fd < 0 || pthread_create(&feed->thread, NULL, run, feed) != 0) {
    free(feed);
    return error_make(ERROR_SETUP, "the change feed cannot start");
  }
  *result = feed;
  return error_none();
}

void change_feed_stop(struct change_feed *feed)
{
  if (feed == NULL) {
    return;
  }
  const uint64_t one = 1;
  atomic_store(&feed->is_stopping, true);
  (void)!write(feed->wake_fd, &one, sizeof one);
  pthread_join(feed->thread, NULL);
  close(feed->wake_fd);
  free(feed);
}

bool change_feed_is_connected(const struct change_feed *feed)
{
  return atomic_load(&feed->is_connected);
}
