#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdlib.h>

#include "api/simplify.h"
#include "api/track_lines.h"

static struct position at(double longitude_deg, double latitude_deg)
{
  return (struct position){.longitude_deg = longitude_deg, .latitude_deg = latitude_deg};
}

static void distances_are_metres(void **state)
{
  (void)state;
  const struct position west = at(-122.7, 45.5);
  const struct position east = at(-122.6, 45.5);
  const struct position above = at(-122.65, 45.501);
  const struct position beyond = at(-122.59, 45.5);
  assert_float_equal(simplify_distance_m(&above, &west, &east), 111.19, 0.05);
  assert_float_equal(simplify_distance_m(&beyond, &west, &east), 779.4, 1.0);
  assert_float_equal(simplify_distance_m(&above, &west, &west), hypot(0.05 * 77936.0, 111.19), 10.0);
}

static void the_antimeridian_is_no_wall(void **state)
{
  (void)state;
  const struct position start = at(179.99, 10.0);
  const struct position end = at(-179.99, 10.0);
  const struct position middle = at(180.0, 10.0);
  assert_true(simplify_distance_m(&middle, &start, &end) < 1.0);
}

static void a_straight_line_is_its_ends_and_a_corner_stays(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct position line[] = {at(0, 0), at(0.001, 0), at(0.002, 0.000001), at(0.003, 0), at(0.003, 0.001), at(0.003, 0.002)};
  assert_int_equal(simplify(arena, line, 6, 0.0), 6);
  assert_int_equal(simplify(arena, line, 6, 5.0), 3);
  assert_float_equal(line[1].longitude_deg, 0.003, 1e-12);
  assert_float_equal(line[1].latitude_deg, 0.0, 1e-12);
  assert_float_equal(line[2].latitude_deg, 0.002, 1e-12);
  assert_int_equal(simplify(arena, line, 2, 5.0), 2);
  assert_int_equal(simplify(arena, line, 1, 5.0), 1);
  assert_int_equal(simplify(arena, line, 0, 5.0), 0);
  arena_free(arena);
}

/* What is left out lies within the tolerance of the line that stays, for lines of any shape. */
static void the_tolerance_holds(void **state)
{
  (void)state;
  enum { COUNT = 400 };
  unsigned seed = 7;
  for (int round = 0; round < 30; round++) {
    struct arena *arena = arena_new(4096);
    struct position all[COUNT];
    struct position kept[COUNT];
    double longitude_deg = 10.0;
    double latitude_deg = 50.0;
    for (int i = 0; i < COUNT; i++) {
      longitude_deg += (rand_r(&seed) % 1000 - 400) * 1e-6;
      latitude_deg += (rand_r(&seed) % 1000 - 500) * 1e-6;
      all[i] = kept[i] = at(longitude_deg, latitude_deg);
      all[i].seq = kept[i].seq = i;
    }
    const double tolerance_m = 20.0 * (round + 1);
    const size_t count = simplify(arena, kept, COUNT, tolerance_m);
    assert_true(count >= 2 && count < COUNT);
    assert_int_equal(kept[0].seq, 0);
    assert_int_equal(kept[count - 1].seq, COUNT - 1);
    for (size_t k = 0; k + 1 < count; k++) {
      for (int64_t i = kept[k].seq; i <= kept[k + 1].seq; i++) {
        assert_true(simplify_distance_m(&all[i], &kept[k], &kept[k + 1]) <= tolerance_m);
      }
    }
    arena_free(arena);
  }
}

static size_t occurrences(const struct buffer *out, const char *word)
{
  size_t count = 0;
  for (const char *at_word = strstr(out->data, word); at_word != NULL; at_word = strstr(at_word + 1, word)) {
    count++;
  }
  return count;
}

static void lines_are_cut_where_they_must(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer out = {0};
  struct track_lines lines = track_lines_begin(arena, &out, TEXT("x"));
  for (int i = 0; i < TRACK_LINE_POINTS_MAX + 1; i++) {
    const struct position position = at(170.0 + i * 1e-6, 10.0);
    track_lines_add(&lines, &position);
  }
  const struct position over = at(-179.0, 10.0);
  track_lines_add(&lines, &over);
  track_lines_end(&lines);
  buffer_append_char(&out, '\0');
  assert_int_equal(occurrences(&out, "\"LineString\""), 2);
  assert_int_equal(occurrences(&out, "\"Point\""), 1);
  buffer_free(&out);
  arena_free(arena);
}

static void an_empty_track_is_an_empty_collection(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer out = {0};
  struct track_lines lines = track_lines_begin(arena, &out, TEXT("x"));
  track_lines_end(&lines);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "{\"type\":\"FeatureCollection\",\"features\":[]}\n");
  buffer_free(&out);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(distances_are_metres),
      cmocka_unit_test(the_antimeridian_is_no_wall),
      cmocka_unit_test(a_straight_line_is_its_ends_and_a_corner_stays),
      cmocka_unit_test(the_tolerance_holds),
      cmocka_unit_test(lines_are_cut_where_they_must),
      cmocka_unit_test(an_empty_track_is_an_empty_collection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
