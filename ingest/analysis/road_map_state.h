/* What road_map.c and road_map_search.c share. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MAP_STATE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROAD_MAP_STATE_H

#include "ingest/analysis/id_index.h"
#include "ingest/analysis/road_map.h"

#define NO_ARC UINT32_MAX

struct map_segment {
  struct map_road road;
  struct road_limits limits;
  struct map_box box;
  uint32_t first_point;
  uint32_t point_count;
  uint32_t next_arc[2]; /* in the list of from_node, of to_node */
  uint32_t near_stamp;  /* of the last road_map_near that saw it */
};

struct cell {
  uint32_t *segments;
  uint32_t count;
  uint32_t capacity;
};

struct node {
  uint32_t first_arc;
  uint32_t stamp; /* of the last spread that reached it */
  float reached_m;
};

struct heap_item {
  float reached_m;
  uint32_t node;
};

struct road_map {
  struct cell *cells;
  uint32_t cell_count, cell_capacity;
  struct map_segment *segments;
  uint32_t segment_count, segment_capacity;
  struct map_point *points;
  uint32_t point_count, point_capacity;
  struct node *nodes;
  uint32_t node_count, node_capacity;
  struct heap_item *heap;
  uint32_t heap_count, heap_capacity;
  struct id_index cell_index;
  struct id_index segment_index;
  struct id_index node_index;
  uint32_t near_stamp;
  uint32_t spread_stamp;
};

/* Room for one more; aborts when there is no memory. */
void *road_map_grow(void *items, size_t count, uint32_t *capacity, size_t item_bytes);

#endif
