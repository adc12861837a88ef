#include "ingest/analysis/zone_set.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>

#include "server/base/arena.h"

enum {
  WKB_POLYGON = 3,
  WKB_MULTI_POLYGON = 6,
  EDGES_PER_STRIP = 4,
  STRIPS_MAX = 64,
  GRID_SIDE_MAX = 64,
  BLOCK_BYTES = 64 * 1024,
};

struct box {
  double west;
  double south;
  double east;
  double north;
};

struct edge {
  double x1;
  double y1;
  double x2;
  double y2;
};

/* The edges that touch strip s of its height: edges[strip_edges[strip_begin[s]]] to those of strip_begin[s + 1]. */
struct zone {
  int64_t geofence_id;
  struct box box;
  struct edge *edges;
  uint32_t edge_count;
  uint32_t strip_count;
  uint32_t *strip_begin;
  uint32_t *strip_edges;
  struct zone *next; /* in the order of adding */
};

struct zone_set {
  struct arena *arena;
  struct zone *first;
  struct zone *last;
  size_t count;
  struct box box;
  uint32_t side;            /* the grid has side * side cells; 0: no zones */
  uint32_t *cell_begin;     /* zones of cell c: cell_zones[cell_begin[c]] to cell_begin[c + 1] */
  struct zone **cell_zones; /* ascending within a cell */
};

struct zone_set *zone_set_new(void)
{
  struct arena *arena = arena_new(BLOCK_BYTES);
  struct zone_set *set = arena_alloc(arena, sizeof *set);
  *set = (struct zone_set){.arena = arena, .box = {INFINITY, INFINITY, -INFINITY, -INFINITY}};
  return set;
}

void zone_set_free(struct zone_set *set)
{
  if (set != NULL) {
    arena_free(set->arena);
  }
}

size_t zone_set_count(const struct zone_set *set)
{
  return set->count;
}

/* ---- well-known binary ---- */

static bool take_uint32(struct text *in, uint32_t *value)
{
  if (in->length < sizeof *value) {
    return false;
  }
  memcpy(value, in->data, sizeof *value);
  *value = le32toh(*value);
  *in = (struct text){in->data + sizeof *value, in->length - sizeof *value};
  return true;
}

static bool take_double(struct text *in, double *value)
{
  uint64_t bits = 0;
  if (in->length < sizeof bits) {
    return false;
  }
  memcpy(&bits, in->data, sizeof bits);
  bits = le64toh(bits);
  memcpy(value, &bits, sizeof bits);
  *in = (struct text){in->data + sizeof bits, in->length - sizeof bits};
  return isfinite(*value);
}

static bool take_head(struct text *in, uint32_t type)
{
  uint32_t found = 0;
  if (in->length == 0 || in->data[0] != 1) {
    return false;
  }
  *in = (struct text){in->data + 1, in->length - 1};
  return take_uint32(in, &found) && found == type;
}

/* Every ring begins and ends with the same point, so that it has an edge less than points. */
static bool take_ring(struct text *in, struct zone *zone)
{
  uint32_t points = 0;
  double before_x = 0;
  double before_y = 0;
  if (!take_uint32(in, &points)) {
    return false;
  }
  for (uint32_t i = 0; i < points; i++) {
    double x = 0;
    double y = 0;
    if (!take_double(in, &x) || !take_double(in, &y)) {
      return false;
    }
    if (i > 0) {
      zone->edges[zone->edge_count++] = (struct edge){before_x, before_y, x, y};
    }
    before_x = x;
    before_y = y;
    zone->box =
        (struct box){fmin(zone->box.west, x), fmin(zone->box.south, y), fmax(zone->box.east, x), fmax(zone->box.north, y)};
  }
  return true;
}

static bool take_polygons(struct text *in, struct zone *zone)
{
  uint32_t polygons = 0;
  if (!take_head(in, WKB_MULTI_POLYGON) || !take_uint32(in, &polygons)) {
    return false;
  }
  for (uint32_t i = 0; i < polygons; i++) {
    uint32_t rings = 0;
    if (!take_head(in, WKB_POLYGON) || !take_uint32(in, &rings)) {
      return false;
    }
    for (uint32_t ring = 0; ring < rings; ring++) {
      if (!take_ring(in, zone)) {
        return false;
      }
    }
  }
  return in->length == 0 && zone->edge_count > 0;
}

/* ---- strips ---- */

static uint32_t strip_of(const struct zone *zone, double y)
{
  const double height = zone->box.north - zone->box.south;
  const double strip = height > 0 ? (y - zone->box.south) / height * zone->strip_count : 0;
  return strip <= 0 ? 0 : strip >= zone->strip_count ? zone->strip_count - 1 : (uint32_t)strip;
}

static void make_strips(struct arena *arena, struct zone *zone)
{
  const uint32_t wanted = zone->edge_count / EDGES_PER_STRIP;
  zone->strip_count = wanted < 1 ? 1 : wanted > STRIPS_MAX ? STRIPS_MAX : wanted;
  zone->strip_begin = arena_alloc_array(arena, zone->strip_count + 1, sizeof *zone->strip_begin);
  for (uint32_t i = 0; i < zone->edge_count; i++) {
    const struct edge *edge = &zone->edges[i];
    for (uint32_t s = strip_of(zone, fmin(edge->y1, edge->y2)); s <= strip_of(zone, fmax(edge->y1, edge->y2)); s++) {
      zone->strip_begin[s + 1]++;
    }
  }
  for (uint32_t s = 0; s < zone->strip_count; s++) {
    zone->strip_begin[s + 1] += zone->strip_begin[s];
  }
  uint32_t filled[STRIPS_MAX] = {0};
  zone->strip_edges = arena_alloc_array(arena, zone->strip_begin[zone->strip_count], sizeof *zone->strip_edges);
  for (uint32_t i = 0; i < zone->edge_count; i++) {
    const struct edge *edge = &zone->edges[i];
    for (uint32_t s = strip_of(zone, fmin(edge->y1, edge->y2)); s <= strip_of(zone, fmax(edge->y1, edge->y2)); s++) {
      zone->strip_edges[zone->strip_begin[s] + filled[s]++] = i;
    }
  }
}

