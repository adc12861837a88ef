/* Streets to match drives to, for tests: straight ones, in metres around a place in Portland. */
#ifndef CRUMBTRAIL_TESTS_SUPPORT_STREETS_H
#define CRUMBTRAIL_TESTS_SUPPORT_STREETS_H

#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "ingest/analysis/road_map.h"
#include "ingest/analysis/road_matcher.h"
#include "server/base/clock.h"

static const double LATITUDE_DEG = 45.5;
static const double LONGITUDE_DEG = -122.66;
static const double METRES_PER_DEG = 111319.49;

static inline double longitude_at(double x_m)
{
  return LONGITUDE_DEG + x_m / (METRES_PER_DEG * cos(LATITUDE_DEG * 3.14159265358979 / 180));
}

static inline double latitude_at(double y_m)
{
  return LATITUDE_DEG + y_m / METRES_PER_DEG;
}

/* A road from one place to another. */
struct straight {
  int64_t road_id, from_node, to_node;
  double x0_m, y0_m, x1_m, y1_m;
  int8_t oneway;
};

static inline void add_street(struct road_map *map, const struct straight *road)
{
  const struct map_point points[2] = {map_point_of(longitude_at(road->x0_m), latitude_at(road->y0_m)),
                                      map_point_of(longitude_at(road->x1_m), latitude_at(road->y1_m))};
  const struct road_segment segment = {.road_id = road->road_id,
                                       .from_node = road->from_node,
                                       .to_node = road->to_node,
                                       .length_m = (float)hypot(road->x1_m - road->x0_m, road->y1_m - road->y0_m),
                                       .oneway = road->oneway,
                                       .road_class = ROAD_RESIDENTIAL,
                                       .limits = {road->road_id, NAN, 50, 40, 60},
                                       .points = points,
                                       .point_count = 2};
  road_map_add(map, &segment);
}

static inline void claim_all_streets(struct road_map *map)
{
  struct map_cell cells[64];
  const struct map_box box = map_box_around(map_point_of(LONGITUDE_DEG, LATITUDE_DEG), 250000);
  assert_true(road_map_claim(map, box, cells, 64) > 0);
}

/* A street from west to east of 200 m pieces (1-5, from node 0 to 5), one beside it to the north (11-15, nodes 10 to 15) that
 * meets it nowhere, a one-way to the south (21, from node 2) and one that comes from there (22, to node 3). */
static inline struct road_map *make_streets(void)
{
  struct road_map *map = road_map_new();
  claim_all_streets(map);
  for (int i = 0; i < 5; i++) {
    add_street(map, &(struct straight){1 + i, i, i + 1, i * 200.0, 0, i * 200.0 + 200, 0, 0});
    add_street(map, &(struct straight){11 + i, 10 + i, 11 + i, i * 200.0, 24, i * 200.0 + 200, 24, 0});
  }
  add_street(map, &(struct straight){21, 2, 20, 400, 0, 400, -300, 1});
  add_street(map, &(struct straight){22, 21, 3, 600, -300, 600, 0, 1});
  return map;
}

static inline struct fix fix_at(int second, double x_m, double y_m, double speed_kmh, double heading_deg)
{
  return (struct fix){.recorded_at_us = second * US_PER_SECOND,
                      .longitude_deg = longitude_at(x_m),
                      .latitude_deg = latitude_at(y_m),
                      .speed_kmh = (float)speed_kmh,
                      .heading_deg = (float)heading_deg};
}

static inline void assert_same_state(const struct road_matcher *a, const struct road_matcher *b)
{
  struct buffer bytes[2] = {{0}};
  road_matcher_save(a, &bytes[0]);
  road_matcher_save(b, &bytes[1]);
  assert_int_equal(bytes[0].length, bytes[1].length);
  assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].length);
  buffer_free(&bytes[0]);
  buffer_free(&bytes[1]);
}

#endif
