/* The tiles that were drawn last, bounded by their bytes: the least used go first.
 *
 * Keyed by zoom, column, row and the generation of the import. Owns its bytes. Thread: any; guards itself. */
#ifndef CRUMBTRAIL_API_TILE_CACHE_H
#define CRUMBTRAIL_API_TILE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

struct tile_cache;

struct tile_key {
  int64_t generation;
  int32_t zoom;
  int32_t column;
  int32_t row;
};

struct tile_cache *tile_cache_new(size_t bytes_max);
void tile_cache_free(struct tile_cache *cache); /* accepts NULL */

/* Appends the tile to `out`; false when it is not there. */
bool tile_cache_read(struct tile_cache *cache, struct tile_key key, struct buffer *out);
/* Copies. A tile larger than a quarter of the whole is not kept. */
void tile_cache_keep(struct tile_cache *cache, struct tile_key key, struct text tile);
size_t tile_cache_bytes(struct tile_cache *cache);

#endif
