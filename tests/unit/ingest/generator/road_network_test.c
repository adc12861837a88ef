#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "ingest/generator/road_network.h"

static void roads_without_a_limit_have_the_usual_one(void **state)
{
  (void)state;
  const struct text residential = TEXT("residential");
  assert_true(fabs(road_limit_mps(54, residential) - 15) < 1e-9);
  assert_true(fabs(road_limit_mps(0, residential) - 32 / 3.6) < 1e-9);
  assert_true(fabs(road_limit_mps(NAN, TEXT("motorway")) - 100 / 3.6) < 1e-9);
}

/* A square of one-way streets, driven clockwise, with a two-way road across, and a way that leads nowhere back. */
static struct road_network *square(void)
{
  static const double CORNERS[][2] = {{-122.69, 45.52}, {-122.69, 45.53}, {-122.67, 45.53}, {-122.67, 45.52}};
  struct road_network *network = road_network_new(45.52, -122.68);
  struct road one_way = {.name = TEXT("Around"), .kind = TEXT("secondary"), .oneway = 1};
  struct road across = {.name = TEXT("Across"), .kind = TEXT("residential")};
  struct road out = {.name = TEXT("Out"), .kind = TEXT("residential"), .oneway = 1};
  for (int i = 0; i < 4; i++) {
    double side[4] = {CORNERS[i][0], CORNERS[i][1], CORNERS[(i + 1) % 4][0], CORNERS[(i + 1) % 4][1]};
    road_network_add(network, &one_way, side, 2);
  }
  double diagonal[4] = {CORNERS[0][0], CORNERS[0][1], CORNERS[2][0], CORNERS[2][1]};
  road_network_add(network, &across, diagonal, 2);
  double nowhere[4] = {CORNERS[0][0], CORNERS[0][1], -122.72, 45.50};
  road_network_add(network, &out, nowhere, 2);
  return network;
}

static void routes_keep_to_the_roads(void **state)
{
  (void)state;
  struct road_network *network = square();
  assert_true(road_network_finish(network));
  struct street_map map = road_network_map(network);
  struct random random = random_seeded(1, 1);
  struct route route = {0};
  for (int i = 0; i < 200; i++) {
    uint64_t from = map.some_place(map.context, &random);
    uint64_t to = map.next_place(map.context, &random, from);
    if (from == to) {
      continue;
    }
    assert_true(map.plan(map.context, &random, from, to, &route)); /* never into the way that leads nowhere */
    assert_true(route.count >= 2);
    assert_true(route_length_m(&route) > 1000);
    for (uint32_t k = 0; k + 1 < route.count; k++) {
      struct buffer address = {0};
      map.append_address(map.context, route.points[k].street, 0, 0, &address);
      assert_false(text_equal(buffer_text(&address), TEXT("Out")));
      buffer_free(&address);
    }
  }
  route_free(&route);
  road_network_free(network);
}

static void too_little_to_drive_on_is_said(void **state)
{
  (void)state;
  struct road_network *network = road_network_new(45.52, -122.68);
  assert_false(road_network_finish(network));
  road_network_free(network);
  network = road_network_new(45.52, -122.68);
  struct road out = {.name = TEXT("Out"), .kind = TEXT("residential"), .oneway = 1};
  const double line[4] = {-122.68, 45.52, -122.67, 45.52};
  road_network_add(network, &out, line, 2);
  assert_false(road_network_finish(network));
  road_network_free(network);
  road_network_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(roads_without_a_limit_have_the_usual_one),
      cmocka_unit_test(routes_keep_to_the_roads),
      cmocka_unit_test(too_little_to_drive_on_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
