#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>

#include "api/csv.h"
#include "api/position_list.h"
#include "server/base/clock.h"

static void cells_are_quoted_and_guarded(void **state)
{
  (void)state;
  static const char *const CASES[][2] = {
      {"plain", "plain"},
      {"", ""},
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"=1+1", "'=1+1"},
      {"+44", "'+44"},
      {"-x", "'-x"},
      {"@sum", "'@sum"},
      {"\tx", "'\tx"},
      {"\rx", "\"'\rx\""},
      {"=a,\"b\"", "\"'=a,\"\"b\"\"\""},
      {"a=b", "a=b"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct buffer out = {0};
    struct csv_row row = csv_row_begin(&out);
    csv_text(&row, text_from(CASES[i][0]));
    csv_row_end(&row);
    buffer_append_char(&out, '\0');
    char expected[64];
    snprintf(expected, sizeof expected, "%s\r\n", CASES[i][1]);
    assert_string_equal(out.data, expected);
    buffer_free(&out);
  }
}

static void numbers_are_bare_and_unknown_ones_empty(void **state)
{
  (void)state;
  struct buffer out = {0};
  struct csv_row row = csv_row_begin(&out);
  csv_int64(&row, -5);
  csv_decimal(&row, -1.27, 1);
  csv_decimal(&row, NAN, 2);
  csv_empty(&row);
  csv_time(&row, 0);
  csv_text(&row, (struct text){NULL, 0});
  csv_row_end(&row);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "-5,-1.3,,,1970-01-01T00:00:00Z,\r\n");
  buffer_free(&out);
}

static void a_position_has_a_cell_for_each_column(void **state)
{
  (void)state;
  const struct position position = {.vehicle_id = 7,
                                    .vehicle = TEXT("-7"),
                                    .version = 1,
                                    .longitude_deg = 1.5,
                                    .latitude_deg = -2,
                                    .speed_kmh = NAN,
                                    .heading_deg = 0,
                                    .temperature_c = -18.5F,
                                    .ignition = -1,
                                    .flags = 9};
  struct buffer out = {0};
  position_csv_header(&out);
  buffer_append_char(&out, '\n');
  position_csv_row(&out, &position, STATUS_STOPPED);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "vehicle_id,vehicle,recorded_at,received_at,version,lon,lat,speed_kmh,heading_deg,ignition,"
                                "temperature_c,status,flags\n"
                                "7,'-7,1970-01-01T00:00:00Z,1970-01-01T00:00:00Z,1,1.5,-2,,0,,-18.5,stopped,null_island|jump");
  buffer_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells_are_quoted_and_guarded),
      cmocka_unit_test(numbers_are_bare_and_unknown_ones_empty),
      cmocka_unit_test(a_position_has_a_cell_for_each_column),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
