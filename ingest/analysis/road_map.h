/* Roads in memory, cell by cell: which are near a point, and how far it is to drive from one to another.
 *
 * Filled from the database (road_source.h) or by a test; what is asked of it depends only on the roads around, never on what
 * else it holds. Owns everything. Places are in centimetres of Web Mercator, where angles and what is nearest are true; lengths
 * in metres of the ground. Thread: one at a time (searches have scratch space in it). */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MAP_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/analysis/effective_limit.h"

/* As in table road_class. */
enum road_class {
  ROAD_MOTORWAY = 1,
  ROAD_TRUNK,
  ROAD_PRIMARY,
  ROAD_SECONDARY,
  ROAD_TERTIARY,
  ROAD_UNCLASSIFIED,
  ROAD_RESIDENTIAL,
  ROAD_LIVING_STREET,
  ROAD_SERVICE,
  ROAD_TRACK,
};

struct map_point {
  int32_t x_cm;
  int32_t y_cm;
};
struct map_point map_point_of(double longitude_deg, double latitude_deg);
/* Metres of the ground for one centimetre of the map. */
double map_metres_per_cm(double latitude_deg);
/* On the ground, as lengths on the map are measured: for distances up to some kilometres. */
double map_distance_m(double from_longitude_deg, double from_latitude_deg, double to_longitude_deg, double to_latitude_deg);

struct map_box {
  int32_t west_cm, south_cm, east_cm, north_cm;
};
struct map_box map_box_around(struct map_point centre, double reach_cm);

struct road_segment {
  int64_t road_id;
  int64_t from_node; /* junctions, as drawn */
  int64_t to_node;
  float length_m;
  int8_t oneway; /* 1 as drawn, -1 against the drawing, 0 both ways */
  enum road_class road_class;
  struct road_limits limits;
  const struct map_point *points; /* copied by road_map_add */
  uint32_t point_count;           /* at least 2 */
};

struct road_map;

struct road_map *road_map_new(void);
void road_map_free(struct road_map *map); /* accepts NULL */
void road_map_clear(struct road_map *map);
size_t road_map_bytes(const struct road_map *map); /* what it holds, roughly */

/* Cells are squares of 1,024 m of Web Mercator. */
struct map_cell {
  int32_t column;
  int32_t row;
};
struct map_box map_cell_box(struct map_cell cell);
/* Adds the cells that touch the box and are not in the map, empty, to `cells` (at most `capacity`); returns how many. They
 * count as in the map from then on: whoever asks adds all roads that touch them, or clears the map. */
size_t road_map_claim(struct road_map *map, struct map_box box, struct map_cell *cells, size_t capacity);
/* Adds a road to every claimed cell that its box touches. One that is there already is only added to further cells. */
void road_map_add(struct road_map *map, const struct road_segment *segment);
/* NULL: not in the map. */
const struct road_limits *road_map_limits(const struct road_map *map, int64_t road_id);

/* A road near a point. */
struct road_candidate {
  uint32_t segment; /* for road_map_segment; good until roads are added */
  float distance_m;
  float along_m;     /* of the road's nearest point, from from_node */
  float bearing_deg; /* of the drawing there, from north */
};
/* Those within reach_m, nearest first, at most `capacity`; equal ones by road_id. */
size_t road_map_near(struct road_map *map, double longitude_deg, double latitude_deg, double reach_m,
                     struct road_candidate *candidates, size_t capacity);
struct map_road {
  int64_t road_id;
  uint32_t from_node; /* numbers of junctions in this map */
  uint32_t to_node;
  float length_m;
  int8_t oneway;
  uint8_t road_class;
};
struct map_road road_map_segment(const struct road_map *map, uint32_t segment);
/* The segment's number; ID_INDEX_NONE (id_index.h): not in the map. */
uint32_t road_map_find(const struct road_map *map, int64_t road_id);

/* How far it is to drive from a junction to all that can be reached within reach_m; then ask for single ones (infinity: not
 * reached), until the next spread. */
void road_map_spread(struct road_map *map, uint32_t node, double reach_m);
float road_map_reached_m(const struct road_map *map, uint32_t node);

#endif
