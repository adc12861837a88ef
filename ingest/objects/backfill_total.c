#include "ingest/objects/backfill_total.h"

#include <pthread.h>
#include <stdlib.h>

#include "server/aws/aws_waiter.h"
#include "ingest/objects/object_listing.h"

enum { ARENA_FIRST_BYTES = 512 * 1024 };

struct backfill_counter {
  struct object_listing listing;
  struct aws_waiter waiter;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards total */
  struct backfill_total total;
};

/* A listing that fails leaves the total unknown. */
static void *run(void *argument)
{
  struct backfill_counter *counter = argument;
  struct arena *arena = arena_new(ARENA_FIRST_BYTES);
  struct error error = error_none();
  while (!counter->listing.is_over && error.code == ERROR_NONE) {
    struct announcement *objects = NULL;
    size_t count = 0;
    int64_t bytes = 0;
    arena_reset(arena);
    error = object_listing_next(&counter->listing, arena, &objects, &count, NULL);
    for (size_t i = 0; i < count; i++) {
      bytes += objects[i].size_bytes;
    }
    pthread_mutex_lock(&counter->mutex);
    counter->total.objects += (int64_t)count;
    counter->total.bytes += bytes;
    counter->total.is_known = counter->listing.is_over && error.code == ERROR_NONE;
    pthread_mutex_unlock(&counter->mutex);
  }
  arena_free(arena);
  return NULL;
}

struct backfill_counter *backfill_counter_start(struct aws_client *client, struct s3_location location, struct key_span span)
{
  struct backfill_counter *counter = calloc(1, sizeof *counter);
  if (counter == NULL) {
    abort();
  }
  aws_waiter_init(&counter->waiter);
  pthread_mutex_init(&counter->mutex, NULL);
  counter->listing = object_listing_begin(client, &counter->waiter, location, span);
  if (pthread_create(&counter->thread, NULL, run, counter) != 0) {
    abort();
  }
  return counter;
}

struct backfill_total backfill_counter_total(struct backfill_counter *counter)
{
  struct backfill_total total = {.is_known = false};
  if (counter != NULL) {
    pthread_mutex_lock(&counter->mutex);
    total = counter->total;
    pthread_mutex_unlock(&counter->mutex);
  }
  return total;
}

void backfill_counter_stop(struct backfill_counter *counter)
{
  if (counter == NULL) {
    return;
  }
  aws_waiter_cancel(&counter->waiter);
  (void)pthread_join(counter->thread, NULL);
  object_listing_end(&counter->listing);
  aws_waiter_destroy(&counter->waiter);
  pthread_mutex_destroy(&counter->mutex);
  free(counter);
}
