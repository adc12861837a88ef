#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "ingest/alerts/alert_document.h"

/* 2026-11-22T12:00:00Z */
static const int64_t NOON_US = INT64_C(1795348800) * 1000000;
static const struct depot_clock UTC = {NULL, NULL, 0};

static struct alert make(enum condition_kind kind, float value, float limit)
{
  return (struct alert){.alert_id = 7,
                        .vehicle_id = 3,
                        .vehicle = TEXT("truck \"7\""),
                        .kind = kind,
                        .subject_id = 2,
                        .subject = TEXT("Depot"),
                        .state = ALERT_STATE_FIRING,
                        .severity = alert_severity_of(kind),
                        .sequence = 1,
                        .began_at_us = NOON_US,
                        .fired_at_us = NOON_US + 5000000,
                        .value = value,
                        .limit_value = limit,
                        .longitude_deg = -122.5,
                        .latitude_deg = 45.25};
}

static void check_title(const struct alert *alert, enum alert_change change, const struct depot_clock *clock,
                        const char *expected)
{
  struct buffer out = {0};
  alert_title_write(&out, alert, change, clock);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, expected);
  buffer_free(&out);
}

static void titles_say_it_in_one_line(void **state)
{
  (void)state;
  const int64_t from_us = 0;
  const int64_t offset_s = 3600;
  const struct depot_clock berlin = {&from_us, &offset_s, 1};
  struct alert alert = make(CONDITION_SPEEDING, 95.4F, 80);
  check_title(&alert, ALERT_FIRED, &UTC, "truck \"7\" speeding: 95.4 km/h, limit 80 km/h");
  check_title(&alert, ALERT_REPEATED, &UTC, "Still: truck \"7\" speeding: 95.4 km/h, limit 80 km/h");
  alert.late_s = 61;
  check_title(&alert, ALERT_CLEARED, &UTC, "Cleared: truck \"7\" speeding: 95.4 km/h, limit 80 km/h (data came 2 min late)");
  alert = make(CONDITION_TEMPERATURE, -27, -20);
  check_title(&alert, ALERT_ESCALATED, &UTC, "Escalated: truck \"7\" is too cold: -27 °C, limit -20 °C");
  alert = make(CONDITION_URGENT, 14, 10);
  check_title(&alert, ALERT_WITHDRAWN, &UTC, "Withdrawn: truck \"7\" is far too warm: 14 °C, limit 10 °C");
  alert = make(CONDITION_WARMING, 12, 8);
  check_title(&alert, ALERT_ACKNOWLEDGED, &UTC, "Acknowledged: truck \"7\" is warming: at 8 °C in 12 min");
  alert = make(CONDITION_SILENT_SENSOR, NAN, NAN);
  check_title(&alert, ALERT_FIRED, &berlin, "truck \"7\" reports no temperature since 2026-11-22 13:00");
  alert = make(CONDITION_SILENT_VEHICLE, NAN, NAN);
  check_title(&alert, ALERT_FIRED, &UTC, "truck \"7\" is silent since 2026-11-22 12:00");
  alert = make(CONDITION_ZONE_INSIDE, NAN, NAN);
  check_title(&alert, ALERT_FIRED, &UTC, "truck \"7\" entered Depot");
  check_title(&alert, ALERT_CLEARED, &UTC, "truck \"7\" left Depot");
  alert = make(CONDITION_ZONE_DWELL, NAN, NAN);
  alert.subject = TEXT("");
  check_title(&alert, ALERT_FIRED, &UTC, "truck \"7\" stays in zone 2");
}

static void the_document_has_every_member(void **state)
{
  (void)state;
  struct buffer out = {0};
  const struct alert alert = make(CONDITION_SPEEDING, 95.4F, 80);
  alert_document_write(&out, &alert);
  assert_true(text_equal(
      buffer_text(&out),
      TEXT(
          "{\"alert_id\":7,\"kind\":\"speeding\",\"severity\":\"warning\",\"state\":\"firing\",\"sequence\":1,\"vehicle_id\":3,"
          "\"vehicle\":\"truck \\\"7\\\"\",\"subject_id\":2,\"subject\":\"Depot\",\"began_at\":\"2026-11-22T12:00:00Z\","
          "\"ended_at\":null,\"fired_at\":\"2026-11-22T12:00:05Z\",\"acknowledged_at\":null,\"acknowledged_by\":null,"
          "\"cleared_at\":null,\"withdrawn\":false,\"late_s\":0,\"value\":95.4,\"limit_value\":80,\"unit\":\"km/h\","
          "\"worst_at\":null,\"lon\":-122.5,\"lat\":45.25,\"assigned_to\":null,\"muted_until\":null}")));
  buffer_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(titles_say_it_in_one_line),
                                     cmocka_unit_test(the_document_has_every_member)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
