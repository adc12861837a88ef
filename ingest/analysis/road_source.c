#include "ingest/analysis/road_source.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/id_index.h"
#include "ingest/analysis/road_map.h"
#include "ingest_sql.h"
#include "server/base/error.h"

enum { CELLS_AT_ONCE = 256, LIMITS_AT_ONCE = 10000, LIMITS_KEPT_MAX = 1 << 20 };
static const size_t MAP_BYTES_MAX = (size_t)256 << 20;

struct road_source {
  struct road_map *map;
  struct road_limits *limits; /* of matches that were read back, whose roads need not be in the map */
  uint32_t limit_count;
  size_t limit_capacity;
  struct id_index limit_index;
};

struct road_source *road_source_new(void)
{
  struct road_source *source = calloc(1, sizeof *source);
  if (source == NULL) {
    error_out_of_memory(sizeof *source);
  }
  source->map = road_map_new();
  return source;
}

void road_source_free(struct road_source *source)
{
  if (source != NULL) {
    road_map_free(source->map);
    free(source->limits);
    id_index_free(&source->limit_index);
    free(source);
  }
}

static void forget_limits(struct road_source *source)
{
  source->limit_count = 0;
  id_index_clear(&source->limit_index);
}

void road_source_forget(struct road_source *source)
{
  road_map_clear(source->map);
  forget_limits(source);
}

struct road_map *road_source_map(struct road_source *source)
{
  return source->map;
}

/* ---- roads of cells ---- */

/* Little-endian well-known binary of a line string: byte order, type, count, then pairs of doubles, here in metres. */
static struct map_point *read_line(struct arena *arena, struct text wkb, uint32_t *count)
{
  enum { HEADER_BYTES = 9, PAIR_BYTES = 16 };
  *count = 0;
  if (wkb.length < HEADER_BYTES || wkb.data[0] != 1) {
    return NULL;
  }
  memcpy(count, wkb.data + 5, sizeof *count);
  if (wkb.length < HEADER_BYTES + (size_t)*count * PAIR_BYTES) {
    *count = 0;
    return NULL;
  }
  struct map_point *points = arena_alloc_array(arena, *count, sizeof *points);
  for (uint32_t i = 0; i < *count; i++) {
    double pair[2];
    memcpy(pair, wkb.data + HEADER_BYTES + (size_t)i * PAIR_BYTES, sizeof pair);
    points[i] = (struct map_point){(int32_t)lround(pair[0] * 100), (int32_t)lround(pair[1] * 100)};
  }
  return points;
}

static struct road_limits read_limits(const struct db_rows *rows, int row, int first_column, int64_t road_id)
{
  return (struct road_limits){
      .road_id = road_id,
      .posted_forward_kmh = (float)db_double(rows, row, first_column),
      .posted_backward_kmh = (float)db_double(rows, row, first_column + 1),
      .estimated_kmh = (float)db_double(rows, row, first_column + 2),
      .override_kmh = (float)db_double(rows, row, first_column + 3),
  };
}

static void add_road(struct road_map *map, struct arena *arena, const struct db_rows *rows, int row)
{
  struct road_segment segment = {
      .road_id = db_int64(rows, row, 0),
      .from_node = db_int64(rows, row, 1),
      .to_node = db_int64(rows, row, 2),
      .length_m = (float)db_double(rows, row, 3),
      .oneway = (int8_t)db_int64(rows, row, 4),
      .road_class = (enum road_class)db_int64(rows, row, 5),
      .limits = read_limits(rows, row, 6, db_int64(rows, row, 0)),
  };
  segment.points = read_line(arena, db_text(rows, row, 10), &segment.point_count);
  if (segment.point_count >= 2) {
    road_map_add(map, &segment);
  }
}

static struct error load_cells(struct road_source *source, struct db_connection *connection, const struct map_cell *cells,
                               size_t count)
{
  double west[CELLS_AT_ONCE], south[CELLS_AT_ONCE], east[CELLS_AT_ONCE], north[CELLS_AT_ONCE];
  for (size_t i = 0; i < count; i++) {
    const struct map_box box = map_cell_box(cells[i]);
    west[i] = box.west_cm / 100.0;
    south[i] = box.south_cm / 100.0;
    east[i] = box.east_cm / 100.0;
    north[i] = box.north_cm / 100.0;
  }
  struct arena *arena = arena_new(1 << 20);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_float8_array(parameters, west, NULL, count);
  db_add_float8_array(parameters, south, NULL, count);
  db_add_float8_array(parameters, east, NULL, count);
  db_add_float8_array(parameters, north, NULL, count);
  const struct db_rows *rows = NULL;
  struct error error = db_query(connection, arena, &SQL_SELECT_ROADS_OF_CELLS, parameters, &rows);
  for (int row = 0; error.code == ERROR_NONE && row < db_row_count(rows); row++) {
    add_road(source->map, arena, rows, row);
  }
  arena_free(arena);
  return error;
}

/* Cells that were claimed and could not be read must not stay as if they were empty. */
static struct error load(struct road_source *source, struct db_connection *connection, const struct map_cell *cells,
                         size_t *count)
{
  const struct error error = *count > 0 ? load_cells(source, connection, cells, *count) : error_none();
  if (error.code != ERROR_NONE) {
    road_map_clear(source->map);
  }
  *count = 0;
  return error;
}

