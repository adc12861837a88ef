#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "server/base/arena.h"
#include "tests/support/streets.h"

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
  drive->map = make_streets();
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
  struct road_map *large = make_streets();
  for (int i = 0; i < 40; i++) { /* a grid far off, and a long way round */
    add_street(large, &(struct straight){100 + i, 100 + i, 101 + i, i * 20.0, 900, i * 20.0 + 20, 900, 0});
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

#define DRIVE_TEST(name) cmocka_unit_test_setup_teardown(name, make_drive, free_drive)

int main(void)
{
  const struct CMUnitTest tests[] = {
      DRIVE_TEST(a_drive_stays_on_its_street), DRIVE_TEST(direction_is_that_of_the_drive),
      DRIVE_TEST(never_against_a_oneway),      DRIVE_TEST(without_a_road_there_is_none),
      DRIVE_TEST(flagged_ones_have_no_road),   DRIVE_TEST(gaps_and_stops_settle),
      DRIVE_TEST(at_most_so_many_wait),        DRIVE_TEST(what_is_shown_is_what_settling_gives),
      DRIVE_TEST(splits_change_nothing),       DRIVE_TEST(more_of_the_map_changes_nothing),
      DRIVE_TEST(broken_bytes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
