#include "ingest/generator/road_graph.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t NOWHERE = UINT32_MAX;
static const double FASTEST_MPS = 30;
static const float JUNCTION_S = 4;

struct point {
  int32_t key_x;
  int32_t key_y;
  double x_m;
  double y_m;
  uint32_t node; /* NOWHERE: not a junction */
};

struct way {
  uint32_t id;
  uint32_t first_point;
  uint32_t point_count;
  float speed_mps;
  int oneway;
};

struct slot {
  int32_t key_x;
  int32_t key_y;
  uint32_t uses; /* 0: empty */
  uint32_t node;
};

struct search_entry {
  double estimate_s;
  uint32_t node;
};

struct road_graph {
  struct point *points;
  uint32_t point_count, point_capacity;
  struct way *ways;
  uint32_t way_count, way_capacity;
  struct road_arc *arcs; /* sorted by `from` */
  uint32_t arc_count, arc_capacity;
  uint32_t *first_arc;  /* node_count + 1 */
  uint32_t *into;       /* arc indexes sorted by `to` */
  uint32_t *first_into; /* node_count + 1 */
  uint32_t *node_point;
  uint32_t node_count;
  uint32_t *usable;
  uint32_t usable_count;
  /* of the search */
  double *cost_s;
  uint32_t *came_by;
  uint32_t *visit;
  uint32_t visit_number;
  struct search_entry *heap;
  size_t heap_count, heap_capacity;
  const struct road_arc **found;
  size_t found_capacity;
};

static void *grown(void *items, uint32_t *capacity, size_t size)
{
  *capacity = *capacity == 0 ? 1024 : *capacity * 2;
  void *more = realloc(items, *capacity * size);
  if (more == NULL) {
    abort();
  }
  return more;
}

static void *zeroed(size_t count, size_t size)
{
  void *memory = calloc(count + 1, size);
  if (memory == NULL) {
    abort();
  }
  return memory;
}

struct road_graph *road_graph_new(void)
{
  return zeroed(1, sizeof(struct road_graph));
}

void road_graph_free(struct road_graph *graph)
{
  if (graph == NULL) {
    return;
  }
  free(graph->points);
  free(graph->ways);
  free(graph->arcs);
  free(graph->first_arc);
  free(graph->into);
  free(graph->first_into);
  free(graph->node_point);
  free(graph->usable);
  free(graph->cost_s);
  free(graph->came_by);
  free(graph->visit);
  free(graph->heap);
  free(graph->found);
  free(graph);
}

void road_graph_begin_way(struct road_graph *graph, uint32_t way, double speed_mps, int oneway)
{
  if (graph->way_count == graph->way_capacity) {
    graph->ways = grown(graph->ways, &graph->way_capacity, sizeof *graph->ways);
  }
  graph->ways[graph->way_count++] =
      (struct way){.id = way, .first_point = graph->point_count, .speed_mps = (float)speed_mps, .oneway = oneway};
}

void road_graph_add_point(struct road_graph *graph, int32_t key_x, int32_t key_y, double x_m, double y_m)
{
  assert(graph->way_count > 0);
  if (graph->point_count == graph->point_capacity) {
    graph->points = grown(graph->points, &graph->point_capacity, sizeof *graph->points);
  }
  graph->points[graph->point_count++] = (struct point){key_x, key_y, x_m, y_m, NOWHERE};
  graph->ways[graph->way_count - 1].point_count++;
}

static struct slot *find_slot(struct slot *slots, size_t mask, int32_t key_x, int32_t key_y)
{
  uint64_t mixed = ((uint64_t)(uint32_t)key_x << 32 | (uint32_t)key_y) * UINT64_C(0x9E3779B97F4A7C15);
  size_t at = (size_t)(mixed >> 20) & mask;
  while (slots[at].uses != 0 && (slots[at].key_x != key_x || slots[at].key_y != key_y)) {
    at = (at + 1) & mask;
  }
  return &slots[at];
}

