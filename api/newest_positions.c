#include "api/newest_positions.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/live/fleet_state.h"
#include "api/parameters.h"
#include "server/base/clock.h"

/* So many are copied at a time: readers hold the lock for a moment only, and an answer of any size needs the same memory. */
enum { READ_PAGE_ROWS = 4096, READ_ARENA_BYTES = 64 * 1024 };

struct newest_positions {
  pthread_mutex_t refresh; /* one asks the database, the others wait for what it brings */
  pthread_rwlock_t lock;   /* of what follows; written only under `refresh` */
  struct feed_head head;
  struct fleet_state *fleet;
  uint32_t *by_id; /* slots, ascending vehicle_id */
  uint32_t by_id_count;
};

static struct fleet_state *new_fleet(void)
{
  return fleet_state_new(1, 0);
}

static void forget(struct newest_positions *newest)
{
  fleet_state_free(newest->fleet);
  newest->fleet = new_fleet();
  newest->by_id_count = 0;
  newest->head.seq = -1;
}

struct newest_positions *newest_positions_new(void)
{
  struct newest_positions *newest = calloc(1, sizeof *newest);
  if (newest == NULL) {
    abort();
  }
  pthread_mutex_init(&newest->refresh, NULL);
  pthread_rwlock_init(&newest->lock, NULL);
  newest->fleet = new_fleet();
  newest->head.seq = -1;
  return newest;
}

void newest_positions_free(struct newest_positions *newest)
{
  if (newest == NULL) {
    return;
  }
  pthread_mutex_destroy(&newest->refresh);
  pthread_rwlock_destroy(&newest->lock);
  fleet_state_free(newest->fleet);
  free(newest->by_id);
  free(newest);
}

/* ---- bringing it up to date ---- */

static int compare_ids(const void *left, const void *right, void *context)
{
  const struct fleet_state *fleet = context;
  const int64_t a = fleet->positions[*(const uint32_t *)left].vehicle_id;
  const int64_t b = fleet->positions[*(const uint32_t *)right].vehicle_id;
  return (a > b) - (a < b);
}

/* Slots are never given back, so their number tells whether there are new ones. */
static void index_new_slots(struct newest_positions *newest)
{
  const uint32_t count = newest->fleet->count;
  if (count == newest->by_id_count) {
    return;
  }
  newest->by_id = reallocarray(newest->by_id, count, sizeof *newest->by_id);
  if (newest->by_id == NULL) {
    abort();
  }
  for (uint32_t slot = newest->by_id_count; slot < count; slot++) {
    newest->by_id[slot] = slot;
  }
  newest->by_id_count = count;
  qsort_r(newest->by_id, count, sizeof *newest->by_id, compare_ids, newest->fleet);
}

static void apply(struct newest_positions *newest, const struct feed_page *page, bool is_other_feed)
{
  pthread_rwlock_wrlock(&newest->lock);
  if (is_other_feed) {
    forget(newest);
  }
  for (size_t i = 0; i < page->count; i++) {
    (void)fleet_state_apply(newest->fleet, &page->positions[i], page->hidden[i] != 0, page->positions[i].received_at_us);
  }
  index_new_slots(newest);
  pthread_rwlock_unlock(&newest->lock);
}

/* The head is what has been read completely; until then the old one stands, and what came in between is read again. */
static struct error read_changes(struct newest_positions *newest, struct db_connection *connection, struct arena *arena,
                                 const struct feed_head *head)
{
  bool is_other_feed = strcmp(newest->head.epoch, head->epoch) != 0 || head->seq < newest->head.seq;
  struct feed_cursor cursor = feed_cursor_after(is_other_feed ? -1 : newest->head.seq);
  struct feed_page page = {0};
  while (!page.is_last) {
    arena_reset(arena);
    TRY(feed_read_page(connection, arena, &cursor, &page));
    apply(newest, &page, is_other_feed);
    is_other_feed = false;
  }
  pthread_rwlock_wrlock(&newest->lock);
  newest->head = *head;
  pthread_rwlock_unlock(&newest->lock);
  return error_none();
}

/* A reader holds the lock of `head`, or the mutex without which it is not written. */
static bool is_at(const struct newest_positions *newest, const struct feed_head *head)
{
  return newest->head.seq == head->seq && strcmp(newest->head.epoch, head->epoch) == 0;
}

/* Others may have been faster than we, which is not to be taken for a database that was set back: hence the second look. */
static struct error refresh_alone(struct newest_positions *newest, struct db_connection *connection, struct arena *arena,
                                  struct feed_head *head)
{
  if (head->seq < newest->head.seq) {
    TRY(feed_read_head(connection, head));
  }
  return is_at(newest, head) ? error_none() : read_changes(newest, connection, arena, head);
}

struct error newest_positions_refresh(struct newest_positions *newest, struct db_connection *connection, struct feed_head *head)
{
  TRY(feed_read_head(connection, head));
  pthread_rwlock_rdlock(&newest->lock);
  const bool is_fresh = is_at(newest, head);
  pthread_rwlock_unlock(&newest->lock);
  if (is_fresh) {
    return error_none();
  }
  struct arena *arena = arena_new(READ_ARENA_BYTES);
  pthread_mutex_lock(&newest->refresh);
  const struct error error = refresh_alone(newest, connection, arena, head);
  pthread_mutex_unlock(&newest->refresh);
  arena_free(arena);
  return error;
}

/* ---- answering ---- */

static uint32_t first_behind(const struct newest_positions *newest, int64_t vehicle_id)
{
  uint32_t low = 0;
  uint32_t high = newest->by_id_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (newest->fleet->positions[newest->by_id[middle]].vehicle_id <= vehicle_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static int compare_int64(const void *left, const void *right)
{
  const int64_t a = *(const int64_t *)left;
  const int64_t b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static bool fits(const struct newest_filter *filter, const struct fleet_place *place, const struct position *position)
{
  return !place->is_hidden && (filter->box == NULL || box_contains(filter->box, place->longitude_deg, place->latitude_deg)) &&
         position->recorded_at_us >= filter->oldest_us &&
         (!filter->is_of_vehicles || bsearch(&position->vehicle_id, filter->vehicle_ids, filter->vehicle_count,
                                             sizeof *filter->vehicle_ids, compare_int64) != NULL);
}

bool newest_positions_read(struct newest_positions *newest, const struct newest_filter *filter, struct arena *arena,
                           int64_t *after_vehicle_id, struct position **positions, size_t *count)
{
  *positions = arena_alloc_bytes(arena, READ_PAGE_ROWS * sizeof **positions);
  *count = 0;
  pthread_rwlock_rdlock(&newest->lock);
  const struct fleet_state *fleet = newest->fleet;
  uint32_t at = first_behind(newest, *after_vehicle_id);
  for (; at < newest->by_id_count && *count < READ_PAGE_ROWS; at++) {
    const uint32_t slot = newest->by_id[at];
    const struct position *position = &fleet->positions[slot];
    *after_vehicle_id = position->vehicle_id;
    if (fits(filter, &fleet->places[slot], position)) {
      struct position *copy = &(*positions)[(*count)++];
      *copy = *position;
      copy->vehicle = text_copy(arena, position->vehicle);
    }
  }
  const bool is_last = at == newest->by_id_count;
  pthread_rwlock_unlock(&newest->lock);
  return is_last;
}