bool zone_set_add(struct zone_set *set, int64_t geofence_id, struct text wkb)
{
  struct zone *zone = arena_alloc(set->arena, sizeof *zone);
  *zone = (struct zone){.geofence_id = geofence_id, .box = {INFINITY, INFINITY, -INFINITY, -INFINITY}};
  zone->edges = arena_alloc_array(set->arena, wkb.length / (2 * sizeof(double)) + 1, sizeof *zone->edges);
  if (!take_polygons(&wkb, zone)) {
    return false;
  }
  make_strips(set->arena, zone);
  set->box = (struct box){fmin(set->box.west, zone->box.west), fmin(set->box.south, zone->box.south),
                          fmax(set->box.east, zone->box.east), fmax(set->box.north, zone->box.north)};
  if (set->last != NULL) {
    set->last->next = zone;
  } else {
    set->first = zone;
  }
  set->last = zone;
  set->count++;
  return true;
}

/* ---- the grid ---- */

static uint32_t column_of(const struct zone_set *set, double value, double from, double to)
{
  const double part = to > from ? (value - from) / (to - from) * set->side : 0;
  return part <= 0 ? 0 : part >= set->side ? set->side - 1 : (uint32_t)part;
}

/* Cells that a zone's box touches: columns and rows, both ends included. */
struct cells {
  uint32_t west;
  uint32_t south;
  uint32_t east;
  uint32_t north;
};

static struct cells cells_of(const struct zone_set *set, const struct box *box)
{
  return (struct cells){
      column_of(set, box->west, set->box.west, set->box.east), column_of(set, box->south, set->box.south, set->box.north),
      column_of(set, box->east, set->box.west, set->box.east), column_of(set, box->north, set->box.south, set->box.north)};
}

void zone_set_index(struct zone_set *set)
{
  if (set->count == 0) {
    return;
  }
  const double side = ceil(2 * sqrt((double)set->count));
  set->side = side > GRID_SIDE_MAX ? GRID_SIDE_MAX : (uint32_t)side;
  const size_t cell_count = (size_t)set->side * set->side;
  set->cell_begin = arena_alloc_array(set->arena, cell_count + 1, sizeof *set->cell_begin);
  for (const struct zone *zone = set->first; zone != NULL; zone = zone->next) {
    const struct cells cells = cells_of(set, &zone->box);
    for (uint32_t row = cells.south; row <= cells.north; row++) {
      for (uint32_t column = cells.west; column <= cells.east; column++) {
        set->cell_begin[(size_t)row * set->side + column + 1]++;
      }
    }
  }
  for (size_t cell = 0; cell < cell_count; cell++) {
    set->cell_begin[cell + 1] += set->cell_begin[cell];
  }
  uint32_t *filled = arena_alloc_array(set->arena, cell_count, sizeof *filled);
  set->cell_zones = arena_alloc_array(set->arena, set->cell_begin[cell_count], sizeof(struct zone *));
  for (struct zone *zone = set->first; zone != NULL; zone = zone->next) {
    const struct cells cells = cells_of(set, &zone->box);
    for (uint32_t row = cells.south; row <= cells.north; row++) {
      for (uint32_t column = cells.west; column <= cells.east; column++) {
        const size_t cell = (size_t)row * set->side + column;
        set->cell_zones[set->cell_begin[cell] + filled[cell]++] = zone;
      }
    }
  }
}

/* ---- looking up ---- */

static bool box_holds(const struct box *box, double x, double y)
{
  return x >= box->west && x <= box->east && y >= box->south && y <= box->north;
}

/* A ray to the east crosses the outline an odd number of times, holes and parts included. */
static bool zone_holds(const struct zone *zone, double x, double y)
{
  const uint32_t strip = strip_of(zone, y);
  bool is_inside = false;
  for (uint32_t i = zone->strip_begin[strip]; i < zone->strip_begin[strip + 1]; i++) {
    const struct edge *edge = &zone->edges[zone->strip_edges[i]];
    if ((edge->y1 > y) != (edge->y2 > y) && x < (edge->x2 - edge->x1) * (y - edge->y1) / (edge->y2 - edge->y1) + edge->x1) {
      is_inside = !is_inside;
    }
  }
  return is_inside;
}

size_t zone_set_find(const struct zone_set *set, double longitude_deg, double latitude_deg, int64_t *geofence_ids,
                     size_t capacity)
{
  if (set->side == 0 || !box_holds(&set->box, longitude_deg, latitude_deg)) {
    return 0;
  }
  const size_t row = column_of(set, latitude_deg, set->box.south, set->box.north);
  const size_t cell = row * set->side + column_of(set, longitude_deg, set->box.west, set->box.east);
  size_t count = 0;
  for (uint32_t i = set->cell_begin[cell]; i < set->cell_begin[cell + 1]; i++) {
    const struct zone *zone = set->cell_zones[i];
    if (box_holds(&zone->box, longitude_deg, latitude_deg) && zone_holds(zone, longitude_deg, latitude_deg)) {
      if (count < capacity) {
        geofence_ids[count] = zone->geofence_id;
      }
      count++;
    }
  }
  return count;
}
