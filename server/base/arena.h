/* Memory that lives and dies together: one arena per request, per batch, per frame.
 *
 * Owns every byte it hands out and, by arena_defer, foreign resources (PGresult, leases) that end with it, in reverse order.
 * Thread: one at a time; an arena may be handed from thread to thread with the thing it belongs to.
 * Out of memory aborts: sizes are capped before parsing. */
#ifndef CRUMBTRAIL_SERVER_BASE_ARENA_H
#define CRUMBTRAIL_SERVER_BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(size_t first_block_bytes);
/* One that ends with its owner: for what is reset in between, a page after the other. */
struct arena *arena_new_within(struct arena *owner, size_t first_block_bytes);
void arena_free(struct arena *arena); /* accepts NULL; runs the deferred releases */

/* Releases everything but keeps the first block for the next use. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t bytes);
/* `count * size` with overflow checked. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
/* Not zeroed, for bytes that are written at once. */
void *arena_alloc_bytes(struct arena *arena, size_t bytes);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Calls release(object) when the arena is reset or freed. */
void arena_defer(struct arena *arena, void (*release)(void *object), void *object);

/* Bytes handed out since creation or reset. */
size_t arena_used_bytes(const struct arena *arena);

#endif
