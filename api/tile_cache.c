#include "api/tile_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 4096, ENTRY_OVERHEAD_BYTES = 96 };

struct entry {
  struct tile_key key;
  struct text tile;
  struct entry *next_in_bucket;
  struct entry *newer;
  struct entry *older;
};

struct tile_cache {
  pthread_mutex_t lock;
  struct entry *buckets[BUCKETS];
  struct entry *newest;
  struct entry *oldest;
  size_t bytes;
  size_t bytes_max;
};

static size_t bucket_of(struct tile_key key)
{
  uint64_t mixed = (uint64_t)key.generation * 31 + (uint64_t)key.zoom;
  mixed = (mixed * UINT64_C(0x9E3779B97F4A7C15)) ^ ((uint64_t)(uint32_t)key.column << 32 | (uint32_t)key.row);
  return (size_t)((mixed * UINT64_C(0xBF58476D1CE4E5B9)) >> 40) % BUCKETS;
}

static bool is_same(struct tile_key a, struct tile_key b)
{
  return a.generation == b.generation && a.zoom == b.zoom && a.column == b.column && a.row == b.row;
}

struct tile_cache *tile_cache_new(size_t bytes_max)
{
  struct tile_cache *cache = calloc(1, sizeof *cache);
  if (cache == NULL) {
    abort();
  }
  pthread_mutex_init(&cache->lock, NULL);
  cache->bytes_max = bytes_max;
  return cache;
}

static void unlink_by_age(struct tile_cache *cache, struct entry *entry)
{
  *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
  *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_as_newest(struct tile_cache *cache, struct entry *entry)
{
  entry->newer = NULL;
  entry->older = cache->newest;
  *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
  cache->newest = entry;
}

static void drop(struct tile_cache *cache, struct entry *entry)
{
  struct entry **link = &cache->buckets[bucket_of(entry->key)];
  while (*link != entry) {
    link = &(*link)->next_in_bucket;
  }
  *link = entry->next_in_bucket;
  unlink_by_age(cache, entry);
  cache->bytes -= entry->tile.length + ENTRY_OVERHEAD_BYTES;
  free((void *)(uintptr_t)entry->tile.data);
  free(entry);
}

void tile_cache_free(struct tile_cache *cache)
{
  if (cache == NULL) {
    return;
  }
  while (cache->oldest != NULL) {
    drop(cache, cache->oldest);
  }
  pthread_mutex_destroy(&cache->lock);
  free(cache);
}

static struct entry *find(struct tile_cache *cache, struct tile_key key)
{
  struct entry *entry = cache->buckets[bucket_of(key)];
  while (entry != NULL && !is_same(entry->key, key)) {
    entry = entry->next_in_bucket;
  }
  return entry;
}

bool tile_cache_read(struct tile_cache *cache, struct tile_key key, struct buffer *out)
{
  pthread_mutex_lock(&cache->lock);
  struct entry *entry = find(cache, key);
  if (entry != NULL) {
    unlink_by_age(cache, entry);
    link_as_newest(cache, entry);
    buffer_append_text(out, entry->tile);
  }
  pthread_mutex_unlock(&cache->lock);
  return entry != NULL;
}

void tile_cache_keep(struct tile_cache *cache, struct tile_key key, struct text tile)
{
  if (tile.length > cache->bytes_max / 4) {
    return;
  }
  struct entry *entry = calloc(1, sizeof *entry);
  char *copy = malloc(tile.length + 1);
  if (entry == NULL || copy == NULL) {
    abort();
  }
  if (tile.length > 0) {
    memcpy(copy, tile.data, tile.length);
  }
  entry->key = key;
  entry->tile = (struct text){copy, tile.length};
  pthread_mutex_lock(&cache->lock);
  struct entry *before = find(cache, key); /* two workers may have drawn the same tile */
  if (before != NULL) {
    drop(cache, before);
  }
  const size_t bytes = tile.length + ENTRY_OVERHEAD_BYTES;
  while (cache->oldest != NULL && cache->bytes + bytes > cache->bytes_max) {
    assert(cache->oldest->older == NULL);
    drop(cache, cache->oldest);
  }
  struct entry **bucket = &cache->buckets[bucket_of(key)];
  entry->next_in_bucket = *bucket;
  *bucket = entry;
  link_as_newest(cache, entry);
  cache->bytes += bytes;
  pthread_mutex_unlock(&cache->lock);
}

size_t tile_cache_bytes(struct tile_cache *cache)
{
  pthread_mutex_lock(&cache->lock);
  size_t bytes = cache->bytes;
  pthread_mutex_unlock(&cache->lock);
  return bytes;
}
