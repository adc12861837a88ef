/* A bounded queue of pointers between threads.
 *
 * Owns its slots, not what they point to. Thread: any number may push, any number may take.
 * When full, queue_push says so and the caller answers 503 (architecture.md, "Every queue is bounded"). */
#ifndef CRUMBTRAIL_SERVER_BASE_QUEUE_H
#define CRUMBTRAIL_SERVER_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

struct queue *queue_new(size_t capacity);
void queue_free(struct queue *queue); /* accepts NULL; must be empty or its content owned elsewhere */

bool queue_push(struct queue *queue, void *item); /* false: full or closed */

/* Waits until something is there, the time is over (timeout_ms < 0: for ever) or the queue is closed; then takes up to
 * `capacity` items, oldest first. Returns how many; 0 on time-out, or when closed and empty. */
size_t queue_take(struct queue *queue, void **items, size_t capacity, int timeout_ms);

/* No push is accepted any more; takers get what is left, then 0. */
void queue_close(struct queue *queue);
bool queue_is_closed(const struct queue *queue);
size_t queue_depth(const struct queue *queue);

#endif
