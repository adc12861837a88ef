/* The inside of the shadow keeper, for shadow_keeper.c and shadow_take.c alone. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_KEEPER_STATE_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_KEEPER_STATE_H

#include <pthread.h>
#include <stdbool.h>

#include "ingest/shadow/shadow_keeper.h"
#include "ingest/shadow/shadow_store.h"

/* Vehicles that a change waits for are stored each second, the others as their number allows. */
enum { SHADOW_URGENT, SHADOW_ORDINARY, SHADOW_PENDING_COUNT };

struct shadow_keeper {
  struct shadow_keeper_settings settings;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t stop;
  /* Guarded by the mutex. */
  bool is_stopping;
  int64_t stop_at_us;
  struct shadow_pending *incoming[SHADOW_PENDING_COUNT];
  int64_t *watched; /* vehicles with a change that is not confirmed, ascending */
  size_t watched_count;
  /* The thread's own. */
  struct db_connection *connection;
  struct arena *arena;
  struct shadow_pending *taken[SHADOW_PENDING_COUNT]; /* not empty: not stored yet */
  int64_t due_at_us[SHADOW_PENDING_COUNT];            /* monotonic */
  int64_t open_read_at_us;                            /* when the open changes are looked at again; monotonic */
  int64_t confirmed_until_us;                         /* kept shadows that came before were held against the open changes */
  struct counter *stored;
  struct counter *left_out;
  struct shadow_store_counts counts;
};

/* With the mutex held. */
bool shadow_keeper_watches(const struct shadow_keeper *keeper, int64_t vehicle_id);

static inline void shadow_keeper_count_left_out(struct shadow_keeper *keeper, bool was_taken)
{
  if (!was_taken && keeper->left_out != NULL) {
    counter_add(keeper->left_out, 1);
  }
}

#endif
