#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/id_index.h"
#include "ingest/analysis/road_map.h"
#include "ingest/analysis/road_matcher.h"
#include "server/base/arena.h"
#include "server/base/clock.h"

static const double LATITUDE_DEG = 45.5;
static const double LONGITUDE_DEG = -122.66;
static const double METRES_PER_DEG = 111319.49;

static double longitude_at(double x_m)
{
  return LONGITUDE_DEG + x_m / (METRES_PER_DEG * cos(LATITUDE_DEG * 3.14159265358979 / 180));
}

static double latitude_at(double y_m)
{
  return LATITUDE_DEG + y_m / METRES_PER_DEG;
}

static void claim_all(struct road_map *map)
{
  struct map_cell cells[64];
  const struct map_box box = map_box_around(map_point_of(LONGITUDE_DEG, LATITUDE_DEG), 250000);
  assert_true(road_map_claim(map, box, cells, 64) > 0);
}

struct straight {
  int64_t road_id, from_node, to_node;
  double x0_m, y0_m, x1_m, y1_m;
  int8_t oneway;
};

static void add(struct road_map *map, const struct straight *road)
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

/* A street from west to east of 200 m pieces (1-5, from node 0 to 5), one beside it to the north (11-15, nodes 10 to 15) that
 * meets it nowhere, a one-way to the south (21, from node 2) and one that comes from there (22, to node 3). */
static struct road_map *make_map(void)
{
  struct road_map *map = road_map_new();
  claim_all(map);
  for (int i = 0; i < 5; i++) {
    add(map, &(struct straight){1 + i, i, i + 1, i * 200.0, 0, i * 200.0 + 200, 0, 0});
    add(map, &(struct straight){11 + i, 10 + i, 11 + i, i * 200.0, 24, i * 200.0 + 200, 24, 0});
  }
  add(map, &(struct straight){21, 2, 20, 400, 0, 400, -300, 1});
  add(map, &(struct straight){22, 21, 3, 600, -300, 600, 0, 1});
  return map;
}

static struct fix fix_at(int second, double x_m, double y_m, double speed_kmh, double heading_deg)
{
  return (struct fix){.recorded_at_us = second * US_PER_SECOND,
                      .longitude_deg = longitude_at(x_m),
                      .latitude_deg = latitude_at(y_m),
                      .speed_kmh = (float)speed_kmh,
                      .heading_deg = (float)heading_deg};
}

/* One matcher, and all that came out of it. */
struct drive {
  struct arena *arena;
  struct road_map *map;
  struct road_matcher matcher;
  struct row_set settled;
  size_t stepped;
};

static int make_drive(void **state)
{
  struct drive *drive = calloc(1, sizeof *drive);
  drive->arena = arena_new(4096);
  drive->map = make_map();
  drive->settled = row_set_make(drive->arena, sizeof(struct road_match));
  road_matcher_init(&drive->matcher);
  *state = drive;
  return 0;
}

static int free_drive(void **state)
{
  struct drive *drive = *state;
  road_matcher_free(&drive->matcher);
  road_map_free(drive->map);
  arena_free(drive->arena);
  free(drive);
  return 0;
}

static void step(struct drive *drive, struct fix fix)
{
  road_matcher_step(&drive->matcher, drive->map, &fix, &drive->settled);
  drive->stepped++;
  assert_int_equal(drive->settled.count + road_matcher_pending(&drive->matcher), drive->stepped);
}

static struct road_match settled(const struct drive *drive, size_t index)
{
  assert_true(index < drive->settled.count);
  return ((const struct road_match *)drive->settled.items)[index];
}

static void settle(struct drive *drive)
{
  road_matcher_settle(&drive->matcher, &drive->settled);
  assert_int_equal(drive->settled.count, drive->stepped);
}

static void map_knows_what_is_near(void **state)
{
  const struct drive *drive = *state;
  struct road_candidate candidates[8];
  assert_int_equal(road_map_near(drive->map, longitude_at(250), latitude_at(10), 35, candidates, 8), 2);
  assert_int_equal(road_map_segment(drive->map, candidates[0].segment).road_id, 2);
  assert_true(fabsf(candidates[0].distance_m - 10) < 0.1F);
  assert_true(fabsf(candidates[0].along_m - 50) < 0.5F);
  assert_true(fabsf(candidates[0].bearing_deg - 90) < 0.1F);
  assert_int_equal(road_map_segment(drive->map, candidates[1].segment).road_id, 12);
  assert_int_equal(road_map_near(drive->map, longitude_at(250), latitude_at(10), 35, candidates, 1), 1);
  assert_int_equal(road_map_segment(drive->map, candidates[0].segment).road_id, 2);
  assert_int_equal(road_map_near(drive->map, longitude_at(250), latitude_at(500), 35, candidates, 8), 0);
}

