#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "api/position.h"
#include "server/base/clock.h"

static const int64_t NOW_US = INT64_C(1795380667) * US_PER_SECOND;
static const int64_t SILENT_AFTER_US = 900 * US_PER_SECOND;

static struct position position_of(float speed_kmh, int8_t ignition, int64_t age_s, int64_t slow_for_s)
{
  return (struct position){.vehicle_id = 1,
                           .vehicle = TEXT("iotfleet_thc_121"),
                           .recorded_at_us = NOW_US - age_s * US_PER_SECOND,
                           .received_at_us = NOW_US,
                           .slow_since_us = slow_for_s < 0 ? 0 : NOW_US - slow_for_s * US_PER_SECOND,
                           .version = 42,
                           .longitude_deg = -122.68123456789,
                           .latitude_deg = 45.5,
                           .speed_kmh = speed_kmh,
                           .heading_deg = 180.04F,
                           .temperature_c = NAN,
                           .ignition = ignition};
}

static void status_follows_the_definitions(void **state)
{
  (void)state;
  static const struct {
    float speed_kmh;
    int8_t ignition;
    int64_t age_s;
    int64_t slow_for_s;
    enum vehicle_status now;
    enum vehicle_status then;
  } CASES[] = {
      {5.0F, -1, 0, -1, STATUS_MOVING, STATUS_MOVING},    {80.0F, 0, 10, -1, STATUS_MOVING, STATUS_MOVING},
      {4.99F, 1, 10, 500, STATUS_IDLING, STATUS_IDLING},  {0.0F, 0, 10, 10, STATUS_STOPPED, STATUS_STOPPED},
      {0.0F, -1, 10, 179, STATUS_IDLING, STATUS_IDLING},  {0.0F, -1, 0, 180, STATUS_STOPPED, STATUS_STOPPED},
      {0.0F, -1, 179, -1, STATUS_IDLING, STATUS_STOPPED}, {0.0F, -1, 180, -1, STATUS_STOPPED, STATUS_STOPPED},
      {NAN, -1, 0, 180, STATUS_STOPPED, STATUS_STOPPED},  {NAN, 1, 0, 1, STATUS_IDLING, STATUS_IDLING},
      {80.0F, 1, 899, -1, STATUS_MOVING, STATUS_MOVING},  {80.0F, 1, 900, -1, STATUS_SILENT, STATUS_MOVING},
      {80.0F, 1, -60, -1, STATUS_MOVING, STATUS_MOVING},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    const struct position position = position_of(CASES[i].speed_kmh, CASES[i].ignition, CASES[i].age_s, CASES[i].slow_for_s);
    print_message("case %zu\n", i);
    assert_int_equal(position_status(&position, NOW_US, SILENT_AFTER_US), CASES[i].now);
    assert_int_equal(position_status_then(&position), CASES[i].then);
  }
}

static void json_has_the_members_in_their_order(void **state)
{
  (void)state;
  struct buffer out = {0};
  struct json_writer json = json_writer_to(&out);
  struct position position = position_of(45.128F, 1, 7, -1);
  position.flags = 9;
  json_begin_object(&json);
  position_write_members(&json, &position, STATUS_MOVING);
  json_end_object(&json);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "{\"vehicle_id\":1,\"vehicle\":\"iotfleet_thc_121\",\"recorded_at\":\"2026-11-22T20:51:00Z\","
                                "\"received_at\":\"2026-11-22T20:51:07Z\",\"version\":42,\"lon\":-122.6812346,\"lat\":45.5,"
                                "\"speed_kmh\":45.13,\"heading_deg\":180,\"ignition\":true,\"temperature_c\":null,"
                                "\"status\":\"moving\",\"flags\":[\"null_island\",\"jump\"]}");
  buffer_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(status_follows_the_definitions),
      cmocka_unit_test(json_has_the_members_in_their_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
