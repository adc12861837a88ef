/* Query parameters of the API: whatever is sent, a value that is taken is within its range, and cursors come from us. */
#include <assert.h>
#include <math.h>
#include <stdint.h>

#include "api/csv.h"
#include "api/cursor.h"
#include "api/format.h"
#include "api/gpx.h"
#include "api/parameters.h"
#include "server/base/arena.h"

enum { ALL_FORMATS = FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON | FORMAT_GPX };

static void check_numbers(struct text value)
{
  int64_t whole;
  double number;
  if (parse_int64("limit", value, 1, LIMIT_MAX, &whole).code == ERROR_NONE) {
    assert(whole >= 1 && whole <= LIMIT_MAX);
  }
  if (parse_double("tolerance_m", value, 0.0, 100000.0, &number).code == ERROR_NONE) {
    assert(number >= 0.0 && number <= 100000.0);
  }
  if (parse_time("from", value, &whole).code == ERROR_NONE) {
    assert(whole >= TIME_RANGE_ALL.from_us && whole <= TIME_RANGE_ALL.to_us);
  }
}

static void check_box(struct text value)
{
  static int32_t cells[4096];
  struct grid_box box;
  if (parse_bbox("bbox", value, &box).code != ERROR_NONE) {
    return;
  }
  assert(box.south_deg <= box.north_deg && fabs(box.west_deg) <= 180.0 && fabs(box.east_deg) <= 180.0);
  assert(box_contains(&box, box.west_deg, box.south_deg) && box_contains(&box, box.east_deg, box.north_deg));
  grid_cells(box, cells, sizeof cells / sizeof cells[0]);
}

static void check_cursor(struct text value)
{
  struct arena *arena = arena_new(1024);
  struct text key;
  if (cursor_read(arena, value, 1, &key).code == ERROR_NONE) {
    assert(text_equal(cursor_make(arena, 1, key.data, key.length), value));
  }
  const size_t length = value.length < CURSOR_KEY_MAX ? value.length : CURSOR_KEY_MAX;
  const struct text made = cursor_make(arena, 1, value.data, length);
  assert(cursor_read(arena, made, 1, &key).code == ERROR_NONE);
  assert(text_equal(key, (struct text){value.data, length}));
  assert(cursor_read(arena, made, 2, &key).code == ERROR_BAD_INPUT);
  arena_free(arena);
}

static void check_format(struct text value)
{
  enum format chosen = 0;
  if (format_choose((struct text){NULL, 0}, value, ALL_FORMATS, &chosen).code == ERROR_NONE) {
    assert((chosen & ALL_FORMATS) != 0);
  }
  if (format_choose(value, TEXT(""), ALL_FORMATS, &chosen).code == ERROR_NONE) {
    assert(text_equal(value, text_from(format_name(chosen))));
  }
}

static void check_written(struct text value)
{
  struct buffer out = {0};
  struct csv_row row = csv_row_begin(&out);
  csv_text(&row, value);
  const bool is_bare = out.length > 0 && out.data[0] != '"';
  for (size_t i = 0; is_bare && i < out.length; i++) {
    assert(out.data[i] != ',' && out.data[i] != '\n' && out.data[i] != '"');
  }
  assert(out.length == 0 || (out.data[0] != '=' && out.data[0] != '+' && out.data[0] != '-' && out.data[0] != '@'));
  buffer_clear(&out);
  gpx_escape(&out, value);
  for (size_t i = 0; i < out.length; i++) {
    assert(out.data[i] != '<' && out.data[i] != '>' && out.data[i] != '"');
  }
  buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const struct text value = {(const char *)data, size};
  check_numbers(value);
  check_box(value);
  check_cursor(value);
  check_format(value);
  check_written(value);
  (void)!parse_vehicle_name("vehicle", value).code;
  return 0;
}
