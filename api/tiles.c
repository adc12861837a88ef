#include "api/tiles.h"

#include <pthread.h>
#include <stdlib.h>

#include "api_sql.h"
#include "server/base/clock.h"
#include "server/db/connection.h"

static const int64_t GENERATION_AGE_MAX_US = US_PER_SECOND;

struct tiles {
  struct tile_cache *cache;
  pthread_mutex_t lock; /* of the two below */
  int64_t generation;   /* 0: nothing was imported */
  int64_t generation_read_at_us;
};

struct tiles *tiles_new(size_t cache_bytes)
{
  struct tiles *tiles = calloc(1, sizeof *tiles);
  if (tiles == NULL) {
    abort();
  }
  tiles->cache = tile_cache_new(cache_bytes);
  tiles->generation_read_at_us = INT64_MIN / 2;
  pthread_mutex_init(&tiles->lock, NULL);
  return tiles;
}

void tiles_free(struct tiles *tiles)
{
  if (tiles != NULL) {
    tile_cache_free(tiles->cache);
    pthread_mutex_destroy(&tiles->lock);
    free(tiles);
  }
}

static struct error read_part(struct text part, const char *name, int32_t *value)
{
  int64_t number = 0;
  if (!text_to_int64(part, &number)) {
    return error_at(ERROR_BAD_INPUT, name, "expected a whole number");
  }
  if (number < 0 || number > INT32_MAX) {
    return error_make(ERROR_NOT_FOUND, "there is no such tile");
  }
  *value = (int32_t)number;
  return error_none();
}

struct error tile_key_read(struct text zoom, struct text column, struct text row, struct tile_key *key)
{
  const struct text ending = TEXT(".mvt");
  *key = (struct tile_key){0};
  if (!text_ends_with(row, ending)) {
    return error_make(ERROR_NOT_FOUND, "tiles are served as /tiles/{z}/{x}/{y}.mvt");
  }
  row.length -= ending.length;
  TRY(read_part(zoom, "z", &key->zoom));
  TRY(read_part(column, "x", &key->column));
  TRY(read_part(row, "y", &key->row));
  if (key->zoom > TILE_ZOOM_MAX || key->column >= (1 << key->zoom) || key->row >= (1 << key->zoom)) {
    return error_make(ERROR_NOT_FOUND, "there is no such tile: zoom is 0 to %d, x and y are below 2 to its power",
                      (int)TILE_ZOOM_MAX);
  }
  return error_none();
}

static struct error read_generation(struct tiles *tiles, struct arena *arena, struct db_connection *connection,
                                    int64_t *generation)
{
  int64_t now_us = clock_monotonic_us();
  pthread_mutex_lock(&tiles->lock);
  bool is_fresh = now_us - tiles->generation_read_at_us < GENERATION_AGE_MAX_US;
  *generation = tiles->generation;
  pthread_mutex_unlock(&tiles->lock);
  if (is_fresh) {
    return error_none();
  }
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_READ_ROADS_EXTENT, db_parameters_new(arena), &rows));
  *generation = db_row_count(rows) > 0 ? db_int64(rows, 0, 4) : 0;
  pthread_mutex_lock(&tiles->lock);
  tiles->generation = *generation;
  tiles->generation_read_at_us = now_us;
  pthread_mutex_unlock(&tiles->lock);
  return error_none();
}

static struct error draw(struct tiles *tiles, struct tile_key key, struct arena *arena, struct db_connection *connection,
                         struct buffer *out)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int32(parameters, key.zoom);
  db_add_int32(parameters, key.column);
  db_add_int32(parameters, key.row);
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_READ_TILE, parameters, &rows));
  struct text tile = db_text(rows, 0, 0);
  tile_cache_keep(tiles->cache, key, tile);
  buffer_append_text(out, tile);
  return error_none();
}

static struct error read_tile(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const NO_PARAMETERS[] = {NULL};
  struct tiles *tiles = context;
  struct arena *arena = request_arena(request);
  struct tile_key key;
  TRY(request_parameters_only(request, NO_PARAMETERS));
  TRY(tile_key_read(request_path_parameter(request, "z"), request_path_parameter(request, "x"),
                    request_path_parameter(request, "y"), &key));
  TRY(read_generation(tiles, arena, connection, &key.generation));
  response_header(request, "Cache-Control", "public, max-age=300, stale-while-revalidate=86400");
  const char *etag = arena_printf(arena, "W/\"" CRUMBTRAIL_VERSION "-%lld-%d-%d-%d\"", (long long)key.generation, (int)key.zoom,
                                  (int)key.column, (int)key.row);
  if (response_not_modified(request, etag)) {
    return error_none();
  }
  struct buffer *body = response_body(request);
  if (!tile_cache_read(tiles->cache, key, body)) {
    TRY(draw(tiles, key, arena, connection, body));
  }
  if (body->length == 0) {
    response_status(request, 204);
  } else {
    response_content_type(request, "application/vnd.mapbox-vector-tile");
  }
  return error_none();
}

struct route_table tiles_routes(struct tiles *tiles)
{
  static const struct route ROUTES[] = {
      {.method = HTTP_GET,
       .pattern = "/tiles/{z}/{x}/{y}",
       .role = ROLE_VIEWER,
       .summary = "A vector tile of the base map",
       .query = read_tile},
  };
  return (struct route_table){.routes = ROUTES, .count = sizeof ROUTES / sizeof ROUTES[0], .context = tiles};
}
