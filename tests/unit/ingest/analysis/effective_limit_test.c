#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "ingest/analysis/effective_limit.h"

#define NO NAN

/* What is known, and which of it holds. */
struct limit_case {
  const char *name;
  float override_kmh, forward_kmh, backward_kmh, zone_kmh, vehicle_kmh, fleet_kmh, estimated_kmh;
  bool is_forward, uses_estimates;
  float limit_kmh;
  enum limit_source source;
};

static const struct limit_case CASES[] = {
    {"nothing", NO, NO, NO, NO, NO, NO, 70, true, false, NO, LIMIT_UNKNOWN},
    {"fleet", NO, NO, NO, NO, NO, 90, 70, true, true, 90, LIMIT_FLEET},
    {"vehicle before fleet", NO, NO, NO, NO, 100, 90, NO, true, false, 100, LIMIT_VEHICLE},
    {"zone before vehicle", NO, NO, NO, 30, 20, 10, NO, true, false, 30, LIMIT_ZONE},
    {"posted before zone", NO, 50, 40, 30, 80, 90, 70, true, true, 50, LIMIT_POSTED},
    {"posted the other way", NO, 50, 40, 30, 80, 90, 70, false, true, 40, LIMIT_POSTED},
    {"posted one way alone", NO, 50, NO, NO, 80, NO, 70, false, true, 80, LIMIT_VEHICLE},
    {"override before all, both ways", 25, 50, 40, 10, 80, 90, 70, false, true, 25, LIMIT_OVERRIDE},
    {"estimate where nothing is set", NO, NO, NO, NO, NO, NO, 70, true, true, 70, LIMIT_ESTIMATED},
    {"estimate never hides a limit", NO, NO, NO, NO, NO, 120, 70, true, true, 120, LIMIT_FLEET},
};

static void the_first_that_is_known_holds(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    const struct limit_case *one = &CASES[i];
    const struct road_limits road = {1, one->override_kmh, one->forward_kmh, one->backward_kmh, one->estimated_kmh};
    const struct known_limits known = {&road, one->is_forward,  one->uses_estimates, one->zone_kmh,
                                       7,     one->vehicle_kmh, one->fleet_kmh};
    const struct effective_limit limit = effective_limit(&known);
    if (limit.source != one->source || !(isnan(one->limit_kmh) ? isnan(limit.limit_kmh) : limit.limit_kmh == one->limit_kmh) ||
        limit.geofence_id != (one->source == LIMIT_ZONE ? 7 : 0)) {
      fail_msg("%s: %g from %d", one->name, (double)limit.limit_kmh, (int)limit.source);
    }
  }
}

static void without_a_road(void **state)
{
  (void)state;
  const struct known_limits known = {NULL, true, true, NO, 0, NO, 90};
  assert_int_equal(effective_limit(&known).source, LIMIT_FLEET);
  const struct known_limits nothing = {NULL, true, true, NO, 0, NO, NO};
  assert_int_equal(effective_limit(&nothing).source, LIMIT_UNKNOWN);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_that_is_known_holds), cmocka_unit_test(without_a_road)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
