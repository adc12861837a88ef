#include "api/live/change_feed.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/feed_reader.h"
#include "api/live/feed_batch.h"
#include "api/live/hub.h"
#include "server/base/clock.h"
#include "server/log.h"
#include "server/metrics.h"

static const char CHANNEL[] = "crumbtrail_feed";
enum { READ_INTERVAL_MS = 40, POLL_INTERVAL_MS = 2000, BACK_OFF_MIN_MS = 100, BACK_OFF_MAX_MS = 5000 };
enum { UNWATCHED_INTERVAL_MAX_MS = 1000, UNWATCHED_REST_FACTOR = 10 };
enum { BATCH_ARENA_BYTES = 16 * 1024 };

struct change_feed {
  struct change_feed_settings settings;
  pthread_t thread;
  int wake_fd;
  atomic_bool is_stopping;
  atomic_bool is_connected;

  struct db_connection *connection;
  int64_t last_seq; /* every change up to here has been delivered; -1: none */
  char epoch[FEED_EPOCH_MAX];
  int64_t last_alert_seq; /* every change of an alert up to here has been delivered; 0: none */
  bool must_reset;        /* the hub has not been told yet that this epoch is another */

  struct gauge *connected;
  struct counter *reads;
  struct counter *rows;
  struct histogram *read_seconds;
};

static struct feed_batch *new_batch(const struct change_feed *feed, int64_t head)
{
  struct arena *arena = arena_new(BATCH_ARENA_BYTES);
  struct feed_batch *batch = arena_alloc(arena, sizeof *batch);
  batch->arena = arena;
  batch->head = head;
  memcpy(batch->epoch, feed->epoch, sizeof batch->epoch);
  return batch;
}

static struct error read_batch(struct change_feed *feed, struct feed_batch *batch, struct feed_cursor *cursor)
{
  struct feed_page page;
  TRY(feed_read_page(feed->connection, batch->arena, cursor, &page));
  batch->positions = page.positions;
  batch->hidden = page.hidden;
  batch->count = page.count;
  batch->complete = page.is_last;
  if (batch->complete) {
    TRY(alert_read_frames(feed->connection, batch->arena, feed->last_alert_seq, &batch->alerts));
  }
  counter_add(feed->rows, page.count);
  return error_none();
}

/* The head is read first: all changes up to it are then visible to the other statements. What is later comes again, alerts do
 * not. */
static struct error read_changes(struct change_feed *feed)
{
  int64_t began_us = clock_monotonic_us();
  struct feed_head head;
  TRY(feed_read_head(feed->connection, &head));
  counter_add(feed->reads, 1);
  if (strcmp(head.epoch, feed->epoch) != 0 || head.seq < feed->last_seq) {
    memcpy(feed->epoch, head.epoch, sizeof feed->epoch);
    feed->last_seq = -1;
    feed->last_alert_seq = 0;
    feed->must_reset = true;
  } else if (head.seq == feed->last_seq) {
    return error_none();
  }
  struct feed_cursor cursor = feed_cursor_after(feed->last_seq);
  for (bool complete = false; !complete;) {
    struct feed_batch *batch = new_batch(feed, head.seq);
    struct error error = read_batch(feed, batch, &cursor);
    if (error.code != ERROR_NONE) {
      feed_batch_free(batch);
      return error;
    }
    batch->reset = feed->must_reset;
    feed->must_reset = false;
    complete = batch->complete;
    if (batch->alerts.count > 0) {
      feed->last_alert_seq = batch->alerts.items[batch->alerts.count - 1].seq;
    }
    hub_deliver(feed->settings.hub, batch);
  }
  feed->last_seq = head.seq;
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
