#include "server/base/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "server/base/error.h"

/* A mutex and a condition, not a lock-free ring: a taker takes all that waits at once, so the lock is held a few hundred
 * nanoseconds per push and is never the limit. */
struct queue {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  size_t capacity;
  size_t head; /* slot of the oldest item */
  size_t count;
  size_t waiting_takers;
  bool closed;
  void *slots[];
};

struct queue *queue_new(size_t capacity)
{
  assert(capacity > 0);
  struct queue *queue = NULL;
  size_t bytes = SIZE_MAX;
  if (!__builtin_mul_overflow(capacity, sizeof(void *), &bytes) && !__builtin_add_overflow(bytes, sizeof *queue, &bytes)) {
    queue = calloc(1, bytes);
  }
  if (queue == NULL) {
    error_out_of_memory(bytes);
  }
  queue->capacity = capacity;
  pthread_mutex_init(&queue->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&queue->filled, &attributes);
  pthread_condattr_destroy(&attributes);
  return queue;
}

void queue_free(struct queue *queue)
{
  if (queue == NULL) {
    return;
  }
  pthread_cond_destroy(&queue->filled);
  pthread_mutex_destroy(&queue->lock);
  free(queue);
}

bool queue_push(struct queue *queue, void *item)
{
  pthread_mutex_lock(&queue->lock);
  bool accepted = !queue->closed && queue->count < queue->capacity;
  if (accepted) {
    size_t slot = queue->head + queue->count;
    queue->slots[slot < queue->capacity ? slot : slot - queue->capacity] = item;
    queue->count++;
  }
  bool wake = accepted && queue->waiting_takers > 0;
  pthread_mutex_unlock(&queue->lock);
  if (wake) {
    pthread_cond_signal(&queue->filled);
  }
  return accepted;
}

static struct timespec deadline_after(int timeout_ms)
{
  struct timespec deadline;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec += timeout_ms / 1000;
  deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
  if (deadline.tv_nsec >= 1000000000L) {
    deadline.tv_sec++;
    deadline.tv_nsec -= 1000000000L;
  }
  return deadline;
}

static void wait_for_items(struct queue *queue, int timeout_ms)
{
  if (queue->count > 0 || queue->closed || timeout_ms == 0) {
    return;
  }
  struct timespec deadline = {0};
  if (timeout_ms > 0) {
    deadline = deadline_after(timeout_ms);
  }
  int result = 0;
  queue->waiting_takers++;
  while (queue->count == 0 && !queue->closed && result != ETIMEDOUT) {
    result = timeout_ms < 0 ? pthread_cond_wait(&queue->filled, &queue->lock)
                            : pthread_cond_timedwait(&queue->filled, &queue->lock, &deadline);
  }
  queue->waiting_takers--;
}

size_t queue_take(struct queue *queue, void **items, size_t capacity, int timeout_ms)
{
  pthread_mutex_lock(&queue->lock);
  wait_for_items(queue, timeout_ms);
  size_t taken = queue->count < capacity ? queue->count : capacity;
  for (size_t i = 0; i < taken; i++) {
    items[i] = queue->slots[queue->head];
    queue->head = queue->head + 1 < queue->capacity ? queue->head + 1 : 0;
  }
  queue->count -= taken;
  bool more = queue->count > 0 && queue->waiting_takers > 0;
  pthread_mutex_unlock(&queue->lock);
  if (more) {
    /* One signal may have stood for several pushes. */
    pthread_cond_signal(&queue->filled);
  }
  return taken;
}

void queue_close(struct queue *queue)
{
  pthread_mutex_lock(&queue->lock);
  queue->closed = true;
  pthread_cond_broadcast(&queue->filled);
  pthread_mutex_unlock(&queue->lock);
}

bool queue_is_closed(const struct queue *queue)
{
  struct queue *writable = (struct queue *)queue; /* the lock is not part of the value */
  pthread_mutex_lock(&writable->lock);
  bool closed = writable->closed;
  pthread_mutex_unlock(&writable->lock);
  return closed;
}

size_t queue_depth(const struct queue *queue)
{
  struct queue *writable = (struct queue *)queue;
  pthread_mutex_lock(&writable->lock);
  size_t count = writable->count;
  pthread_mutex_unlock(&writable->lock);
  return count;
}