static void map_measures_along_roads(void **state)
{
  struct drive *drive = *state;
  const uint32_t two = road_map_segment(drive->map, road_map_find(drive->map, 2)).to_node;
  const struct map_road south = road_map_segment(drive->map, road_map_find(drive->map, 21));
  const uint32_t five = road_map_segment(drive->map, road_map_find(drive->map, 5)).to_node;
  road_map_spread(drive->map, two, 700);
  assert_true(fabsf(road_map_reached_m(drive->map, five) - 600) < 0.1F);
  assert_true(fabsf(road_map_reached_m(drive->map, south.to_node) - 300) < 0.1F);
  road_map_spread(drive->map, two, 599);
  assert_true(isinf(road_map_reached_m(drive->map, five)));
  road_map_spread(drive->map, south.to_node, 700); /* against the one-way */
  assert_true(isinf(road_map_reached_m(drive->map, two)));
}

static void map_claims_each_cell_once(void **state)
{
  struct drive *drive = *state;
  struct map_cell cells[4];
  const struct map_box near = map_box_around(map_point_of(LONGITUDE_DEG, LATITUDE_DEG), 1000);
  assert_int_equal(road_map_claim(drive->map, near, cells, 4), 0);
  const struct map_box far = map_box_around(map_point_of(9.5, -47.1), 1);
  assert_int_equal(road_map_claim(drive->map, far, cells, 4), 1);
  assert_int_equal(road_map_claim(drive->map, far, cells, 4), 0);
  const struct map_box cell = map_cell_box(cells[0]);
  assert_true(cell.west_cm <= far.west_cm && far.east_cm <= cell.east_cm);
  assert_true(cell.south_cm <= far.south_cm && far.north_cm <= cell.north_cm);
  road_map_clear(drive->map);
  assert_null(road_map_limits(drive->map, 1));
  assert_int_equal(road_map_claim(drive->map, near, cells, 4) > 0, 1);
}

static void a_drive_stays_on_its_street(void **state)
{
  struct drive *drive = *state;
  static const double OFF_M[] = {2, -4, 3, 14, 15, 6, -3, 1}; /* two are nearer to the street beside it */
  for (int i = 0; i < 8; i++) {
    step(drive, fix_at(i * 5, 110 + i * 60.0, OFF_M[i], 50, 88));
  }
  settle(drive);
  for (size_t i = 0; i < 8; i++) {
    assert_int_equal(settled(drive, i).road_id, 1 + (110 + (int)i * 60) / 200);
    assert_true(settled(drive, i).is_forward);
  }
}

static void direction_is_that_of_the_drive(void **state)
{
  struct drive *drive = *state;
  for (int i = 0; i < 5; i++) {
    step(drive, fix_at(i * 5, 780 - i * 70.0, -6, 50, NAN)); /* without a heading */
  }
  settle(drive);
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(settled(drive, i).road_id, 1 + (780 - (int)i * 70) / 200);
    assert_false(settled(drive, i).is_forward);
  }
}

static void never_against_a_oneway(void **state)
{
  struct drive *drive = *state;
  for (int i = 0; i < 4; i++) {
    step(drive, fix_at(i * 5, 400, -250 + i * 60.0, 45, 0)); /* north, where only south is allowed */
  }
  settle(drive);
  for (size_t i = 0; i < 4; i++) {
    assert_int_not_equal(settled(drive, i).road_id, 21);
  }
}

static void without_a_road_there_is_none(void **state)
{
  struct drive *drive = *state;
  step(drive, fix_at(0, 50, 400, 50, 90));
  assert_int_equal(road_matcher_pending(&drive->matcher), 0);
  step(drive, fix_at(5, 110, 0, 50, 90));
  step(drive, fix_at(10, 170, 200, 50, 90)); /* a breadcrumb far off, on the way */
  step(drive, fix_at(15, 230, 0, 50, 90));
  settle(drive);
  assert_int_equal(settled(drive, 0).road_id, 0);
  assert_int_equal(settled(drive, 1).road_id, 1);
  assert_int_equal(settled(drive, 2).road_id, 0);
  assert_int_equal(settled(drive, 3).road_id, 2);
  struct fix fix = fix_at(20, 300, 0, 50, 90);
  road_matcher_step(&drive->matcher, NULL, &fix, &drive->settled);
  assert_int_equal(settled(drive, 4).road_id, 0);
}