/* A point is a junction when several ways (or one way twice) go through it, or when a way ends there. */
static void find_junctions(struct road_graph *graph)
{
  size_t size = 1024;
  while (size < (size_t)graph->point_count * 2) {
    size *= 2;
  }
  struct slot *slots = zeroed(size, sizeof *slots);
  for (uint32_t w = 0; w < graph->way_count; w++) {
    const struct way *way = &graph->ways[w];
    for (uint32_t i = 0; i < way->point_count; i++) {
      const struct point *point = &graph->points[way->first_point + i];
      struct slot *slot = find_slot(slots, size - 1, point->key_x, point->key_y);
      bool is_end = i == 0 || i == way->point_count - 1;
      *slot = (struct slot){point->key_x, point->key_y, slot->uses + (is_end ? 2 : 1), NOWHERE};
    }
  }
  graph->node_point = zeroed(graph->point_count, sizeof *graph->node_point);
  for (uint32_t i = 0; i < graph->point_count; i++) {
    struct point *point = &graph->points[i];
    struct slot *slot = find_slot(slots, size - 1, point->key_x, point->key_y);
    if (slot->uses < 2) {
      continue;
    }
    if (slot->node == NOWHERE) {
      slot->node = graph->node_count;
      graph->node_point[graph->node_count++] = i;
    }
    point->node = slot->node;
  }
  free(slots);
}

static void add_arc(struct road_graph *graph, struct road_arc arc)
{
  if (graph->arc_count == graph->arc_capacity) {
    graph->arcs = grown(graph->arcs, &graph->arc_capacity, sizeof *graph->arcs);
  }
  graph->arcs[graph->arc_count++] = arc;
}

static void add_arcs_of_way(struct road_graph *graph, const struct way *way)
{
  uint32_t start = way->first_point;
  double length_m = 0;
  for (uint32_t i = way->first_point + 1; i < way->first_point + way->point_count; i++) {
    const struct point *before = &graph->points[i - 1];
    const struct point *point = &graph->points[i];
    length_m += hypot(point->x_m - before->x_m, point->y_m - before->y_m);
    if (point->node == NOWHERE) {
      continue;
    }
    uint32_t from = graph->points[start].node;
    float seconds = (float)length_m / way->speed_mps + JUNCTION_S;
    if (way->oneway >= 0) {
      add_arc(graph, (struct road_arc){from, point->node, start, i, way->id, seconds});
    }
    if (way->oneway <= 0) {
      add_arc(graph, (struct road_arc){point->node, from, i, start, way->id, seconds});
    }
    start = i;
    length_m = 0;
  }
}

static int compare_arcs(const void *left, const void *right)
{
  const struct road_arc *a = left;
  const struct road_arc *b = right;
  if (a->from != b->from) {
    return a->from < b->from ? -1 : 1;
  }
  return a->first < b->first ? -1 : a->first > b->first;
}

static void index_arcs(struct road_graph *graph)
{
  if (graph->arc_count > 0) {
    qsort(graph->arcs, graph->arc_count, sizeof *graph->arcs, compare_arcs);
  }
  graph->first_arc = zeroed(graph->node_count + 1, sizeof *graph->first_arc);
  graph->first_into = zeroed(graph->node_count + 1, sizeof *graph->first_into);
  graph->into = zeroed(graph->arc_count, sizeof *graph->into);
  for (uint32_t i = 0; i < graph->arc_count; i++) {
    graph->first_arc[graph->arcs[i].from + 1]++;
    graph->first_into[graph->arcs[i].to + 1]++;
  }
  for (uint32_t node = 0; node < graph->node_count; node++) {
    graph->first_arc[node + 1] += graph->first_arc[node];
    graph->first_into[node + 1] += graph->first_into[node];
  }
  uint32_t *filled = zeroed(graph->node_count, sizeof *filled);
  for (uint32_t i = 0; i < graph->arc_count; i++) {
    uint32_t to = graph->arcs[i].to;
    graph->into[graph->first_into[to] + filled[to]++] = i;
  }
  free(filled);
}

