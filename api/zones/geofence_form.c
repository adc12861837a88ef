#include "api/zones/geofence_form.h"

#include <math.h>
#include <stdlib.h>

#include "api/rules/temperature_rule_form.h"
#include "api/zones/geofence_geometry.h"
#include "server/json/reader.h"

static const double LIMIT_MIN_KMH = 1;
static const double LIMIT_MAX_KMH = 300;
enum { DWELL_MAX_S = 7 * 86400, COLOR_LENGTH = 7 };
static const struct json_limits FILE_LIMITS = {32, 1000, 2000000};

static struct error read_boolean(const struct json *member, bool *value)
{
  if (member->type != JSON_BOOLEAN) {
    return json_error(member, "expected true or false");
  }
  *value = member->boolean;
  return error_none();
}

static struct error read_color(const struct json *member, struct text *color)
{
  TRY(json_read_string(member, COLOR_LENGTH, color));
  bool is_good = color->length == COLOR_LENGTH && color->data[0] == '#';
  for (size_t i = 1; is_good && i < color->length; i++) {
    is_good = memchr("0123456789abcdefABCDEF", color->data[i], 22) != NULL;
  }
  return is_good ? error_none() : json_error(member, "expected a colour like #1a73e8");
}

static struct error read_dwell(const struct json *member, int32_t *dwell_s)
{
  int64_t value = 0;
  TRY(json_read_int64(member, 1, DWELL_MAX_S, &value));
  *dwell_s = (int32_t)value;
  return error_none();
}

/* null is as good as absent. */
static struct error read_property(const struct json *member, struct geofence_form *form, bool *is_known)
{
  *is_known = true;
  const bool is_null = member->type == JSON_NULL;
  if (text_equal(member->key, TEXT("limit_kmh"))) {
    return is_null ? error_none() : json_read_double(member, LIMIT_MIN_KMH, LIMIT_MAX_KMH, &form->limit_kmh);
  }
  if (text_equal(member->key, TEXT("alert_enter"))) {
    return is_null ? error_none() : read_boolean(member, &form->alert_enter);
  }
  if (text_equal(member->key, TEXT("alert_exit"))) {
    return is_null ? error_none() : read_boolean(member, &form->alert_exit);
  }
  if (text_equal(member->key, TEXT("dwell_s"))) {
    return is_null ? error_none() : read_dwell(member, &form->dwell_s);
  }
  if (text_equal(member->key, TEXT("color"))) {
    return is_null ? error_none() : read_color(member, &form->color);
  }
  *is_known = false;
  return error_none();
}

static struct error read_geometry(const struct json *member, struct geofence_form *form)
{
  if (member->type == JSON_NULL) {
    return error_none();
  }
  form->geometry = member->raw;
  return geofence_geometry_check(member, &form->box);
}

static bool is_feature(const struct json *object)
{
  const struct json *type = json_member(object, TEXT("type"));
  return type != NULL && type->type == JSON_STRING && text_equal(type->text, TEXT("Feature"));
}

/* Properties of other tools are left alone. */
static struct error read_feature(const struct json *feature, struct geofence_form *form)
{
  const struct json *geometry = json_member(feature, TEXT("geometry"));
  const struct json *properties = json_member(feature, TEXT("properties"));
  bool is_known = false;
  if (geometry == NULL || geometry->type == JSON_NULL) {
    return json_error(feature, "its geometry is missing");
  }
  TRY(read_geometry(geometry, form));
  if (properties != NULL && properties->type != JSON_OBJECT && properties->type != JSON_NULL) {
    return json_error(properties, "expected an object");
  }
  if (properties != NULL && properties->type == JSON_OBJECT) {
    JSON_EACH (member, properties) {
      TRY(read_property(member, form, &is_known));
    }
  }
  return error_none();
}

struct error geofence_form_read(struct arena *arena, struct text body, struct geofence_form *form)
{
  const struct json *root = NULL;
  *form = (struct geofence_form){.limit_kmh = (double)NAN};
  TRY(json_parse(arena, body, FILE_LIMITS, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  if (is_feature(root)) {
    return read_feature(root, form);
  }
  JSON_EACH (member, root) {
    bool is_known = false;
    if (text_equal(member->key, TEXT("geometry"))) {
      TRY(read_geometry(member, form));
      continue;
    }
    TRY(read_property(member, form, &is_known));
    if (!is_known) {
      return json_error(member, "unknown: expected geometry, limit_kmh, alert_enter, alert_exit, dwell_s or color");
    }
  }
  return error_none();
}

static struct error read_name(const struct json *feature, struct text name_property, struct text *name)
{
  const struct json *properties = json_member(feature, TEXT("properties"));
  const struct json *value =
      properties != NULL && properties->type == JSON_OBJECT ? json_member(properties, name_property) : NULL;
  if (value == NULL || (value->type != JSON_STRING && value->type != JSON_NUMBER)) {
    return json_error(feature, "its name is missing: expected it in property %.*s", TEXT_ARGS(name_property));
  }
  *name = text_trim(value->text);
  return parse_rule_name("name", *name).code == ERROR_NONE ? error_none()
                                                           : json_error(value, "expected 1 to %d bytes of text", RULE_NAME_MAX);
}

static int compare_names(const void *first, const void *second)
{
  const struct geofence_form *a = *(const struct geofence_form *const *)first;
  const struct geofence_form *b = *(const struct geofence_form *const *)second;
  const size_t length = a->name.length < b->name.length ? a->name.length : b->name.length;
  const int difference = memcmp(a->name.data, b->name.data, length);
  return difference != 0 ? difference : (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

static struct error check_names(struct arena *arena, const struct geofence_forms *forms)
{
  const struct geofence_form **sorted = arena_alloc_array(arena, forms->count, sizeof *sorted);
  for (size_t i = 0; i < forms->count; i++) {
    sorted[i] = &forms->items[i];
  }
  qsort(sorted, forms->count, sizeof *sorted, compare_names);
  for (size_t i = 1; i < forms->count; i++) {
    if (text_equal(sorted[i - 1]->name, sorted[i]->name)) {
      return error_at(ERROR_BAD_INPUT, "features", "two features are called %.*s", TEXT_ARGS(sorted[i]->name));
    }
  }
  return error_none();
}

struct error geofence_forms_read(struct arena *arena, struct text body, struct text name_property, struct geofence_forms *forms)
{
  const struct json *root = NULL;
  TRY(json_parse(arena, body, FILE_LIMITS, &root));
  const struct json *features = root->type == JSON_OBJECT ? json_member(root, TEXT("features")) : NULL;
  if (features == NULL || features->type != JSON_ARRAY) {
    return json_error(root, "expected a GeoJSON FeatureCollection");
  }
  if (features->count == 0 || features->count > GEOFENCES_IMPORTED_MAX) {
    return json_error(features, "expected 1 to %d features", GEOFENCES_IMPORTED_MAX);
  }
  *forms = (struct geofence_forms){arena_alloc_array(arena, features->count, sizeof *forms->items), 0};
  JSON_EACH (feature, features) {
    struct geofence_form *form = &forms->items[forms->count++];
    *form = (struct geofence_form){.limit_kmh = (double)NAN};
    if (feature->type != JSON_OBJECT || !is_feature(feature)) {
      return json_error(feature, "expected a GeoJSON Feature");
    }
    TRY(read_name(feature, name_property, &form->name));
    TRY(read_feature(feature, form));
  }
  return check_names(arena, forms);
}
