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

static int compare_cells(const void *left, const void *right)
{
  const int32_t a = *(const int32_t *)left;
  const int32_t b = *(const int32_t *)right;
  return (a > b) - (a < b);
}

static double random_between(double low, double high)
{
  return low + (high - low) * ((double)rand() / (double)RAND_MAX);
}

/* Whatever lies in the box has its cell among the box's. */
static void test_box_covers_its_points(void **state)
{
  (void)state;
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
    size_t count = grid_cells(box, cells, 100000);
    assert_true(count > 0);
    for (size_t i = 1; i < count; i++) {
      assert_true(cells[i] > cells[i - 1]);
    }
    if (box.west_deg <= box.east_deg) {
      int32_t south_west;
      int32_t north_east;
      grid_corners(box, &south_west, &north_east);
      assert_int_equal(south_west, cells[0]);
      assert_int_equal(north_east, cells[count - 1]);
      int32_t columns = north_east % GRID_COLUMNS - south_west % GRID_COLUMNS + 1;
      assert_int_equal(count, columns * (north_east / GRID_COLUMNS - south_west / GRID_COLUMNS + 1));
    }
    for (int point = 0; point < 20; point++) {
      double width = box.east_deg - box.west_deg + (box.east_deg < box.west_deg ? 360 : 0);
      double longitude = box.west_deg + random_between(0, width);
      double latitude = random_between(box.south_deg, box.north_deg);
      int32_t cell = grid_cell(longitude > 180 ? longitude - 360 : longitude, latitude);
      assert_non_null(bsearch(&cell, cells, count, sizeof cell, compare_cells));
    }
  }
}

static void test_too_large_a_box(void **state)
{
  (void)state;
  int32_t cells[100];
  struct grid_box world = {-180, -90, 180, 90};
  assert_int_equal(grid_cells(world, cells, 100), 0);
  struct grid_box point = {10, 50, 10, 50};
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
