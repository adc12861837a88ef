#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server/base/grid.h"

static void test_corners(void **state)
{
  (void)state;
  assert_int_equal(grid_cell(-180.0, -90.0), 0);
  assert_int_equal(grid_cell(180.0, 90.0), GRID_COLUMNS * GRID_ROWS - 1);
  assert_int_equal(grid_cell(-179.985, -90.0), 1);
  assert_int_equal(grid_cell(-180.0, -89.985), GRID_COLUMNS);
  assert_int_equal(grid_cell(-500.0, -500.0), 0);
}

static int holds(const struct grid_range *ranges, size_t count, int32_t cell)
{
  for (size_t i = 0; i < count; i++) {
    if (cell >= ranges[i].first && cell <= ranges[i].last) {
      return 1;
    }
  }
  return 0;
}

static double random_between(double low, double high)
{
  return low + (high - low) * ((double)rand() / (double)RAND_MAX);
}

/* Whatever lies in the box has its cell among the box's, in both forms. */
static void test_box_covers_its_points(void **state)
{
  (void)state;
  static struct grid_range ranges[4096];
  static int32_t cells[100000];
  srand(7);
  for (int round = 0; round < 500; round++) {
    struct grid_box box;
    box.west_deg = random_between(-180, 180);
    box.south_deg = random_between(-90, 89);
    box.east_deg = random_between(box.west_deg, box.west_deg + 0.5);
    box.north_deg = random_between(box.south_deg, box.south_deg + 0.5);
    if (box.east_deg > 180) {
      box.east_deg -= 360;
    }
    size_t count = grid_ranges(box, ranges, 4096);
    assert_true(count > 0);
    size_t cell_count = grid_cells(box, cells, 100000);
    size_t in_ranges = 0;
    for (size_t i = 0; i < count; i++) {
      in_ranges += (size_t)(ranges[i].last - ranges[i].first) + 1;
      assert_true(i == 0 || ranges[i].first > ranges[i - 1].last);
    }
    assert_int_equal(cell_count, in_ranges);
    for (int point = 0; point < 20; point++) {
      double width = box.east_deg - box.west_deg + (box.east_deg < box.west_deg ? 360 : 0);
      double longitude = box.west_deg + random_between(0, width);
      double latitude = random_between(box.south_deg, box.north_deg);
      assert_true(holds(ranges, count, grid_cell(longitude > 180 ? longitude - 360 : longitude, latitude)));
    }
  }
}

static void test_too_large_a_box(void **state)
{
  (void)state;
  struct grid_range ranges[100];
  int32_t cells[100];
  struct grid_box world = {-180, -90, 180, 90};
  assert_int_equal(grid_ranges(world, ranges, 100), 0);
  assert_int_equal(grid_cells(world, cells, 100), 0);
  struct grid_box point = {10, 50, 10, 50};
  assert_int_equal(grid_ranges(point, ranges, 100), 3);
  assert_int_equal(grid_cells(point, cells, 100), 9);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_corners),
      cmocka_unit_test(test_box_covers_its_points),
      cmocka_unit_test(test_too_large_a_box),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