/* ---- around tracks ---- */

/* Reads what is around in portions. */
struct claim {
  struct road_source *source;
  struct db_connection *connection;
  struct map_cell cells[CELLS_AT_ONCE];
  size_t count;
};

static struct error claim_around(struct claim *claim, const struct fix *fix, double reach_m)
{
  const struct map_box box =
      map_box_around(map_point_of(fix->longitude_deg, fix->latitude_deg), reach_m / map_metres_per_cm(fix->latitude_deg));
  for (;;) {
    claim->count += road_map_claim(claim->source->map, box, claim->cells + claim->count, CELLS_AT_ONCE - claim->count);
    if (claim->count < CELLS_AT_ONCE) {
      return error_none();
    }
    TRY(load(claim->source, claim->connection, claim->cells, &claim->count));
  }
}

static struct error claim_track(struct claim *claim, const struct road_track *track)
{
  double longitude_deg = 0;
  double latitude_deg = 0;
  bool has_last = road_matcher_position(track->matcher, &longitude_deg, &latitude_deg);
  for (size_t i = 0; i < track->count; i++) {
    const struct fix *fix = &track->fixes[i];
    if (fix->flags != 0) {
      continue;
    }
    const double step_m =
        has_last ? map_distance_m(longitude_deg, latitude_deg, fix->longitude_deg, fix->latitude_deg) : INFINITY;
    TRY(claim_around(claim, fix, road_matcher_reach_m(step_m)));
    has_last = true;
    longitude_deg = fix->longitude_deg;
    latitude_deg = fix->latitude_deg;
  }
  return error_none();
}

struct error road_source_prepare(struct road_source *source, struct db_connection *connection, struct arena *arena,
                                 const struct road_track *tracks, size_t count)
{
  if (road_map_bytes(source->map) > MAP_BYTES_MAX) {
    road_map_clear(source->map);
  }
  struct claim *claim = arena_alloc(arena, sizeof *claim);
  *claim = (struct claim){.source = source, .connection = connection};
  for (size_t i = 0; i < count; i++) {
    TRY(claim_track(claim, &tracks[i]));
  }
  return load(source, connection, claim->cells, &claim->count);
}

/* ---- limits of single roads ---- */

static void keep_limits(struct road_source *source, struct road_limits limits)
{
  if (id_index_find(&source->limit_index, limits.road_id) != ID_INDEX_NONE) {
    return;
  }
  if (source->limit_count == source->limit_capacity) {
    source->limit_capacity = source->limit_capacity == 0 ? 256 : source->limit_capacity * 2;
    source->limits = realloc(source->limits, source->limit_capacity * sizeof *source->limits);
    if (source->limits == NULL) {
      error_out_of_memory(source->limit_capacity * sizeof *source->limits);
    }
  }
  id_index_add(&source->limit_index, limits.road_id, source->limit_count);
  source->limits[source->limit_count++] = limits;
}

/* A road that no longer exists is kept as one of which nothing is known, so that it is not asked for again. */
static struct error load_limits(struct road_source *source, struct db_connection *connection, const int64_t *road_ids,
                                size_t count)
{
  struct arena *arena = arena_new(1 << 16);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, road_ids, NULL, count);
  const struct db_rows *rows = NULL;
  struct error error = db_query(connection, arena, &SQL_SELECT_ROAD_LIMITS, parameters, &rows);
  for (int row = 0; error.code == ERROR_NONE && row < db_row_count(rows); row++) {
    keep_limits(source, read_limits(rows, row, 1, db_int64(rows, row, 0)));
  }
  for (size_t i = 0; error.code == ERROR_NONE && i < count; i++) {
    keep_limits(source, (struct road_limits){road_ids[i], NAN, NAN, NAN, NAN});
  }
  arena_free(arena);
  return error;
}

struct error road_source_load_limits(struct road_source *source, struct db_connection *connection, struct arena *arena,
                                     const int64_t *road_ids, size_t count)
{
  if (source->limit_count > LIMITS_KEPT_MAX) {
    forget_limits(source);
  }
  int64_t *unknown = arena_alloc_array(arena, LIMITS_AT_ONCE, sizeof *unknown);
  size_t unknown_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (road_ids[i] != 0 && road_source_limits(source, road_ids[i]) == NULL) {
      unknown[unknown_count++] = road_ids[i];
    }
    if (unknown_count == LIMITS_AT_ONCE) {
      TRY(load_limits(source, connection, unknown, unknown_count));
      unknown_count = 0;
    }
  }
  return unknown_count > 0 ? load_limits(source, connection, unknown, unknown_count) : error_none();
}

const struct road_limits *road_source_limits(const struct road_source *source, int64_t road_id)
{
  const struct road_limits *limits = road_map_limits(source->map, road_id);
  if (limits != NULL || road_id == 0) {
    return limits;
  }
  const uint32_t number = id_index_find(&source->limit_index, road_id);
  return number == ID_INDEX_NONE ? NULL : &source->limits[number];
}