/* Marks with `bit` what can be reached from a node, with the arcs or against them. */
static void flood(const struct road_graph *graph, uint32_t from, bool against, uint8_t *marks, uint8_t bit, uint32_t *queue)
{
  uint32_t count = 0;
  queue[count++] = from;
  marks[from] |= bit;
  const uint32_t *first = against ? graph->first_into : graph->first_arc;
  for (uint32_t next = 0; next < count; next++) {
    uint32_t node = queue[next];
    for (uint32_t i = first[node]; i < first[node + 1]; i++) {
      uint32_t other = against ? graph->arcs[graph->into[i]].from : graph->arcs[i].to;
      if ((marks[other] & bit) == 0) {
        marks[other] |= bit;
        queue[count++] = other;
      }
    }
  }
}

/* Leaves out car parks behind one-way exits and the other bank without a bridge: the largest of the parts around a few
 * junctions spread over the map is kept. */
static void keep_connected(struct road_graph *graph)
{
  uint8_t *marks = zeroed(graph->node_count, sizeof *marks);
  uint32_t *queue = zeroed(graph->node_count, sizeof *queue);
  graph->usable = zeroed(graph->node_count, sizeof *graph->usable);
  enum { TRIES = 12 };
  for (uint32_t attempt = 0; attempt < TRIES && graph->usable_count * 2 < graph->node_count; attempt++) {
    const uint64_t odd = 2 * (uint64_t)attempt + 1;
    uint32_t from = (uint32_t)(graph->node_count * odd / TRIES / 2);
    memset(marks, 0, graph->node_count);
    flood(graph, from, false, marks, 1, queue);
    flood(graph, from, true, marks, 2, queue);
    uint32_t count = 0;
    for (uint32_t node = 0; node < graph->node_count; node++) {
      count += marks[node] == 3;
    }
    if (count <= graph->usable_count) {
      continue;
    }
    graph->usable_count = 0;
    for (uint32_t node = 0; node < graph->node_count; node++) {
      if (marks[node] == 3) {
        graph->usable[graph->usable_count++] = node;
      }
    }
  }
  free(marks);
  free(queue);
}

bool road_graph_finish(struct road_graph *graph)
{
  find_junctions(graph);
  for (uint32_t i = 0; i < graph->way_count; i++) {
    add_arcs_of_way(graph, &graph->ways[i]);
  }
  index_arcs(graph);
  keep_connected(graph);
  graph->cost_s = zeroed(graph->node_count, sizeof *graph->cost_s);
  graph->came_by = zeroed(graph->node_count, sizeof *graph->came_by);
  graph->visit = zeroed(graph->node_count, sizeof *graph->visit);
  return graph->usable_count >= 2;
}

uint32_t road_graph_usable_count(const struct road_graph *graph)
{
  return graph->usable_count;
}

uint32_t road_graph_usable(const struct road_graph *graph, uint32_t index)
{
  assert(index < graph->usable_count);
  return graph->usable[index];
}

struct road_point road_graph_point(const struct road_graph *graph, uint32_t index)
{
  return (struct road_point){graph->points[index].x_m, graph->points[index].y_m};
}

double road_graph_distance_m(const struct road_graph *graph, uint32_t from, uint32_t to)
{
  const struct point *a = &graph->points[graph->node_point[from]];
  const struct point *b = &graph->points[graph->node_point[to]];
  return hypot(a->x_m - b->x_m, a->y_m - b->y_m);
}

