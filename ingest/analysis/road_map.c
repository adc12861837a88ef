#include "ingest/analysis/road_map.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/analysis/id_index.h"
#include "ingest/analysis/road_map_state.h"
#include "server/base/error.h"

enum { CELL_CM = 102400 };
static const double EARTH_RADIUS_CM = 637813700;
static const double RADIANS_PER_DEG = 3.14159265358979323846 / 180;
static const double LATITUDE_MAX_DEG = 85; /* beyond, Web Mercator does not fit */

struct map_point map_point_of(double longitude_deg, double latitude_deg)
{
  const double latitude = fmin(fmax(latitude_deg, -LATITUDE_MAX_DEG), LATITUDE_MAX_DEG) * RADIANS_PER_DEG;
  return (struct map_point){
      (int32_t)lround(longitude_deg * RADIANS_PER_DEG * EARTH_RADIUS_CM),
      (int32_t)lround(asinh(tan(latitude)) * EARTH_RADIUS_CM),
  };
}

double map_metres_per_cm(double latitude_deg)
{
  return 0.01 * cos(fmin(fabs(latitude_deg), LATITUDE_MAX_DEG) * RADIANS_PER_DEG);
}

double map_distance_m(double from_longitude_deg, double from_latitude_deg, double to_longitude_deg, double to_latitude_deg)
{
  const double middle_deg = (from_latitude_deg + to_latitude_deg) / 2;
  const double east_deg = remainder(to_longitude_deg - from_longitude_deg, 360) * cos(middle_deg * RADIANS_PER_DEG);
  return hypot(east_deg, to_latitude_deg - from_latitude_deg) * RADIANS_PER_DEG * EARTH_RADIUS_CM / 100;
}

static int32_t clamp(double value)
{
  return (int32_t)fmin(fmax(value, INT32_MIN), INT32_MAX);
}

struct map_box map_box_around(struct map_point centre, double reach_cm)
{
  return (struct map_box){clamp(centre.x_cm - reach_cm), clamp(centre.y_cm - reach_cm), clamp(centre.x_cm + reach_cm),
                          clamp(centre.y_cm + reach_cm)};
}

static bool boxes_touch(const struct map_box *a, const struct map_box *b)
{
  return a->west_cm <= b->east_cm && b->west_cm <= a->east_cm && a->south_cm <= b->north_cm && b->south_cm <= a->north_cm;
}

void *road_map_grow(void *items, size_t count, uint32_t *capacity, size_t item_bytes)
{
  if (count < *capacity) {
    return items;
  }
  *capacity = *capacity == 0 ? 64 : *capacity * 2;
  void *larger = realloc(items, *capacity * item_bytes);
  if (larger == NULL) {
    error_out_of_memory(*capacity * item_bytes);
  }
  return larger;
}

struct road_map *road_map_new(void)
{
  struct road_map *map = calloc(1, sizeof *map);
  if (map == NULL) {
    error_out_of_memory(sizeof *map);
  }
  return map;
}

static void free_cells(struct road_map *map)
{
  for (uint32_t i = 0; i < map->cell_count; i++) {
    free(map->cells[i].segments);
  }
  map->cell_count = 0;
}

void road_map_free(struct road_map *map)
{
  if (map == NULL) {
    return;
  }
  free_cells(map);
  free(map->cells);
  free(map->segments);
  free(map->points);
  free(map->nodes);
  free(map->heap);
  id_index_free(&map->cell_index);
  id_index_free(&map->segment_index);
  id_index_free(&map->node_index);
  free(map);
}

void road_map_clear(struct road_map *map)
{
  free_cells(map);
  map->segment_count = 0;
  map->point_count = 0;
  map->node_count = 0;
  id_index_clear(&map->cell_index);
  id_index_clear(&map->segment_index);
  id_index_clear(&map->node_index);
}

size_t road_map_bytes(const struct road_map *map)
{
  enum { INDEX_BYTES = 24 };
  return map->segment_count * (sizeof *map->segments + INDEX_BYTES + 2 * sizeof(uint32_t)) +
         map->point_count * sizeof *map->points + map->node_count * (sizeof *map->nodes + INDEX_BYTES) +
         map->cell_count * (sizeof *map->cells + INDEX_BYTES);
}

/* ---- cells ---- */

static int32_t cell_of(int32_t centimetres)
{
  return centimetres >= 0 ? centimetres / CELL_CM : -1 - (-1 - centimetres) / CELL_CM;
}

static int64_t cell_key(int32_t column, int32_t row)
{
  return (int64_t)row * 1000000 + column;
}

struct map_box map_cell_box(struct map_cell cell)
{
  return (struct map_box){clamp((double)cell.column * CELL_CM), clamp((double)cell.row * CELL_CM),
                          clamp((double)(cell.column + 1) * CELL_CM - 1), clamp((double)(cell.row + 1) * CELL_CM - 1)};
}