static void flagged_ones_have_no_road(void **state)
{
  struct drive *drive = *state;
  step(drive, fix_at(0, 50, 0, 50, 90));
  struct fix flagged = fix_at(5, 110, 0, 50, 90);
  flagged.flags = 1;
  step(drive, flagged);
  step(drive, fix_at(10, 120, 0, 0, 90));
  settle(drive);
  assert_int_equal(settled(drive, 0).road_id, 1);
  assert_int_equal(settled(drive, 1).road_id, 0);
  assert_int_equal(settled(drive, 2).road_id, 1);
}

static void gaps_and_stops_settle(void **state)
{
  struct drive *drive = *state;
  step(drive, fix_at(0, 50, 12, 50, 90)); /* between two streets */
  step(drive, fix_at(5, 120, 12, 50, 90));
  assert_true(road_matcher_pending(&drive->matcher) > 0);
  step(drive, fix_at(126, 190, 12, 50, 90));
  assert_true(drive->settled.count >= 2);
  for (int second = 131; second < 131 + 400; second += 10) {
    step(drive, fix_at(second, 190, 13, 0, 90));
  }
  assert_int_equal(road_matcher_pending(&drive->matcher), 0);
  assert_int_equal(settled(drive, 3).road_id, settled(drive, 2).road_id); /* standing, where it came to stand */
  assert_int_not_equal(settled(drive, 3).road_id, 0);
  assert_int_equal(settled(drive, drive->settled.count - 1).road_id, 0); /* parked */
}

static void at_most_so_many_wait(void **state)
{
  struct drive *drive = *state;
  for (int i = 0; i < 300; i++) { /* up and down between two streets: nothing tells them apart */
    const int phase = i % 20;
    const double x_m = 50 + (phase < 10 ? phase : 20 - phase) * 40.0;
    step(drive, fix_at(i * 5, x_m, 12, 30, phase < 10 ? 90 : 270));
    assert_true(road_matcher_pending(&drive->matcher) <= ROAD_MATCHER_PENDING_MAX);
  }
  assert_true(drive->settled.count >= 300 - ROAD_MATCHER_PENDING_MAX);
  const bool is_south = settled(drive, 5).road_id < 10;
  settle(drive);
  for (size_t i = 0; i < 300; i++) {
    assert_true((settled(drive, i).road_id < 10) == is_south);
  }
}

static void what_is_shown_is_what_settling_gives(void **state)
{
  struct drive *drive = *state;
  for (int i = 0; i < 6; i++) {
    step(drive, fix_at(i * 5, 50 + i * 60.0, 12.5, 45, 90));
  }
  struct row_set shown = row_set_make(drive->arena, sizeof(struct road_match));
  const size_t before = drive->settled.count;
  road_matcher_show(&drive->matcher, &shown);
  assert_int_equal(shown.count, road_matcher_pending(&drive->matcher));
  settle(drive);
  for (size_t i = 0; i < shown.count; i++) {
    const struct road_match match = ((const struct road_match *)shown.items)[i];
    assert_int_equal(match.road_id, settled(drive, before + i).road_id);
    assert_true(match.is_forward == settled(drive, before + i).is_forward);
  }
}

/* ---- whatever the split ---- */

static struct fix random_fix(int i, double *x_m, double *y_m)
{
  const int kind = rand() % 20;
  *x_m += kind == 0 ? 900 : rand() % 120 - 20;
  *x_m = *x_m > 1000 ? 0 : *x_m;
  *y_m = kind == 1 ? 300 : rand() % 60 - 15;
  struct fix fix = fix_at(i * 5 + (kind == 2 ? 200 : 0), *x_m, *y_m, kind < 6 ? rand() % 8 : 40, kind == 7 ? (double)NAN : 90);
  fix.flags = kind == 3;
  return fix;
}

static void assert_same_state(const struct road_matcher *a, const struct road_matcher *b)
{
  struct buffer bytes[2] = {{0}};
  road_matcher_save(a, &bytes[0]);
  road_matcher_save(b, &bytes[1]);
  assert_int_equal(bytes[0].length, bytes[1].length);
  assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].length);
  buffer_free(&bytes[0]);
  buffer_free(&bytes[1]);
}

/* Through bytes and back. */
static void reload(struct road_matcher *matcher)
{
  struct buffer bytes = {0};
  road_matcher_save(matcher, &bytes);
  road_matcher_free(matcher);
  struct text in = buffer_text(&bytes);
  assert_true(road_matcher_load(matcher, &in));
  assert_int_equal(in.length, 0);
  buffer_free(&bytes);
}

