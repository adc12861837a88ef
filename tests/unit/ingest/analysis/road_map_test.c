#include "tests/support/streets.h"

#include <stdlib.h>

#include "ingest/analysis/id_index.h"
#include "server/base/arena.h"

static void ids_are_found_again(void **state)
{
  (void)state;
  struct id_index index = {0};
  assert_int_equal(id_index_find(&index, 7), ID_INDEX_NONE);
  for (uint32_t i = 0; i < 5000; i++) {
    id_index_add(&index, (int64_t)i * 4096 - 2048, i);
  }
  for (uint32_t i = 0; i < 5000; i++) {
    assert_int_equal(id_index_find(&index, (int64_t)i * 4096 - 2048), i);
  }
  assert_int_equal(id_index_find(&index, 5), ID_INDEX_NONE);
  id_index_clear(&index);
  assert_int_equal(id_index_find(&index, -2048), ID_INDEX_NONE);
  id_index_free(&index);
}

static void map_knows_what_is_near(void **state)
{
  struct road_map *map = make_streets();
  (void)state;
  struct road_candidate candidates[8];
  assert_int_equal(road_map_near(map, longitude_at(250), latitude_at(10), 35, candidates, 8), 2);
  assert_int_equal(road_map_segment(map, candidates[0].segment).road_id, 2);
  assert_true(fabsf(candidates[0].distance_m - 10) < 0.1F);
  assert_true(fabsf(candidates[0].along_m - 50) < 0.5F);
  assert_true(fabsf(candidates[0].bearing_deg - 90) < 0.1F);
  assert_int_equal(road_map_segment(map, candidates[1].segment).road_id, 12);
  assert_int_equal(road_map_near(map, longitude_at(250), latitude_at(10), 35, candidates, 1), 1);
  assert_int_equal(road_map_segment(map, candidates[0].segment).road_id, 2);
  assert_int_equal(road_map_near(map, longitude_at(250), latitude_at(500), 35, candidates, 8), 0);
  road_map_free(map);
}

static void map_measures_along_roads(void **state)
{
  struct road_map *map = make_streets();
  (void)state;
  const uint32_t two = road_map_segment(map, road_map_find(map, 2)).to_node;
  const struct map_road south = road_map_segment(map, road_map_find(map, 21));
  const uint32_t five = road_map_segment(map, road_map_find(map, 5)).to_node;
  road_map_spread(map, two, 700);
  assert_true(fabsf(road_map_reached_m(map, five) - 600) < 0.1F);
  assert_true(fabsf(road_map_reached_m(map, south.to_node) - 300) < 0.1F);
  road_map_spread(map, two, 599);
  assert_true(isinf(road_map_reached_m(map, five)));
  road_map_spread(map, south.to_node, 700); /* against the one-way */
  assert_true(isinf(road_map_reached_m(map, two)));
  road_map_free(map);
}

static void map_claims_each_cell_once(void **state)
{
  struct road_map *map = make_streets();
  (void)state;
  struct map_cell cells[4];
  const struct map_box near = map_box_around(map_point_of(LONGITUDE_DEG, LATITUDE_DEG), 1000);
  assert_int_equal(road_map_claim(map, near, cells, 4), 0);
  const struct map_box far = map_box_around(map_point_of(9.5, -47.1), 1);
  assert_int_equal(road_map_claim(map, far, cells, 4), 1);
  assert_int_equal(road_map_claim(map, far, cells, 4), 0);
  const struct map_box cell = map_cell_box(cells[0]);
  assert_true(cell.west_cm <= far.west_cm && far.east_cm <= cell.east_cm);
  assert_true(cell.south_cm <= far.south_cm && far.north_cm <= cell.north_cm);
  road_map_clear(map);
  assert_null(road_map_limits(map, 1));
  assert_int_equal(road_map_claim(map, near, cells, 4) > 0, 1);
  road_map_free(map);
}

/* ---- what has to be loaded ---- */

enum { BLOCKS = 30, STREETS = 2 * BLOCKS * (BLOCKS + 1) };
static const double BLOCK_M = 80;

/* A town of square blocks; every third street is a one-way. */
static size_t make_town(struct straight streets[STREETS])
{
  size_t count = 0;
  for (int i = 0; i <= BLOCKS; i++) {
    for (int j = 0; j < BLOCKS; j++) {
      const int8_t oneway = (int8_t)(i % 3 == 0 ? (i % 2 == 0 ? 1 : -1) : 0);
      const int64_t here = i * 1000 + j;
      streets[count] = (struct straight){(int64_t)count + 1, here,        here + 1, j * BLOCK_M, i * BLOCK_M,
                                         (j + 1) * BLOCK_M,  i * BLOCK_M, oneway};
      count++;
      const int64_t there = j * 1000 + i;
      streets[count] = (struct straight){(int64_t)count + 1, there,       there + 1000,      i * BLOCK_M,
                                         j * BLOCK_M,        i * BLOCK_M, (j + 1) * BLOCK_M, oneway};
      count++;
    }
  }
  return count;
}

