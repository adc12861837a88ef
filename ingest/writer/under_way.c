#include "ingest/writer/under_way.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest/spool/spool.h"

struct under_way {
  size_t bytes_max;
  struct spool *spool;
  atomic_size_t bytes;
  atomic_size_t count;
  pthread_mutex_t mutex;
  pthread_cond_t spool_done;
  /* The mutex's. */
  struct batch_writer_waiter *waiters; /* newest first */
  size_t in_spool;
};

/* A delivery on its way into the spool. */
struct spooled {
  struct spool_entry entry;
  struct under_way *under_way;
  struct delivery *delivery;
};

enum { BACK_FROM_SPOOL_MAX = 256 };

struct under_way *under_way_new(size_t bytes_max, struct spool *spool)
{
  struct under_way *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->bytes_max = bytes_max;
  made->spool = spool;
  (void)pthread_mutex_init(&made->mutex, NULL);
  (void)pthread_cond_init(&made->spool_done, NULL);
  return made;
}

void under_way_free(struct under_way *under_way)
{
  if (under_way != NULL) {
    (void)pthread_cond_destroy(&under_way->spool_done);
    (void)pthread_mutex_destroy(&under_way->mutex);
    free(under_way);
  }
}

bool under_way_begin(struct under_way *under_way, struct delivery *delivery)
{
  (void)atomic_fetch_add(&under_way->count, 1);
  size_t before = atomic_fetch_add(&under_way->bytes, delivery->memory_bytes);
  bool has_room = before == 0 || before + delivery->memory_bytes <= under_way->bytes_max;
  if (!has_room) {
    under_way_undo(under_way, delivery);
  }
  return has_room;
}

void under_way_undo(struct under_way *under_way, const struct delivery *delivery)
{
  (void)atomic_fetch_sub(&under_way->bytes, delivery->memory_bytes);
  (void)atomic_fetch_sub(&under_way->count, 1);
}

/* ---- waiters ---- */

bool under_way_add_waiter(struct under_way *under_way, struct batch_writer_waiter *waiter)
{
  (void)pthread_mutex_lock(&under_way->mutex);
  /* Who ends a delivery counts before it takes the list: who is on the list while anything is under way will be told. */
  bool waits = atomic_load(&under_way->count) != 0;
  if (waits) {
    waiter->next = under_way->waiters;
    under_way->waiters = waiter;
  }
  (void)pthread_mutex_unlock(&under_way->mutex);
  return waits;
}

void under_way_tell_waiters(struct under_way *under_way)
{
  (void)pthread_mutex_lock(&under_way->mutex);
  struct batch_writer_waiter *waiter = under_way->waiters;
  under_way->waiters = NULL;
  (void)pthread_mutex_unlock(&under_way->mutex);
  while (waiter != NULL) {
    struct batch_writer_waiter *next = waiter->next;
    waiter->on_room(waiter);
    waiter = next;
  }
}

/* ---- back ---- */

static void hand_back_run(struct delivery **deliveries, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    deliveries[i]->next = i + 1 < count ? deliveries[i + 1] : NULL;
  }
  deliveries[0]->on_done(deliveries[0]);
}

static void hand_back(struct under_way *under_way, struct delivery **deliveries, size_t count)
{
  size_t bytes = 0;
  size_t run_start = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += deliveries[i]->memory_bytes;
  }
  (void)atomic_fetch_sub(&under_way->bytes, bytes);
  (void)atomic_fetch_sub(&under_way->count, count);
  for (size_t i = 1; i <= count; i++) {
    if (i == count || deliveries[i]->on_done != deliveries[run_start]->on_done) {
      hand_back_run(deliveries + run_start, i - run_start);
      run_start = i;
    }
  }
  under_way_tell_waiters(under_way);
}

/* ---- by the spool ---- */

static void end_spooled(const struct spooled *spooled)
{
  struct delivery *delivery = spooled->delivery;
  delivery->is_spooled = spooled->entry.is_kept;
  if (spooled->entry.is_kept) {
    delivery->outcome = error_none();
    delivery->stored_count = delivery->duplicate_count = delivery->duplicate_elsewhere_count = 0;
  } else if (delivery->outcome.code == ERROR_NONE) {
    delivery->outcome = error_make(ERROR_DATABASE_AWAY, "the database cannot be reached, and the spool has no room");
  }
}

/* On the spool's thread. */
static void on_spooled(struct spool_entry *first)
{
  struct under_way *under_way = ((struct spooled *)first->owner)->under_way;
  size_t total = 0;
  while (first != NULL) {
    struct delivery *deliveries[BACK_FROM_SPOOL_MAX];
    size_t count = 0;
    while (first != NULL && count < BACK_FROM_SPOOL_MAX) {
      struct spooled *spooled = first->owner;
      first = first->next;
      end_spooled(spooled);
      deliveries[count++] = spooled->delivery;
      free(spooled);
    }
    hand_back(under_way, deliveries, count);
    total += count;
  }
  (void)pthread_mutex_lock(&under_way->mutex);
  under_way->in_spool -= total;
  (void)pthread_cond_broadcast(&under_way->spool_done);
  (void)pthread_mutex_unlock(&under_way->mutex);
}

static void count_in_spool(struct under_way *under_way, int more)
{
  (void)pthread_mutex_lock(&under_way->mutex);
  under_way->in_spool += (size_t)more;
  (void)pthread_mutex_unlock(&under_way->mutex);
}

struct error under_way_spool(struct under_way *under_way, struct delivery *delivery)
{
  struct spooled *spooled = calloc(1, sizeof *spooled);
  if (spooled == NULL) {
    abort();
  }
  spooled->under_way = under_way;
  spooled->delivery = delivery;
  spooled->entry = (struct spool_entry){.kind = SPOOL_EVENTS,
                                        .source = delivery->source,
                                        .is_continuation = delivery->is_continuation,
                                        .vehicle_hint = delivery->vehicle_hint,
                                        .request_id = delivery->request_id,
                                        .body = delivery->body,
                                        .received_at_us = delivery->received_at_us,
                                        .on_done = on_spooled,
                                        .owner = spooled};
  count_in_spool(under_way, 1);
  struct error error = spool_put(under_way->spool, &spooled->entry);
  if (error.code != ERROR_NONE) {
    count_in_spool(under_way, -1);
    free(spooled);
  }
  return error;
}

void under_way_wait_for_spool(struct under_way *under_way)
{
  (void)pthread_mutex_lock(&under_way->mutex);
  while (under_way->in_spool != 0) {
    (void)pthread_cond_wait(&under_way->spool_done, &under_way->mutex);
  }
  (void)pthread_mutex_unlock(&under_way->mutex);
}

/* Whether the database did not take it, through no fault of its data, and it would be lost. */
static bool is_for_spool(const struct under_way *under_way, const struct delivery *delivery)
{
  enum error_code code = delivery->outcome.code;
  return under_way->spool != NULL && !delivery->is_repeatable && code != ERROR_NONE && code != ERROR_BAD_INPUT;
}

void under_way_end(struct under_way *under_way, struct delivery **deliveries, size_t count)
{
  size_t back = 0;
  for (size_t i = 0; i < count; i++) {
    struct delivery *delivery = deliveries[i];
    bool is_gone = false;
    if (is_for_spool(under_way, delivery)) {
      struct error error = under_way_spool(under_way, delivery);
      is_gone = error.code == ERROR_NONE;
    }
    if (!is_gone) {
      deliveries[back++] = delivery;
    }
  }
  if (back != 0) {
    hand_back(under_way, deliveries, back);
  }
}