uint32_t road_graph_nearest(const struct road_graph *graph, double x_m, double y_m)
{
  uint32_t nearest = graph->usable[0];
  double nearest_m = INFINITY;
  for (uint32_t i = 0; i < graph->usable_count; i++) {
    const struct point *point = &graph->points[graph->node_point[graph->usable[i]]];
    double distance_m = hypot(point->x_m - x_m, point->y_m - y_m);
    if (distance_m < nearest_m) {
      nearest = graph->usable[i];
      nearest_m = distance_m;
    }
  }
  return nearest;
}

int road_graph_arm_count(const struct road_graph *graph, uint32_t node)
{
  return (int)(graph->first_arc[node + 1] - graph->first_arc[node]);
}

static void heap_push(struct road_graph *graph, double estimate_s, uint32_t node)
{
  if (graph->heap_count == graph->heap_capacity) {
    graph->heap_capacity = graph->heap_capacity == 0 ? 256 : graph->heap_capacity * 2;
    graph->heap = realloc(graph->heap, graph->heap_capacity * sizeof *graph->heap);
    if (graph->heap == NULL) {
      abort();
    }
  }
  size_t at = graph->heap_count++;
  while (at > 0 && graph->heap[(at - 1) / 2].estimate_s > estimate_s) {
    graph->heap[at] = graph->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  graph->heap[at] = (struct search_entry){estimate_s, node};
}

static struct search_entry heap_pop(struct road_graph *graph)
{
  struct search_entry top = graph->heap[0];
  struct search_entry moved = graph->heap[--graph->heap_count];
  size_t at = 0;
  for (size_t child = 1; child < graph->heap_count; child = 2 * at + 1) {
    if (child + 1 < graph->heap_count && graph->heap[child + 1].estimate_s < graph->heap[child].estimate_s) {
      child++;
    }
    if (graph->heap[child].estimate_s >= moved.estimate_s) {
      break;
    }
    graph->heap[at] = graph->heap[child];
    at = child;
  }
  graph->heap[at] = moved;
  return top;
}

static void reach(struct road_graph *graph, uint32_t node, double cost_s, uint32_t came_by, uint32_t to)
{
  if (graph->visit[node] == graph->visit_number && graph->cost_s[node] <= cost_s) {
    return;
  }
  graph->visit[node] = graph->visit_number;
  graph->cost_s[node] = cost_s;
  graph->came_by[node] = came_by;
  heap_push(graph, cost_s + road_graph_distance_m(graph, node, to) / FASTEST_MPS, node);
}

static size_t collect(struct road_graph *graph, uint32_t from, uint32_t to)
{
  size_t count = 0;
  for (uint32_t node = to; node != from; node = graph->arcs[graph->came_by[node]].from) {
    count++;
  }
  if (count > graph->found_capacity) {
    free(graph->found);
    graph->found_capacity = count * 2;
    graph->found = zeroed(graph->found_capacity, sizeof *graph->found);
  }
  size_t at = count;
  for (uint32_t node = to; node != from; node = graph->arcs[graph->came_by[node]].from) {
    graph->found[--at] = &graph->arcs[graph->came_by[node]];
  }
  return count;
}

size_t road_graph_find_way(struct road_graph *graph, uint32_t from, uint32_t to, const struct road_arc *const **arcs)
{
  graph->visit_number++;
  graph->heap_count = 0;
  reach(graph, from, 0, NOWHERE, to);
  while (graph->heap_count > 0) {
    struct search_entry entry = heap_pop(graph);
    if (entry.node == to) {
      size_t count = collect(graph, from, to);
      *arcs = graph->found;
      return count;
    }
    double cost_s = graph->cost_s[entry.node];
    if (entry.estimate_s > cost_s + road_graph_distance_m(graph, entry.node, to) / FASTEST_MPS + 1e-9) {
      continue;
    }
    for (uint32_t i = graph->first_arc[entry.node]; i < graph->first_arc[entry.node + 1]; i++) {
      reach(graph, graph->arcs[i].to, cost_s + (double)graph->arcs[i].seconds, i, to);
    }
  }
  return 0;
}