static bool lies_in(const struct straight *street, const struct map_cell *cells, size_t count)
{
  const struct map_point from = map_point_of(longitude_at(street->x0_m), latitude_at(street->y0_m));
  const struct map_point to = map_point_of(longitude_at(street->x1_m), latitude_at(street->y1_m));
  for (size_t i = 0; i < count; i++) {
    const struct map_box box = map_cell_box(cells[i]);
    if (from.x_cm <= box.east_cm && box.west_cm <= to.x_cm && from.y_cm <= box.north_cm && box.south_cm <= to.y_cm) {
      return true;
    }
  }
  return false;
}

/* Only what road_matcher_reach_m asks for around one breadcrumb. */
static struct road_map *part_of_town(const struct straight streets[STREETS], const struct fix *fix, double step_m)
{
  struct map_cell cells[256];
  struct road_map *map = road_map_new();
  const double reach_cm = road_matcher_reach_m(step_m) / map_metres_per_cm(fix->latitude_deg);
  const size_t count =
      road_map_claim(map, map_box_around(map_point_of(fix->longitude_deg, fix->latitude_deg), reach_cm), cells, 256);
  assert_true(count < 256);
  for (size_t i = 0; i < STREETS; i++) {
    if (lies_in(&streets[i], cells, count)) {
      add_street(map, &streets[i]);
    }
  }
  return map;
}

/* A wandering vehicle: mostly along streets, with stops, noise, jumps and stretches off all roads. */
static struct fix wander(int i, double *x_m, double *y_m)
{
  static const double TOWN_M = BLOCKS * 80.0;
  const int kind = rand() % 30;
  const bool goes_east = (i / 12) % 2 == 0;
  const double step_m = kind == 0 ? 700 : (kind < 3 ? 0 : 60);
  *x_m = fmod(*x_m + (goes_east ? step_m : 0), TOWN_M);
  *y_m = fmod(*y_m + (goes_east ? 0 : step_m), TOWN_M);
  const double noise_m = kind == 4 ? 60 : 12;
  struct fix fix = fix_at(i * 5, *x_m + noise_m * (rand() % 100 - 50) / 50, *y_m + noise_m * (rand() % 100 - 50) / 50,
                          step_m > 0 ? 43 : 0, kind == 5 ? (double)NAN : (goes_east ? 90 : 0));
  fix.flags = kind == 6;
  return fix;
}

static void what_is_loaded_around_is_enough(void **state)
{
  struct arena *arena = arena_new(65536);
  (void)state;
  struct straight *streets = calloc(STREETS, sizeof *streets);
  assert_int_equal(make_town(streets), STREETS);
  struct road_map *town = road_map_new();
  struct map_cell cells[256];
  assert_true(road_map_claim(town, map_box_around(map_point_of(LONGITUDE_DEG, LATITUDE_DEG), 500000), cells, 256) < 256);
  for (size_t i = 0; i < STREETS; i++) {
    add_street(town, &streets[i]);
  }
  srand(11);
  struct road_matcher whole;
  struct road_matcher parts;
  road_matcher_init(&whole);
  road_matcher_init(&parts);
  struct row_set rows = row_set_make(arena, sizeof(struct road_match));
  double x_m = 0;
  double y_m = 0;
  double last_deg[2] = {0, 0};
  bool has_last = false;
  for (int i = 0; i < 1500; i++) {
    const struct fix fix = wander(i, &x_m, &y_m);
    has_last = road_matcher_position(&parts, &last_deg[0], &last_deg[1]);
    const double step_m = has_last ? map_distance_m(last_deg[0], last_deg[1], fix.longitude_deg, fix.latitude_deg) : INFINITY;
    struct road_map *map = part_of_town(streets, &fix, step_m);
    road_matcher_step(&whole, town, &fix, &rows);
    road_matcher_step(&parts, map, &fix, &rows);
    assert_same_state(&whole, &parts);
    road_map_free(map);
  }
  road_matcher_free(&whole);
  road_matcher_free(&parts);
  size_t matched = 0;
  for (size_t i = 0; i < rows.count; i++) {
    matched += ((const struct road_match *)rows.items)[i].road_id != 0;
  }
  assert_true(matched > rows.count / 2);
  road_map_free(town);
  free(streets);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_are_found_again),
      cmocka_unit_test(map_knows_what_is_near),
      cmocka_unit_test(map_measures_along_roads),
      cmocka_unit_test(map_claims_each_cell_once),
      cmocka_unit_test(what_is_loaded_around_is_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