static void splits_change_nothing(void **state)
{
  struct drive *drive = *state;
  srand(5);
  struct road_matcher split;
  struct row_set rows = row_set_make(drive->arena, sizeof(struct road_match));
  road_matcher_init(&split);
  double x_m = 0;
  double y_m = 0;
  for (int i = 0; i < 2000; i++) {
    const struct fix fix = random_fix(i, &x_m, &y_m);
    step(drive, fix);
    road_matcher_step(&split, drive->map, &fix, &rows);
    assert_same_state(&drive->matcher, &split);
    if (rand() % 3 == 0) {
      reload(&split);
    }
    if (rand() % 3 == 0) {
      struct road_matcher copy;
      road_matcher_clone(&split, &copy);
      road_matcher_free(&split);
      split = copy;
    }
  }
  settle(drive);
  road_matcher_settle(&split, &rows);
  road_matcher_free(&split);
  assert_int_equal(rows.count, drive->settled.count);
  assert_memory_equal(rows.items, drive->settled.items, rows.count * sizeof(struct road_match));
}

static void more_of_the_map_changes_nothing(void **state)
{
  struct drive *drive = *state;
  struct road_map *large = make_map();
  for (int i = 0; i < 40; i++) { /* a grid far off, and a long way round */
    add(large, &(struct straight){100 + i, 100 + i, 101 + i, i * 20.0, 900, i * 20.0 + 20, 900, 0});
  }
  srand(9);
  struct road_matcher other;
  struct row_set rows = row_set_make(drive->arena, sizeof(struct road_match));
  road_matcher_init(&other);
  double x_m = 0;
  double y_m = 0;
  for (int i = 0; i < 500; i++) {
    const struct fix fix = random_fix(i, &x_m, &y_m);
    step(drive, fix);
    road_matcher_step(&other, large, &fix, &rows);
    assert_same_state(&drive->matcher, &other);
  }
  road_matcher_free(&other);
  road_map_free(large);
}

static void broken_bytes_are_refused(void **state)
{
  struct drive *drive = *state;
  srand(3);
  double x_m = 0;
  double y_m = 0;
  for (int i = 0; i < 60 || road_matcher_pending(&drive->matcher) < 4; i++) {
    step(drive, random_fix(i, &x_m, &y_m));
  }
  struct buffer bytes = {0};
  road_matcher_save(&drive->matcher, &bytes);
  for (size_t length = 0; length < bytes.length; length++) {
    struct road_matcher loaded;
    struct text in = {bytes.data, length};
    road_matcher_init(&loaded);
    assert_false(road_matcher_load(&loaded, &in));
    assert_int_equal(road_matcher_pending(&loaded), 0);
  }
  for (int i = 0; i < 20000; i++) { /* some load: they must be harmless */
    struct road_matcher loaded;
    struct row_set rows = row_set_make(drive->arena, sizeof(struct road_match));
    const size_t place = (size_t)rand() % bytes.length;
    const char before = bytes.data[place];
    bytes.data[place] = (char)rand();
    struct text in = buffer_text(&bytes);
    road_matcher_init(&loaded);
    if (road_matcher_load(&loaded, &in) && i % 50 == 0) {
      const struct fix fix = fix_at(100000, 50, 0, 40, 90);
      road_matcher_step(&loaded, drive->map, &fix, &rows);
    }
    road_matcher_free(&loaded);
    bytes.data[place] = before;
  }
  buffer_free(&bytes);
}

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

#define DRIVE_TEST(name) cmocka_unit_test_setup_teardown(name, make_drive, free_drive)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_are_found_again),   DRIVE_TEST(map_knows_what_is_near),
      DRIVE_TEST(map_measures_along_roads),    DRIVE_TEST(map_claims_each_cell_once),
      DRIVE_TEST(a_drive_stays_on_its_street), DRIVE_TEST(direction_is_that_of_the_drive),
      DRIVE_TEST(never_against_a_oneway),      DRIVE_TEST(without_a_road_there_is_none),
      DRIVE_TEST(flagged_ones_have_no_road),   DRIVE_TEST(gaps_and_stops_settle),
      DRIVE_TEST(at_most_so_many_wait),        DRIVE_TEST(what_is_shown_is_what_settling_gives),
      DRIVE_TEST(splits_change_nothing),       DRIVE_TEST(more_of_the_map_changes_nothing),
      DRIVE_TEST(broken_bytes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
