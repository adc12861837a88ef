/* Junctions and the arcs between them, from ways that share points; and the quickest way between two junctions (A*).
 *
 * Filled way by way, then finished. Owns everything. Thread: one at a time (the search has scratch space in it). */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_ROAD_GRAPH_H
#define CRUMBTRAIL_INGEST_GENERATOR_ROAD_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct road_graph;

struct road_graph *road_graph_new(void);
void road_graph_free(struct road_graph *graph); /* accepts NULL */

/* oneway: 1 as drawn, -1 against it, 0 both. */
void road_graph_begin_way(struct road_graph *graph, uint32_t way, double speed_mps, int oneway);
/* Points with the same key are the same place. */
void road_graph_add_point(struct road_graph *graph, int32_t key_x, int32_t key_y, double x_m, double y_m);
/* Builds junctions and arcs, and keeps those from which all others can be reached and back. False: fewer than two are left. */
bool road_graph_finish(struct road_graph *graph);

/* Junctions that can be driven to and from. */
uint32_t road_graph_usable_count(const struct road_graph *graph);
uint32_t road_graph_usable(const struct road_graph *graph, uint32_t index);
uint32_t road_graph_nearest(const struct road_graph *graph, double x_m, double y_m);      /* a usable one */
double road_graph_distance_m(const struct road_graph *graph, uint32_t from, uint32_t to); /* as the crow flies */
int road_graph_arm_count(const struct road_graph *graph, uint32_t node);

struct road_point {
  double x_m;
  double y_m;
};
struct road_point road_graph_point(const struct road_graph *graph, uint32_t index);

struct road_arc {
  uint32_t from; /* junctions */
  uint32_t to;
  uint32_t first; /* points, both included; first > last: driven against the drawing */
  uint32_t last;
  uint32_t way;
  float seconds;
};
/* The arcs in order, valid until the next call; 0: no way, or from == to. */
size_t road_graph_find_way(struct road_graph *graph, uint32_t from, uint32_t to, const struct road_arc *const **arcs);

#endif
