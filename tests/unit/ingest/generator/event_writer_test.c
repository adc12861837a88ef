#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/generator/event_writer.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

static struct report article_report(void)
{
  return (struct report){
      .thing = "iotfleet_thc_121",
      .time_us = INT64_C(1463704133) * US_PER_SECOND + 400000,
      .latitude_deg = 45.5340435,
      .longitude_deg = -122.788987,
      .address = TEXT("10895, Northwest \"Lost Park\" Drive"),
      .speed_mph = 45,
      .heading_deg = 181,
      .temperature_c = (double)NAN,
      .ignition = 1,
  };
}

static struct text read_case(struct buffer *content, const char *name)
{
  char path[512];
  char bytes[8192];
  snprintf(path, sizeof path, "%s/generator/%s", CASES_FOLDER, name);
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  size_t length = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  buffer_append(content, bytes, length);
  return (struct text){content->data, content->length - 1}; /* without the line end */
}

static void the_first_two_events_are_those_of_the_rule(void **state)
{
  (void)state;
  static const char *const CASES[] = {"first_event.json", "second_event.json"};
  struct shadow shadow = {0};
  struct report report = article_report();
  for (int i = 0; i < 2; i++) {
    struct buffer event = {0};
    struct buffer expected = {0};
    event_write(&event, &shadow, &report);
    struct text wanted = read_case(&expected, CASES[i]);
    assert_int_equal(event.length, wanted.length);
    assert_memory_equal(event.data, wanted.data, wanted.length);
    buffer_free(&event);
    buffer_free(&expected);
    report.time_us += 5 * US_PER_SECOND;
    report.temperature_c = -18.44;
    report.ignition = 0;
    report.speed_mph = 0;
  }
  shadow_free(&shadow);
}

static void every_defect_is_json_all_the_same(void **state)
{
  (void)state;
  for (enum report_defect defect = DEFECT_NONE; defect <= DEFECT_SPEED_TEXT; defect++) {
    struct arena *arena = arena_new(4096);
    struct shadow shadow = {0};
    struct buffer event = {0};
    struct report report = article_report();
    report.defect = defect;
    event_write(&event, &shadow, &report);
    const struct json *value = NULL;
    struct error error = json_parse(arena, buffer_text(&event), JSON_LIMITS_DEFAULT, &value);
    assert_int_equal(error.code, ERROR_NONE);
    buffer_free(&event);
    shadow_free(&shadow);
    arena_free(arena);
  }
}

static void what_is_not_known_is_left_out(void **state)
{
  (void)state;
  struct shadow shadow = {0};
  struct buffer event = {0};
  struct report report = {.thing = "iotfleet_1",
                          .latitude_deg = 1,
                          .longitude_deg = 2,
                          .speed_mph = (double)NAN,
                          .heading_deg = (double)NAN,
                          .temperature_c = (double)NAN,
                          .ignition = -1};
  event_write(&event, &shadow, &report);
  buffer_append_char(&event, '\0');
  static const char *const ABSENT[] = {"address", "speed", "heading", "ignition", "temperature"};
  for (size_t i = 0; i < sizeof ABSENT / sizeof ABSENT[0]; i++) {
    assert_null(strstr(event.data, ABSENT[i]));
  }
  buffer_free(&event);
  shadow_free(&shadow);
}

static void a_speed_beyond_all_measure_stays_a_number(void **state)
{
  (void)state;
  struct shadow shadow = {0};
  struct buffer event = {0};
  struct report report = article_report();
  report.speed_mph = 1e300;
  event_write(&event, &shadow, &report);
  buffer_append_char(&event, '\0');
  assert_non_null(strstr(event.data, "\"speed\":\"1000000000\""));
  buffer_free(&event);
  shadow_free(&shadow);
}

static void directions_have_sixteen_names(void **state)
{
  (void)state;
  assert_string_equal(compass_point(0), "N");
  assert_string_equal(compass_point(11.2), "N");
  assert_string_equal(compass_point(11.3), "NNE");
  assert_string_equal(compass_point(180), "S");
  assert_string_equal(compass_point(337.5), "NNW");
  assert_string_equal(compass_point(359.9), "N");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_two_events_are_those_of_the_rule),
      cmocka_unit_test(every_defect_is_json_all_the_same),
      cmocka_unit_test(what_is_not_known_is_left_out),
      cmocka_unit_test(a_speed_beyond_all_measure_stays_a_number),
      cmocka_unit_test(directions_have_sixteen_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