static void add_cell(struct road_map *map, int32_t column, int32_t row)
{
  map->cells = road_map_grow(map->cells, map->cell_count, &map->cell_capacity, sizeof *map->cells);
  map->cells[map->cell_count] = (struct cell){0};
  id_index_add(&map->cell_index, cell_key(column, row), map->cell_count++);
}

size_t road_map_claim(struct road_map *map, struct map_box box, struct map_cell *cells, size_t capacity)
{
  size_t count = 0;
  for (int32_t row = cell_of(box.south_cm); row <= cell_of(box.north_cm); row++) {
    for (int32_t column = cell_of(box.west_cm); column <= cell_of(box.east_cm); column++) {
      if (count < capacity && id_index_find(&map->cell_index, cell_key(column, row)) == ID_INDEX_NONE) {
        add_cell(map, column, row);
        cells[count++] = (struct map_cell){column, row};
      }
    }
  }
  return count;
}

static void add_to_cell(struct road_map *map, uint32_t cell_number, uint32_t segment)
{
  struct cell *cell = &map->cells[cell_number];
  for (uint32_t i = 0; i < cell->count; i++) {
    if (cell->segments[i] == segment) {
      return;
    }
  }
  cell->segments = road_map_grow(cell->segments, cell->count, &cell->capacity, sizeof *cell->segments);
  cell->segments[cell->count++] = segment;
}

static void add_to_cells(struct road_map *map, uint32_t segment)
{
  const struct map_box box = map->segments[segment].box;
  for (int32_t row = cell_of(box.south_cm); row <= cell_of(box.north_cm); row++) {
    for (int32_t column = cell_of(box.west_cm); column <= cell_of(box.east_cm); column++) {
      const uint32_t cell = id_index_find(&map->cell_index, cell_key(column, row));
      if (cell != ID_INDEX_NONE) {
        add_to_cell(map, cell, segment);
      }
    }
  }
}

/* ---- roads ---- */

static uint32_t node_of(struct road_map *map, int64_t id)
{
  uint32_t number = id_index_find(&map->node_index, id);
  if (number == ID_INDEX_NONE) {
    map->nodes = road_map_grow(map->nodes, map->node_count, &map->node_capacity, sizeof *map->nodes);
    number = map->node_count++;
    map->nodes[number] = (struct node){.first_arc = NO_ARC};
    id_index_add(&map->node_index, id, number);
  }
  return number;
}

static struct map_box box_of(const struct map_point *points, uint32_t count)
{
  struct map_box box = {points[0].x_cm, points[0].y_cm, points[0].x_cm, points[0].y_cm};
  for (uint32_t i = 1; i < count; i++) {
    box.west_cm = points[i].x_cm < box.west_cm ? points[i].x_cm : box.west_cm;
    box.east_cm = points[i].x_cm > box.east_cm ? points[i].x_cm : box.east_cm;
    box.south_cm = points[i].y_cm < box.south_cm ? points[i].y_cm : box.south_cm;
    box.north_cm = points[i].y_cm > box.north_cm ? points[i].y_cm : box.north_cm;
  }
  return box;
}

static uint32_t copy_points(struct road_map *map, const struct road_segment *segment)
{
  const uint32_t first = map->point_count;
  for (uint32_t i = 0; i < segment->point_count; i++) {
    map->points = road_map_grow(map->points, map->point_count, &map->point_capacity, sizeof *map->points);
    map->points[map->point_count++] = segment->points[i];
  }
  return first;
}

/* An arc is a segment and the end at which it begins: 2 * segment, + 1 for to_node. Each node has a list of those that begin
 * there, whatever way may be driven. */
static void link_arc(struct road_map *map, uint32_t node, uint32_t arc)
{
  map->segments[arc / 2].next_arc[arc % 2] = map->nodes[node].first_arc;
  map->nodes[node].first_arc = arc;
}

static uint32_t insert(struct road_map *map, const struct road_segment *segment)
{
  const uint32_t number = map->segment_count;
  map->segments = road_map_grow(map->segments, map->segment_count, &map->segment_capacity, sizeof *map->segments);
  map->segment_count++;
  struct map_segment *added = &map->segments[number];
  *added = (struct map_segment){
      .road = {segment->road_id, node_of(map, segment->from_node), node_of(map, segment->to_node), segment->length_m,
               segment->oneway, (uint8_t)segment->road_class},
      .limits = segment->limits,
      .box = box_of(segment->points, segment->point_count),
      .first_point = copy_points(map, segment),
      .point_count = segment->point_count,
  };
  link_arc(map, added->road.from_node, 2 * number);
  link_arc(map, added->road.to_node, 2 * number + 1);
  id_index_add(&map->segment_index, segment->road_id, number);
  return number;
}

void road_map_add(struct road_map *map, const struct road_segment *segment)
{
  assert(segment->point_count >= 2);
  uint32_t number = id_index_find(&map->segment_index, segment->road_id);
  if (number == ID_INDEX_NONE) {
    number = insert(map, segment);
  }
  add_to_cells(map, number);
}

