#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>

#include "api/zones/geofence_form.h"

#define RING "[[13,52],[14,52],[14,53],[13,52]]"
#define POLYGON "{\"type\":\"Polygon\",\"coordinates\":[" RING "]}"

static void what_is_wrong_is_named(void **state)
{
  (void)state;
  static const struct {
    const char *body;
    const char *field;
  } CASES[] = {
      {"[]", "$"},
      {"{\"geometry\":[]}", "geometry"},
      {"{\"geometry\":{\"type\":\"Point\",\"coordinates\":[13,52]}}", "geometry.type"},
      {"{\"geometry\":{\"type\":7,\"coordinates\":[]}}", "geometry.type"},
      {"{\"geometry\":{\"type\":\"Polygon\"}}", "geometry"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[]}}", "geometry.coordinates"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[13,52],[14,52],[13,52]]]}}", "geometry.coordinates[0]"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[13,52],[14,52],[14,53],[13,53]]]}}", "geometry.coordinates[0]"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[13,52],[14,91],[14,53],[13,52]]]}}",
       "geometry.coordinates[0][1][1]"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[13,52],[181,52],[14,53],[13,52]]]}}",
       "geometry.coordinates[0][1][0]"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[13,52],[14],[14,53],[13,52]]]}}", "geometry.coordinates[0][1]"},
      {"{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[-170,52],[170,52],[170,53],[-170,52]]]}}",
       "geometry.coordinates"},
      {"{\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[" RING "]}}", "geometry.coordinates[0][0]"},
      {"{\"geometry\":" POLYGON ",\"limit_kmh\":0}", "limit_kmh"},
      {"{\"geometry\":" POLYGON ",\"limit_kmh\":301}", "limit_kmh"},
      {"{\"geometry\":" POLYGON ",\"alert_enter\":1}", "alert_enter"},
      {"{\"geometry\":" POLYGON ",\"alert_exit\":\"yes\"}", "alert_exit"},
      {"{\"geometry\":" POLYGON ",\"dwell_s\":0}", "dwell_s"},
      {"{\"geometry\":" POLYGON ",\"color\":\"red\"}", "color"},
      {"{\"geometry\":" POLYGON ",\"color\":\"#12345g\"}", "color"},
      {"{\"geometry\":" POLYGON ",\"size\":1}", "size"},
      {"{\"type\":\"Feature\",\"properties\":{}}", "$"},
      {"{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":\"limit_kmh\"}", "properties"},
      {"{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":{\"limit_kmh\":-5}}", "properties.limit_kmh"},
  };
  struct arena *arena = arena_new(4096);
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct geofence_form form;
    const struct error error = geofence_form_read(arena, text_from(CASES[i].body), &form);
    if (error.code != ERROR_BAD_INPUT || strcmp(error.field, CASES[i].field) != 0) {
      fail_msg("%s: %s %s", CASES[i].body, error.field, error.detail);
    }
  }
  arena_free(arena);
}

static void members_and_features_say_the_same(void **state)
{
  (void)state;
  static const char *const BODIES[] = {
      "{\"geometry\":" POLYGON ",\"limit_kmh\":20,\"alert_enter\":true,\"dwell_s\":600,\"color\":\"#1A73e8\"}",
      "{\"type\":\"Feature\",\"id\":7,\"geometry\":" POLYGON
      ",\"properties\":{\"name\":\"other\",\"limit_kmh\":20,\"alert_enter\":true,"
      "\"alert_exit\":null,\"dwell_s\":600,\"color\":\"#1A73e8\",\"stroke\":\"red\"}}",
  };
  struct arena *arena = arena_new(4096);
  for (size_t i = 0; i < 2; i++) {
    struct geofence_form form;
    assert_int_equal(geofence_form_read(arena, text_from(BODIES[i]), &form).code, ERROR_NONE);
    assert_true(text_equal(form.geometry, TEXT(POLYGON)));
    assert_true(form.limit_kmh == 20 && form.alert_enter && !form.alert_exit);
    assert_int_equal(form.dwell_s, 600);
    assert_true(text_equal(form.color, TEXT("#1A73e8")));
    assert_true(form.box.west_deg == 13 && form.box.east_deg == 14 && form.box.south_deg == 52 && form.box.north_deg == 53);
  }
  struct geofence_form form;
  assert_int_equal(geofence_form_read(arena, TEXT("{\"alert_exit\":true}"), &form).code, ERROR_NONE);
  assert_true(form.geometry.data == NULL && isnan(form.limit_kmh) && form.alert_exit && form.dwell_s == 0);
  arena_free(arena);
}

static void a_zone_has_so_many_corners(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer body = {0};
  struct geofence_form form;
  buffer_append_text(&body, TEXT("{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[["));
  for (int i = 0; i < GEOFENCE_POINTS_MAX + 1; i++) {
    buffer_printf(&body, "%s[%d.%05d,52]", i > 0 ? "," : "", 13, i % GEOFENCE_POINTS_MAX);
  }
  buffer_append_text(&body, TEXT("]]}}"));
  const struct error error = geofence_form_read(arena, buffer_text(&body), &form);
  assert_int_equal(error.code, ERROR_BAD_INPUT);
  assert_string_equal(error.field, "geometry.coordinates[0][20000]");
  buffer_free(&body);
  arena_free(arena);
}

static void files_of_many(void **state)
{
  (void)state;
  static const struct {
    const char *body;
    const char *field;
  } CASES[] = {
      {"{}", "$"},
      {"{\"type\":\"FeatureCollection\",\"features\":[]}", "features"},
      {"{\"features\":[7]}", "features[0]"},
      {"{\"features\":[{\"type\":\"Feature\",\"geometry\":" POLYGON "}]}", "features[0]"},
      {"{\"features\":[{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":{\"name\":\" \"}}]}",
       "features[0].properties.name"},
      {"{\"features\":[{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"name\":\"a\"}}]}", "features[0]"},
      {"{\"features\":[{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":{\"name\":\"a\"}},"
       "{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":{\"name\":\"a\"}}]}",
       "features"},
  };
  struct arena *arena = arena_new(4096);
  struct geofence_forms forms;
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    const struct error error = geofence_forms_read(arena, text_from(CASES[i].body), TEXT("name"), &forms);
    if (error.code != ERROR_BAD_INPUT || strcmp(error.field, CASES[i].field) != 0) {
      fail_msg("%s: %s %s", CASES[i].body, error.field, error.detail);
    }
  }
  const struct text good =
      TEXT("{\"features\":[{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":{\"NR\":12}},"
           "{\"type\":\"Feature\",\"geometry\":" POLYGON ",\"properties\":{\"NR\":\"b\",\"dwell_s\":60}}]}");
  assert_int_equal(geofence_forms_read(arena, good, TEXT("NR"), &forms).code, ERROR_NONE);
  assert_int_equal(forms.count, 2);
  assert_true(text_equal(forms.items[0].name, TEXT("12")) && text_equal(forms.items[1].name, TEXT("b")));
  assert_int_equal(forms.items[1].dwell_s, 60);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(members_and_features_say_the_same),
      cmocka_unit_test(a_zone_has_so_many_corners),
      cmocka_unit_test(files_of_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
