/* GET /tiles/{z}/{x}/{y}.mvt: the base map drawn from what `crumbtrail import-osm` read, as vector tiles.
 *
 * Owns a cache of the tiles drawn last; a new import is seen within a second. Thread: made and freed by main; the handler runs
 * on query workers. */
#ifndef CRUMBTRAIL_API_TILES_H
#define CRUMBTRAIL_API_TILES_H

#include "api/tile_cache.h"
#include "server/http/router.h"

struct tiles;

enum { TILES_CACHE_BYTES = 16 * 1024 * 1024, TILE_ZOOM_MAX = 15 };

struct tiles *tiles_new(size_t cache_bytes);
void tiles_free(struct tiles *tiles); /* accepts NULL */
struct route_table tiles_routes(struct tiles *tiles);

/* From the path's parts ("12", "650", "1465.mvt"). ERROR_BAD_INPUT names the part that is no number; ERROR_NOT_FOUND when there
 * is no such tile in the world, or none at that zoom. The generation is left 0. */
struct error tile_key_read(struct text zoom, struct text column, struct text row, struct tile_key *key) ERROR_MUST_CHECK;

#endif
