#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/analysis/zone_set.h"

enum { CORNERS_MAX = 2000, ZONES = 150 };

struct outline {
  double x[CORNERS_MAX + 1];
  double y[CORNERS_MAX + 1];
  uint32_t points; /* the first one again at the end */
};

static uint32_t next_random(uint64_t *state)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}

static double random_between(uint64_t *state, double low, double high)
{
  return low + (high - low) * (double)next_random(state) / 2147483648.0;
}

/* ---- well-known binary ---- */

static void put_head(struct buffer *wkb, uint32_t type, uint32_t count)
{
  buffer_append_char(wkb, 1);
  buffer_append(wkb, &type, sizeof type);
  buffer_append(wkb, &count, sizeof count);
}

static void put_ring(struct buffer *wkb, const struct outline *outline)
{
  buffer_append(wkb, &outline->points, sizeof outline->points);
  for (uint32_t i = 0; i < outline->points; i++) {
    buffer_append(wkb, &outline->x[i], sizeof(double));
    buffer_append(wkb, &outline->y[i], sizeof(double));
  }
}

/* One polygon a ring. */
static bool add_outlines(struct zone_set *set, int64_t id, const struct outline *outlines, uint32_t count)
{
  struct buffer wkb = {0};
  put_head(&wkb, 6, count);
  for (uint32_t i = 0; i < count; i++) {
    put_head(&wkb, 3, 1);
    put_ring(&wkb, &outlines[i]);
  }
  const bool is_added = zone_set_add(set, id, buffer_text(&wkb));
  buffer_free(&wkb);
  return is_added;
}

static struct outline square(double west, double south, double side)
{
  return (struct outline){{west, west + side, west + side, west, west}, {south, south, south + side, south + side, south}, 5};
}

static struct outline star(uint64_t *seed, double x, double y, double radius, uint32_t corners)
{
  struct outline outline = {.points = corners + 1};
  for (uint32_t i = 0; i < corners; i++) {
    const double angle = 2 * M_PI * i / corners;
    const double length = radius * random_between(seed, 0.3, 1);
    outline.x[i] = x + length * cos(angle);
    outline.y[i] = y + length * sin(angle);
  }
  outline.x[corners] = outline.x[0];
  outline.y[corners] = outline.y[0];
  return outline;
}

/* By the angles that the outline turns about the point. */
static bool winds_about(const struct outline *outline, double x, double y)
{
  double turned = 0;
  for (uint32_t i = 0; i + 1 < outline->points; i++) {
    const double ax = outline->x[i] - x;
    const double ay = outline->y[i] - y;
    const double bx = outline->x[i + 1] - x;
    const double by = outline->y[i + 1] - y;
    turned += atan2(ax * by - ay * bx, ax * bx + ay * by);
  }
  return fabs(turned) > M_PI;
}

/* ---- tests ---- */

static void nothing_holds_a_point(void **state)
{
  (void)state;
  int64_t ids[1];
  struct zone_set *set = zone_set_new();
  zone_set_index(set);
  assert_int_equal(zone_set_count(set), 0);
  assert_int_equal(zone_set_find(set, 0, 0, ids, 1), 0);
  zone_set_free(set);
  zone_set_free(NULL);
}

static void parts_and_holes(void **state)
{
  (void)state;
  int64_t ids[4];
  struct zone_set *set = zone_set_new();
  const struct outline parts[2] = {square(0, 0, 1), square(5, 5, 1)};
  const struct outline ring = square(0, 0, 10);
  const struct outline hole = square(2, 2, 6);
  struct buffer wkb = {0};
  assert_true(add_outlines(set, 3, parts, 2));
  put_head(&wkb, 6, 1);
  put_head(&wkb, 3, 2);
  put_ring(&wkb, &ring);
  put_ring(&wkb, &hole);
  assert_true(zone_set_add(set, 8, buffer_text(&wkb)));
  buffer_free(&wkb);
  zone_set_index(set);
  assert_int_equal(zone_set_find(set, 0.5, 0.5, ids, 4), 2);
  assert_true(ids[0] == 3 && ids[1] == 8);
  assert_int_equal(zone_set_find(set, 5.5, 5.5, ids, 4), 1);
  assert_int_equal(ids[0], 3);
  assert_int_equal(zone_set_find(set, 1.5, 1.5, ids, 4), 1);
  assert_int_equal(ids[0], 8);
  assert_int_equal(zone_set_find(set, 3, 3, ids, 4), 0);
  assert_int_equal(zone_set_find(set, 11, 3, ids, 4), 0);
  assert_int_equal(zone_set_find(set, 0.5, 0.5, ids, 1), 2);
  assert_int_equal(ids[0], 3);
  zone_set_free(set);
}

static void many_outlines_of_any_shape(void **state)
{
  (void)state;
  static struct outline outlines[ZONES];
  uint64_t seed = 20261123;
  int64_t ids[ZONES];
  size_t found = 0;
  struct zone_set *set = zone_set_new();
  for (int i = 0; i < ZONES; i++) {
    const uint32_t corners = i % 10 == 0 ? CORNERS_MAX : 3 + next_random(&seed) % 200;
    outlines[i] = star(&seed, random_between(&seed, -10, 10), random_between(&seed, 40, 60),
                       i % 7 == 0 ? 8 : random_between(&seed, 0.01, 1), corners);
    assert_true(add_outlines(set, i + 1, &outlines[i], 1));
  }
  zone_set_index(set);
  assert_int_equal(zone_set_count(set), ZONES);
  for (int i = 0; i < 2000; i++) {
    const double x = random_between(&seed, -20, 20);
    const double y = random_between(&seed, 30, 70);
    size_t expected = 0;
    const size_t count = zone_set_find(set, x, y, ids, ZONES);
    for (int zone = 0; zone < ZONES; zone++) {
      if (winds_about(&outlines[zone], x, y)) {
        assert_true(expected < count && ids[expected] == zone + 1);
        expected++;
      }
    }
    assert_int_equal(count, expected);
    found += count;
  }
  assert_true(found > 1000);
  zone_set_free(set);
}

static void what_is_no_multipolygon_is_refused(void **state)
{
  (void)state;
  struct zone_set *set = zone_set_new();
  const struct outline ring = square(0, 0, 10);
  struct buffer wkb = {0};
  int64_t ids[1];
  assert_false(add_outlines(set, 1, NULL, 0));
  put_head(&wkb, 6, 1);
  put_head(&wkb, 3, 1);
  put_ring(&wkb, &ring);
  for (size_t length = 0; length < wkb.length; length++) {
    assert_false(zone_set_add(set, 1, (struct text){wkb.data, length}));
  }
  buffer_append_char(&wkb, 0);
  assert_false(zone_set_add(set, 1, buffer_text(&wkb)));
  wkb.length--;
  wkb.data[0] = 0;
  assert_false(zone_set_add(set, 1, buffer_text(&wkb)));
  wkb.data[0] = 1;
  const double infinite = INFINITY;
  memcpy(wkb.data + wkb.length - sizeof infinite, &infinite, sizeof infinite);
  assert_false(zone_set_add(set, 1, buffer_text(&wkb)));
  buffer_free(&wkb);
  zone_set_index(set);
  assert_int_equal(zone_set_find(set, 5, 5, ids, 1), 0);
  zone_set_free(set);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_holds_a_point),
      cmocka_unit_test(parts_and_holes),
      cmocka_unit_test(many_outlines_of_any_shape),
      cmocka_unit_test(what_is_no_multipolygon_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