uint32_t road_map_find(const struct road_map *map, int64_t road_id)
{
  return id_index_find(&map->segment_index, road_id);
}

struct map_road road_map_segment(const struct road_map *map, uint32_t segment)
{
  return map->segments[segment].road;
}

const struct road_limits *road_map_limits(const struct road_map *map, int64_t road_id)
{
  const uint32_t number = road_map_find(map, road_id);
  return number == ID_INDEX_NONE ? NULL : &map->segments[number].limits;
}

/* ---- what is near ---- */

/* The nearest place of a segment, in centimetres of the map. */
struct nearest {
  double distance_cm;
  double along_cm;
  double length_cm;
  double bearing_deg;
};

static struct nearest nearest_of(const struct map_point *points, uint32_t count, struct map_point here)
{
  struct nearest nearest = {.distance_cm = INFINITY};
  for (uint32_t i = 0; i + 1 < count; i++) {
    const double dx = (double)points[i + 1].x_cm - points[i].x_cm;
    const double dy = (double)points[i + 1].y_cm - points[i].y_cm;
    const double hx = (double)here.x_cm - points[i].x_cm;
    const double hy = (double)here.y_cm - points[i].y_cm;
    const double squared = dx * dx + dy * dy;
    const double length_cm = sqrt(squared);
    const double share = squared > 0 ? fmin(fmax((hx * dx + hy * dy) / squared, 0), 1) : 0;
    const double distance_cm = hypot(hx - share * dx, hy - share * dy);
    if (distance_cm < nearest.distance_cm && length_cm > 0) {
      nearest.distance_cm = distance_cm;
      nearest.along_cm = nearest.length_cm + share * length_cm;
      nearest.bearing_deg = atan2(dx, dy) / RADIANS_PER_DEG;
    }
    nearest.length_cm += length_cm;
  }
  return nearest;
}

static bool comes_before(const struct road_map *map, const struct road_candidate *a, const struct road_candidate *b)
{
  if (a->distance_m < b->distance_m || a->distance_m > b->distance_m) {
    return a->distance_m < b->distance_m;
  }
  return map->segments[a->segment].road.road_id < map->segments[b->segment].road.road_id;
}

/* Keeps them sorted; the farthest falls off the end. */
static size_t insert_candidate(const struct road_map *map, struct road_candidate *candidates, size_t count, size_t capacity,
                               const struct road_candidate *added)
{
  size_t place = count;
  while (place > 0 && comes_before(map, added, &candidates[place - 1])) {
    place--;
  }
  if (place == capacity) {
    return count;
  }
  const size_t kept = count < capacity ? count : capacity - 1;
  memmove(&candidates[place + 1], &candidates[place], (kept - place) * sizeof *candidates);
  candidates[place] = *added;
  return kept + 1;
}

/* What is looked for in one call of road_map_near. */
struct look {
  struct map_point here;
  struct map_box box;
  double metres_per_cm;
  double reach_m;
};

static bool look_at(const struct road_map *map, const struct look *look, uint32_t segment, struct road_candidate *candidate)
{
  const struct map_segment *road = &map->segments[segment];
  if (!boxes_touch(&road->box, &look->box)) {
    return false;
  }
  const struct nearest nearest = nearest_of(&map->points[road->first_point], road->point_count, look->here);
  const double distance_m = nearest.distance_cm * look->metres_per_cm;
  if (!(distance_m <= look->reach_m)) {
    return false;
  }
  const double along_m = nearest.along_cm / nearest.length_cm * (double)road->road.length_m;
  *candidate = (struct road_candidate){segment, (float)distance_m, (float)along_m, (float)nearest.bearing_deg};
  return true;
}

size_t road_map_near(struct road_map *map, double longitude_deg, double latitude_deg, double reach_m,
                     struct road_candidate *candidates, size_t capacity)
{
  struct look look = {
      .here = map_point_of(longitude_deg, latitude_deg), .metres_per_cm = map_metres_per_cm(latitude_deg), .reach_m = reach_m};
  look.box = map_box_around(look.here, reach_m / look.metres_per_cm);
  const uint32_t stamp = ++map->near_stamp;
  size_t count = 0;
  for (int32_t row = cell_of(look.box.south_cm); row <= cell_of(look.box.north_cm); row++) {
    for (int32_t column = cell_of(look.box.west_cm); column <= cell_of(look.box.east_cm); column++) {
      const uint32_t cell = id_index_find(&map->cell_index, cell_key(column, row));
      for (uint32_t i = 0; cell != ID_INDEX_NONE && i < map->cells[cell].count; i++) {
        const uint32_t segment = map->cells[cell].segments[i];
        struct road_candidate candidate;
        if (map->segments[segment].near_stamp != stamp && look_at(map, &look, segment, &candidate)) {
          count = insert_candidate(map, candidates, count, capacity, &candidate);
        }
        map->segments[segment].near_stamp = stamp;
      }
    }
  }
  return count;
}
