#include "tests/unit/cmocka_all.h"

#include "api/format.h"

enum { ALL = FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON | FORMAT_GPX };

static void the_right_one_is_chosen(void **state)
{
  (void)state;
  static const struct {
    const char *f;
    const char *accept;
    unsigned offered;
    enum format chosen; /* 0: 406 */
  } CASES[] = {
      {NULL, "", ALL, FORMAT_JSON},
      {NULL, "*/*", ALL, FORMAT_JSON},
      {NULL, "text/csv", ALL, FORMAT_CSV},
      {NULL, "TEXT/CSV", ALL, FORMAT_CSV},
      {NULL, "text/*", ALL, FORMAT_CSV},
      {NULL, "application/*", ALL, FORMAT_JSON},
      {NULL, "application/geo+json, application/json", ALL, FORMAT_JSON},
      {NULL, "application/geo+json, application/json;q=0.9", ALL, FORMAT_GEOJSON},
      {NULL, "application/json;q=0, */*", ALL, FORMAT_GEOJSON},
      {NULL, "application/ndjson", ALL, FORMAT_NDJSON},
      {NULL, "application/x-ndjson ; q=0.5", ALL, FORMAT_NDJSON},
      {NULL, "application/gpx+xml", ALL, FORMAT_GPX},
      {NULL, "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", ALL, FORMAT_JSON},
      {NULL, "text/html", ALL, 0},
      {NULL, "text/csv;q=0", FORMAT_CSV, 0},
      {NULL, "application/gpx+xml", FORMAT_JSON | FORMAT_CSV, 0},
      {NULL, ",,;q=1,", ALL, 0},
      {"csv", "application/json", ALL, FORMAT_CSV},
      {"gpx", "", FORMAT_JSON, 0},
      {"xml", "", ALL, 0},
      {"", "", ALL, 0},
      {"CSV", "", ALL, 0},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    enum format chosen = 0;
    print_message("f=%s accept=%s\n", CASES[i].f != NULL ? CASES[i].f : "", CASES[i].accept);
    const struct error error = format_choose(text_from(CASES[i].f), text_from(CASES[i].accept), CASES[i].offered, &chosen);
    assert_int_equal(error.code, CASES[i].chosen == 0 ? ERROR_NOT_ACCEPTABLE : ERROR_NONE);
    if (error.code == ERROR_NONE) {
      assert_int_equal(chosen, CASES[i].chosen);
    }
  }
}

static void a_refusal_names_what_there_is(void **state)
{
  (void)state;
  enum format chosen;
  const struct error error = format_choose(TEXT("xml"), TEXT(""), FORMAT_JSON | FORMAT_GPX, &chosen);
  assert_string_equal(error.detail, "this resource comes as json, gpx");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_right_one_is_chosen),
      cmocka_unit_test(a_refusal_names_what_there_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
