#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdlib.h>

#include "ingest/generator/event_source.h"
#include "ingest/generator/street_grid.h"
#include "server/base/clock.h"

static const int64_t START_US = INT64_C(1767225600) * US_PER_SECOND;
enum { VEHICLES = 12, HOURS = 3 };

static struct fleet *new_fleet(uint64_t seed)
{
  return fleet_new(
      (struct fleet_settings){.seed = seed, .vehicles = VEHICLES, .reefers = 4, .speeders = 3, .start_us = START_US},
      street_grid());
}

struct drive {
  double stopped_s, idle_s, moving_s, longest_stop_s;
  double fastest_mps, hardest_mps2, worst_step_error_m;
};

/* One vehicle second by second. */
static struct drive watch(struct fleet *fleet, int vehicle)
{
  struct drive drive = {0};
  double stop_s = 0;
  struct sensed before = fleet_sense(fleet, vehicle, START_US, NULL);
  for (int second = 1; second < HOURS * 3600; second++) {
    struct sensed now = fleet_sense(fleet, vehicle, START_US + second * US_PER_SECOND, NULL);
    double north_m = (now.latitude_deg - before.latitude_deg) * 111195;
    double east_m = (now.longitude_deg - before.longitude_deg) * 111195 * cos(0.7945);
    double slack_m = fabs(hypot(north_m, east_m) - (now.speed_mps + before.speed_mps) / 2);
    drive.worst_step_error_m = fmax(drive.worst_step_error_m, slack_m);
    drive.fastest_mps = fmax(drive.fastest_mps, now.speed_mps);
    drive.hardest_mps2 = fmax(drive.hardest_mps2, now.speed_mps - before.speed_mps);
    stop_s = now.ignition ? 0 : stop_s + 1;
    drive.longest_stop_s = fmax(drive.longest_stop_s, stop_s);
    drive.stopped_s += !now.ignition;
    drive.idle_s += now.ignition && now.speed_mps < 1;
    drive.moving_s += now.speed_mps >= 1;
    before = now;
  }
  return drive;
}

static void vehicles_do_delivery_work(void **state)
{
  (void)state;
  struct fleet *fleet = new_fleet(1);
  double fastest_mps = 0;
  for (int i = 0; i < VEHICLES; i++) {
    struct drive drive = watch(fleet, i);
    double all_s = drive.stopped_s + drive.idle_s + drive.moving_s;
    assert_true(drive.moving_s > all_s * 0.25);
    assert_true(drive.stopped_s > all_s * 0.1);
    assert_true(drive.idle_s > 0);
    assert_true(drive.longest_stop_s <= 901);   /* at the depot; 361 at a customer */
    assert_true(drive.hardest_mps2 <= 1.61);    /* a loaded van */
    assert_true(drive.worst_step_error_m < 20); /* positions and speeds tell the same, but for the noise of the fix */
    assert_true(drive.fastest_mps < 24.6 * 1.56);
    fastest_mps = fmax(fastest_mps, drive.fastest_mps);
  }
  assert_true(fastest_mps > 24.6); /* somebody speeds */
  fleet_free(fleet);
}

static void reefers_hold_a_temperature(void **state)
{
  (void)state;
  struct fleet *fleet = new_fleet(1);
  int reefers = 0;
  for (int i = 0; i < VEHICLES; i++) {
    struct sensed sensed = fleet_sense(fleet, i, START_US + 600 * US_PER_SECOND, NULL);
    if (!isnan(sensed.temperature_c)) {
      reefers++;
      assert_true(sensed.temperature_c > -22 && sensed.temperature_c < 12);
    }
  }
  assert_int_equal(reefers, 4);
  fleet_free(fleet);
}

static void append_all(struct buffer *out, const struct simulate_options *options, int64_t *count)
{
  struct event_source *source = event_source_new(options, street_grid(), NULL);
  struct outgoing_event event;
  int64_t last_us = 0;
  for (*count = 0; event_source_next(source, &event); (*count)++) {
    buffer_append_text(out, event.body);
    assert_string_equal(event.thing, fleet_name(event_source_fleet(source), (int)event.vehicle));
    assert_true(event.arrived_us >= last_us); /* AWS IoT's clock never goes back, whatever is late */
    last_us = event.arrived_us;
  }
  assert_int_equal(event_source_held_back(source), 0);
  event_source_free(source);
}

static void the_same_seed_gives_the_same_events(void **state)
{
  (void)state;
  struct simulate_options options = {.vehicles = 9,
                                     .moves = 40,
                                     .seed = 5,
                                     .reefers = 2,
                                     .speeders = 2,
                                     .start_us = START_US,
                                     .interval_us = 5 * US_PER_SECOND,
                                     .late_share = 0.1,
                                     .duplicate_share = 0.1,
                                     .dirty_share = 0.2};
  struct buffer first = {0};
  struct buffer second = {0};
  struct buffer other = {0};
  int64_t count = 0;
  append_all(&first, &options, &count);
  assert_true(count > 9 * 40); /* duplicates come on top, and nothing held back is lost */
  append_all(&second, &options, &count);
  assert_int_equal(first.length, second.length);
  assert_memory_equal(first.data, second.data, first.length);
  options.seed = 6;
  append_all(&other, &options, &count);
  assert_true(other.length != first.length || memcmp(other.data, first.data, first.length) != 0);
  buffer_free(&first);
  buffer_free(&second);
  buffer_free(&other);
}

static void fleets_of_different_seeds_share_no_vehicle(void **state)
{
  (void)state;
  struct fleet *one = new_fleet(1);
  struct fleet *two = new_fleet(2);
  assert_string_equal(fleet_name(one, 0), "iotfleet_thc_1");
  assert_string_not_equal(fleet_name(one, 0), fleet_name(two, 0));
  fleet_free(one);
  fleet_free(two);
  fleet_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vehicles_do_delivery_work),
      cmocka_unit_test(reefers_hold_a_temperature),
      cmocka_unit_test(the_same_seed_gives_the_same_events),
      cmocka_unit_test(fleets_of_different_seeds_share_no_vehicle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
