#include "server/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(address, bytes) ASAN_POISON_MEMORY_REGION(address, bytes)
#define UNPOISON(address, bytes) ASAN_UNPOISON_MEMORY_REGION(address, bytes)
/* Room between two allocations that nobody may touch. */
enum { RED_ZONE_BYTES = 16 };
#else
#define POISON(address, bytes) ((void)0)
#define UNPOISON(address, bytes) ((void)0)
enum { RED_ZONE_BYTES = 0 };
#endif

enum { ALIGNMENT = alignof(max_align_t), BLOCK_BYTES_MIN = 1024, BLOCK_BYTES_MAX = 256 * 1024 };

struct block {
  struct block *previous;
  size_t capacity;
  alignas(max_align_t) char bytes[];
};

struct deferred {
  struct deferred *previous;
  void (*release)(void *object);
  void *object;
};

struct arena {
  char *at;  /* free bytes of the current block: at..end */
  char *end; /* small allocations come from here */
  struct block *current;
  struct block *big; /* one allocation each, so that a large value does not end the current block */
  struct block *first;
  struct deferred *deferred;
  size_t used_bytes;
  size_t next_block_bytes;
  size_t first_block_bytes;
};

static struct block *block_new(size_t capacity, struct block *previous)
{
  if (capacity > PTRDIFF_MAX - sizeof(struct block)) {
    error_out_of_memory(capacity);
  }
  struct block *block = malloc(sizeof(struct block) + capacity);
  if (block == NULL) {
    error_out_of_memory(capacity);
  }
  block->previous = previous;
  block->capacity = capacity;
  POISON(block->bytes, capacity);
  return block;
}

static void blocks_free(struct block *block, const struct block *until)
{
  while (block != until) {
    struct block *previous = block->previous;
    UNPOISON(block->bytes, block->capacity);
    free(block);
    block = previous;
  }
}

static void use_block(struct arena *arena, struct block *block)
{
  arena->current = block;
  arena->at = block->bytes;
  arena->end = block->bytes + block->capacity;
}

struct arena *arena_new(size_t first_block_bytes)
{
  struct arena *arena = calloc(1, sizeof *arena);
  if (arena == NULL) {
    error_out_of_memory(sizeof *arena);
  }
  arena->first_block_bytes = first_block_bytes < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : first_block_bytes;
  arena->next_block_bytes = arena->first_block_bytes;
  arena->first = block_new(arena->first_block_bytes, NULL);
  use_block(arena, arena->first);
  return arena;
}

static void run_deferred(struct arena *arena)
{
  /* A release may defer again; it then runs in this loop too. */
  while (arena->deferred != NULL) {
    struct deferred *deferred = arena->deferred;
    arena->deferred = deferred->previous;
    deferred->release(deferred->object);
  }
}

void arena_free(struct arena *arena)
{
  if (arena == NULL) {
    return;
  }
  run_deferred(arena);
  blocks_free(arena->big, NULL);
  blocks_free(arena->current, NULL);
  free(arena);
}

void arena_reset(struct arena *arena)
{
  run_deferred(arena);
  blocks_free(arena->big, NULL);
  blocks_free(arena->current, arena->first);
  arena->big = NULL;
  arena->used_bytes = 0;
  arena->next_block_bytes = arena->first_block_bytes;
  use_block(arena, arena->first);
  POISON(arena->first->bytes, arena->first->capacity);
}

static void *allocate_slowly(struct arena *arena, size_t needed)
{
  /* What is large against a block gets its own; the rest of the current block stays in use. */
  if (needed > arena->next_block_bytes / 4) {
    arena->big = block_new(needed, arena->big);
    return arena->big->bytes;
  }
  if (arena->next_block_bytes < BLOCK_BYTES_MAX) {
    arena->next_block_bytes *= 2;
  }
  use_block(arena, block_new(arena->next_block_bytes, arena->current));
  void *memory = arena->at;
  arena->at += needed;
  return memory;
}

void *arena_alloc_bytes(struct arena *arena, size_t bytes)
{
  if (bytes > PTRDIFF_MAX / 2) {
    error_out_of_memory(bytes);
  }
  size_t needed = (bytes + RED_ZONE_BYTES + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  arena->used_bytes += bytes;
  void *memory = arena->at;
  if ((size_t)(arena->end - arena->at) >= needed) {
    arena->at += needed;
  } else {
    memory = allocate_slowly(arena, needed);
  }
  UNPOISON(memory, bytes);
  return memory;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
  void *memory = arena_alloc_bytes(arena, bytes);
  memset(memory, 0, bytes);
  return memory;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    error_out_of_memory(SIZE_MAX);
  }
  return arena_alloc(arena, bytes);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
  va_list arguments;
  va_list again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  size_t bytes = length < 0 ? 1 : (size_t)length + 1;
  char *text = arena_alloc_bytes(arena, bytes);
  text[0] = '\0';
  vsnprintf(text, bytes, format, again);
  va_end(again);
  return text;
}

void arena_defer(struct arena *arena, void (*release)(void *object), void *object)
{
  struct deferred *deferred = arena_alloc_bytes(arena, sizeof *deferred);
  *deferred = (struct deferred){arena->deferred, release, object};
  arena->deferred = deferred;
}

size_t arena_used_bytes(const struct arena *arena)
{
  return arena->used_bytes;
}

static void free_within(void *arena)
{
  arena_free(arena);
}

struct arena *arena_new_within(struct arena *owner, size_t first_block_bytes)
{
  struct arena *arena = arena_new(first_block_bytes);
  arena_defer(owner, free_within, arena);
  return arena;
}
