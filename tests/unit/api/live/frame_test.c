#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "api/live/frame.h"
#include "server/base/clock.h"

static const int64_t NOW_US = INT64_C(1700000000000000);

static const struct position POSITION = {.vehicle_id = 258,
                                         .vehicle = {"truck", 5},
                                         .recorded_at_us = INT64_C(1700000000000000),
                                         .received_at_us = INT64_C(1700000001000000),
                                         .seq = 9,
                                         .version = 3,
                                         .longitude_deg = -122.5,
                                         .latitude_deg = 45.25,
                                         .speed_kmh = 61.26F,
                                         .heading_deg = 359.97F,
                                         .temperature_c = -18.5F,
                                         .ignition = 1,
                                         .flags = 8};

static uint64_t little_endian(const char *bytes, int count)
{
  uint64_t value = 0;
  for (int i = 0; i < count; i++) {
    value |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
  }
  return value;
}

static struct fleet_state *fleet_of_one(void)
{
  struct fleet_state *fleet = fleet_state_new(16, 900 * US_PER_SECOND);
  fleet_state_apply(fleet, &POSITION, false, NOW_US);
  fleet_state_set_head(fleet, 9);
  return fleet;
}

static void a_binary_frame_has_its_layout(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = fleet_of_one();
  struct buffer out = {0};
  const uint32_t slot = 0;
  struct frame_content content = {.kind = CONTENT_UPDATE,
                                  .part = 1,
                                  .parts = 1,
                                  .seq = 9,
                                  .slots = &slot,
                                  .slot_count = 1,
                                  .removed_slots = &slot,
                                  .removed_count = 1};
  frame_write_binary(&out, fleet, &content, NOW_US);
  assert_int_equal(out.length, 32 + 24 + 4);
  assert_int_equal(out.data[0], 2);
  assert_int_equal(out.data[1], 1);
  assert_int_equal(little_endian(out.data + 2, 2), 1);
  assert_int_equal(little_endian(out.data + 4, 2), 1);
  assert_int_equal(little_endian(out.data + 8, 4), 1);
  assert_int_equal(little_endian(out.data + 12, 4), 1);
  assert_int_equal(little_endian(out.data + 16, 8), 9);
  uint64_t bits = little_endian(out.data + 24, 8);
  double sent_at_ms;
  memcpy(&sent_at_ms, &bits, sizeof sent_at_ms);
  assert_true(sent_at_ms == 1700000000000.0);
  const char *record = out.data + 32;
  assert_int_equal(little_endian(record, 4), 258);
  assert_int_equal((int32_t)little_endian(record + 4, 4), 452500000);
  assert_int_equal((int32_t)little_endian(record + 8, 4), -1225000000);
  assert_int_equal(little_endian(record + 12, 4), 1700000000);
  assert_int_equal(little_endian(record + 16, 2), 613);
  assert_int_equal(little_endian(record + 18, 2), 0); /* 360.0 is north */
  assert_int_equal((int16_t)little_endian(record + 20, 2), -1850);
  assert_int_equal(record[22], STATUS_MOVING | 2 << 4);
  assert_int_equal(record[23], 8);
  assert_int_equal(little_endian(record + 24, 4), 258);
  buffer_free(&out);
  fleet_state_free(fleet);
}

static void unknown_values_have_their_marks(void **unused)
{
  (void)unused;
  uint8_t record[POSITION_RECORD_BYTES];
  struct position position = POSITION;
  position.speed_kmh = position.heading_deg = position.temperature_c = NAN;
  position.ignition = -1;
  position_encode_record(&position, STATUS_SILENT, record);
  assert_int_equal(little_endian((char *)record + 16, 2), 65535);
  assert_int_equal(little_endian((char *)record + 18, 2), 65535);
  assert_int_equal((int16_t)little_endian((char *)record + 20, 2), -32768);
  assert_int_equal(record[22], STATUS_SILENT);
}

static void extremes_do_not_wrap(void **unused)
{
  (void)unused;
  uint8_t record[POSITION_RECORD_BYTES];
  struct position position = POSITION;
  position.speed_kmh = 1e9F;
  position.temperature_c = -1e9F;
  position.recorded_at_us = -5 * US_PER_SECOND;
  position.longitude_deg = 180;
  position.latitude_deg = -90;
  position_encode_record(&position, STATUS_MOVING, record);
  assert_int_equal(little_endian((char *)record + 4, 4), (uint32_t)-900000000);
  assert_int_equal(little_endian((char *)record + 8, 4), 1800000000);
  assert_int_equal(little_endian((char *)record + 12, 4), 0);
  assert_int_equal(little_endian((char *)record + 16, 2), 65534);
  assert_int_equal((int16_t)little_endian((char *)record + 20, 2), -32767);
}

static void json_and_control_messages(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = fleet_of_one();
  struct viewer *viewer = viewer_new();
  struct buffer out = {0};
  const uint32_t slot = 0;
  struct frame_content content = {.kind = CONTENT_SNAPSHOT, .part = 1, .parts = 2, .seq = 9, .slots = &slot, .slot_count = 1};
  frame_write_json(&out, fleet, &content);
  buffer_append_char(&out, '\n');
  assert_true(frame_write_names(&out, fleet, viewer, &content));
  assert_false(frame_write_names(&out, fleet, viewer, &content));
  buffer_append_char(&out, '\n');
  frame_write_heartbeat(&out, 9, NOW_US, true);
  buffer_append_char(&out, '\n');
  frame_write_subscribed(&out, "e", 9, 7, 20, 900);
  buffer_append_char(&out, '\0');
  assert_string_equal(
      out.data,
      "{\"type\":\"snapshot\",\"seq\":9,\"part\":1,\"parts\":2,\"positions\":[{\"vehicle_id\":258,\"vehicle\":\"truck\","
      "\"recorded_at\":\"2023-11-14T22:13:20Z\",\"received_at\":\"2023-11-14T22:13:21Z\",\"version\":3,\"lon\":-122.5,"
      "\"lat\":45.25,\"speed_kmh\":61.26,\"heading_deg\":360,\"ignition\":true,\"temperature_c\":-18.5,\"status\":\"moving\","
      "\"flags\":[\"jump\"]}]}\n"
      "{\"type\":\"vehicles\",\"items\":[{\"vehicle_id\":258,\"name\":\"truck\"}]}\n"
      "{\"type\":\"heartbeat\",\"seq\":9,\"time\":\"2023-11-14T22:13:20Z\",\"database\":\"away\"}\n"
      "{\"type\":\"subscribed\",\"epoch\":\"e\",\"seq\":9,\"alerts_after\":7,\"heartbeat_s\":20,\"silent_after_s\":900}");
  buffer_free(&out);
  viewer_free(viewer);
  fleet_state_free(fleet);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_binary_frame_has_its_layout),
      cmocka_unit_test(unknown_values_have_their_marks),
      cmocka_unit_test(extremes_do_not_wrap),
      cmocka_unit_test(json_and_control_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
