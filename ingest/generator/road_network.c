#include "ingest/generator/road_network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "ingest/generator/road_graph.h"
#include "server/base/arena.h"

static const double EARTH_RADIUS_M = 6371008.8;
static const double PI = 3.14159265358979323846;
static const double MPS_PER_KMH = 1 / 3.6;
static const double BIG_STREET_MPS = 12.5;
enum { CANDIDATES = 5 };
static const double DELIVERY_DISTANCE_MIN_M = 250;

struct named_road {
  struct text name;
  double limit_mps;
  bool limit_is_posted;
};

struct road_network {
  struct arena *arena;
  struct road_graph *graph;
  struct named_road *roads;
  uint32_t count;
  uint32_t capacity;
  double origin_latitude_deg;
  double origin_longitude_deg;
  double metres_per_degree_latitude;
  double metres_per_degree_longitude;
  uint32_t depot;
};

struct road_network *road_network_new(double origin_latitude_deg, double origin_longitude_deg)
{
  struct road_network *network = calloc(1, sizeof *network);
  if (network == NULL) {
    abort();
  }
  network->arena = arena_new(65536);
  network->graph = road_graph_new();
  network->origin_latitude_deg = origin_latitude_deg;
  network->origin_longitude_deg = origin_longitude_deg;
  network->metres_per_degree_latitude = EARTH_RADIUS_M * PI / 180;
  network->metres_per_degree_longitude = network->metres_per_degree_latitude * cos(origin_latitude_deg * PI / 180);
  return network;
}

void road_network_free(struct road_network *network)
{
  if (network == NULL) {
    return;
  }
  arena_free(network->arena);
  road_graph_free(network->graph);
  free(network->roads);
  free(network);
}

static double usual_limit_mps(struct text kind)
{
  static const struct {
    struct text kind;
    double kmh;
  } USUAL[] = {
      {{"motorway", 8}, 100},      {{"motorway_link", 13}, 60}, {{"trunk", 5}, 80},         {{"trunk_link", 10}, 50},
      {{"primary", 7}, 56},        {{"primary_link", 12}, 48},  {{"secondary", 9}, 50},     {{"secondary_link", 14}, 45},
      {{"tertiary", 8}, 45},       {{"tertiary_link", 13}, 40}, {{"unclassified", 12}, 40}, {{"residential", 11}, 32},
      {{"living_street", 13}, 15},
  };
  for (size_t i = 0; i < sizeof USUAL / sizeof USUAL[0]; i++) {
    if (text_equal(kind, USUAL[i].kind)) {
      return USUAL[i].kmh * MPS_PER_KMH;
    }
  }
  return 30 * MPS_PER_KMH;
}

double road_limit_mps(double limit_kmh, struct text kind)
{
  return limit_kmh > 0 ? limit_kmh * MPS_PER_KMH : usual_limit_mps(kind);
}

void road_network_add(struct road_network *network, const struct road *road, const double *longitudes_latitudes, size_t count)
{
  if (count < 2) {
    return;
  }
  if (network->count == network->capacity) {
    network->capacity = network->capacity == 0 ? 1024 : network->capacity * 2;
    network->roads = realloc(network->roads, network->capacity * sizeof *network->roads);
    if (network->roads == NULL) {
      abort();
    }
  }
  const double limit_mps = road_limit_mps(road->limit_kmh, road->kind);
  road_graph_begin_way(network->graph, network->count, limit_mps, road->oneway);
  for (size_t i = 0; i < count; i++) {
    double longitude_deg = longitudes_latitudes[2 * i];
    double latitude_deg = longitudes_latitudes[2 * i + 1];
    road_graph_add_point(network->graph, (int32_t)lround(longitude_deg * 1e7), (int32_t)lround(latitude_deg * 1e7),
                         (longitude_deg - network->origin_longitude_deg) * network->metres_per_degree_longitude,
                         (latitude_deg - network->origin_latitude_deg) * network->metres_per_degree_latitude);
  }
  network->roads[network->count++] = (struct named_road){text_copy(network->arena, road->name), limit_mps, road->limit_kmh > 0};
}

bool road_network_finish(struct road_network *network)
{
  if (!road_graph_finish(network->graph)) {
    return false;
  }
  network->depot = road_graph_nearest(network->graph, 0, 0);
  return true;
}

static uint64_t some_place(void *context, struct random *random)
{
  const struct road_network *network = context;
  int count = (int)road_graph_usable_count(network->graph);
  return road_graph_usable(network->graph, (uint32_t)random_integer(random, 0, count - 1));
}

/* The nearest of a few random junctions that is not just around the corner. */
static uint64_t next_place(void *context, struct random *random, uint64_t from)
{
  const struct road_network *network = context;
  uint64_t best = from;
  double best_m = INFINITY;
  for (int i = 0; i < CANDIDATES; i++) {
    uint64_t candidate = some_place(context, random);
    double distance_m = road_graph_distance_m(network->graph, (uint32_t)from, (uint32_t)candidate);
    if (distance_m >= DELIVERY_DISTANCE_MIN_M && distance_m < best_m) {
      best = candidate;
      best_m = distance_m;
    }
  }
  return best;
}

static void add_arc(const struct road_network *network, struct random *random, const struct road_arc *arc, bool is_first,
                    struct route *route)
{
  double limit_mps = network->roads[arc->way].limit_mps;
  uint32_t points = arc->last > arc->first ? arc->last - arc->first : arc->first - arc->last;
  for (uint32_t i = 0; i <= points; i++) {
    uint32_t at = arc->last > arc->first ? arc->first + i : arc->first - i;
    struct road_point point = road_graph_point(network->graph, at);
    route_add(route, point.x_m, point.y_m, limit_mps, arc->way);
    bool crossing = i == 0 && !is_first && road_graph_arm_count(network->graph, arc->from) >= 3;
    if (crossing && limit_mps >= BIG_STREET_MPS && limit_mps < 2 * BIG_STREET_MPS && random_chance(random, 0.12)) {
      route_add_wait(route, random_integer(random, 8, 45));
    }
  }
}

static bool plan(void *context, struct random *random, uint64_t from, uint64_t to, struct route *route)
{
  struct road_network *network = context;
  const struct road_arc *const *arcs = NULL;
  size_t count = road_graph_find_way(network->graph, (uint32_t)from, (uint32_t)to, &arcs);
  if (count == 0) {
    return false;
  }
  route_clear(route);
  for (size_t i = 0; i < count; i++) {
    add_arc(network, random, arcs[i], i == 0, route);
  }
  if (route->count < 2) {
    return false;
  }
  route_finish(route);
  return true;
}

static bool has_posted_limit(void *context, uint32_t street)
{
  const struct road_network *network = context;
  return street < network->count && network->roads[street].limit_is_posted;
}

static void append_address(void *context, uint32_t street, double x_m, double y_m, struct buffer *out)
{
  (void)x_m;
  (void)y_m;
  const struct road_network *network = context;
  if (street < network->count) {
    buffer_append_text(out, network->roads[street].name);
  }
}

struct street_map road_network_map(struct road_network *network)
{
  return (struct street_map){
      .context = network,
      .origin_latitude_deg = network->origin_latitude_deg,
      .origin_longitude_deg = network->origin_longitude_deg,
      .depot = network->depot,
      .some_place = some_place,
      .next_place = next_place,
      .plan = plan,
      .has_posted_limit = has_posted_limit,
      .append_address = append_address,
  };
}
