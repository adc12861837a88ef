#include "tests/unit/cmocka_all.h"

#include <math.h>

#include "api/gpx.h"

static void text_is_escaped(void **state)
{
  (void)state;
  struct buffer out = {0};
  gpx_escape(&out, TEXT("a<b>&\"c'\x01\t\xc3\xa9"));
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "a&lt;b&gt;&amp;&quot;c&apos;\t\xc3\xa9");
  buffer_free(&out);
}

static void a_point_says_what_is_known(void **state)
{
  (void)state;
  struct position position = {.longitude_deg = -122.5, .latitude_deg = 45.25, .speed_kmh = 36, .heading_deg = NAN};
  struct buffer out = {0};
  gpx_point(&out, &position);
  position.speed_kmh = NAN;
  gpx_point(&out, &position);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "<trkpt lat=\"45.25\" lon=\"-122.5\"><time>1970-01-01T00:00:00Z</time><extensions>"
                                "<gpxtpx:TrackPointExtension><gpxtpx:speed>10</gpxtpx:speed></gpxtpx:TrackPointExtension>"
                                "</extensions></trkpt>\n"
                                "<trkpt lat=\"45.25\" lon=\"-122.5\"><time>1970-01-01T00:00:00Z</time></trkpt>\n");
  buffer_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_escaped),
      cmocka_unit_test(a_point_says_what_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
