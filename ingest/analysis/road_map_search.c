/* How far it is to drive: Dijkstra's search over junctions, within a bound. */
#include <math.h>

#include "ingest/analysis/road_map_state.h"

static void push(struct road_map *map, uint32_t node, float reached_m)
{
  map->heap = road_map_grow(map->heap, map->heap_count, &map->heap_capacity, sizeof *map->heap);
  uint32_t place = map->heap_count++;
  while (place > 0 && map->heap[(place - 1) / 2].reached_m > reached_m) {
    map->heap[place] = map->heap[(place - 1) / 2];
    place = (place - 1) / 2;
  }
  map->heap[place] = (struct heap_item){reached_m, node};
}

static struct heap_item pop(struct road_map *map)
{
  const struct heap_item top = map->heap[0];
  const struct heap_item last = map->heap[--map->heap_count];
  uint32_t place = 0;
  for (;;) {
    uint32_t child = 2 * place + 1;
    if (child >= map->heap_count) {
      break;
    }
    if (child + 1 < map->heap_count && map->heap[child + 1].reached_m < map->heap[child].reached_m) {
      child++;
    }
    if (map->heap[child].reached_m >= last.reached_m) {
      break;
    }
    map->heap[place] = map->heap[child];
    place = child;
  }
  map->heap[place] = last;
  return top;
}

static void reach(struct road_map *map, uint32_t node, float reached_m)
{
  struct node *reached = &map->nodes[node];
  if (reached->stamp != map->spread_stamp || reached_m < reached->reached_m) {
    reached->stamp = map->spread_stamp;
    reached->reached_m = reached_m;
    push(map, node, reached_m);
  }
}

/* Along every road that may be driven away from the junction. */
static void leave(struct road_map *map, struct heap_item from, double reach_m)
{
  for (uint32_t arc = map->nodes[from.node].first_arc; arc != NO_ARC; arc = map->segments[arc / 2].next_arc[arc % 2]) {
    const struct map_road *road = &map->segments[arc / 2].road;
    const bool is_backward = arc % 2 == 1;
    const float reached_m = from.reached_m + road->length_m;
    if (road->oneway != (is_backward ? 1 : -1) && (double)reached_m <= reach_m) {
      reach(map, is_backward ? road->from_node : road->to_node, reached_m);
    }
  }
}

void road_map_spread(struct road_map *map, uint32_t node, double reach_m)
{
  map->spread_stamp++;
  map->heap_count = 0;
  reach(map, node, 0);
  while (map->heap_count > 0) {
    const struct heap_item nearest = pop(map);
    if (nearest.reached_m <= map->nodes[nearest.node].reached_m) {
      leave(map, nearest, reach_m);
    }
  }
}

float road_map_reached_m(const struct road_map *map, uint32_t node)
{
  return map->nodes[node].stamp == map->spread_stamp ? map->nodes[node].reached_m : INFINITY;
}
