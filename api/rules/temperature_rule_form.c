#include "api/rules/temperature_rule_form.h"

#include <math.h>

#include "api/parameters.h"
#include "server/json/reader.h"

static const double COLDEST_C = -200;
static const double WARMEST_C = 200;
static const double HYSTERESIS_MAX_C = 50;
enum { SCOPE_TEXT_MAX = 200, DAY_S = 86400, WARMING_MAX_S = 7200, SILENT_MIN_S = 60 };

/* The form, and what another way to say it is made of. */
struct reading {
  struct temperature_rule_form *form;
  double set_point_c;
  double tolerance_c;
};

struct error parse_rule_name(const char *name, struct text value)
{
  bool is_good = value.length >= 1 && value.length <= RULE_NAME_MAX && text_is_utf8(value) && value.data[0] != ' ' &&
                 value.data[value.length - 1] != ' ';
  for (size_t i = 0; is_good && i < value.length; i++) {
    is_good = (unsigned char)value.data[i] >= ' ' && value.data[i] != 0x7f;
  }
  return is_good ? error_none()
                 : error_at(ERROR_BAD_INPUT, name, "expected 1 to %d bytes of text, without blanks at its ends", RULE_NAME_MAX);
}

static struct error read_texts(const struct json *member, struct temperature_rule_form *form, bool *is_known)
{
  *is_known = true;
  if (text_equal(member->key, TEXT("vehicle"))) {
    TRY(json_read_string(member, VEHICLE_NAME_MAX, &form->vehicle));
    return parse_vehicle_name("vehicle", form->vehicle);
  }
  struct text *target = text_equal(member->key, TEXT("kind"))          ? &form->kind
                        : text_equal(member->key, TEXT("fleet"))       ? &form->fleet
                        : text_equal(member->key, TEXT("pause_field")) ? &form->pause_field
                                                                       : NULL;
  if (target == NULL) {
    *is_known = false;
    return error_none();
  }
  TRY(json_read_string(member, target == &form->pause_field ? (size_t)PAUSE_FIELD_MAX : (size_t)SCOPE_TEXT_MAX, target));
  return target->length > 0 ? error_none() : json_error(member, "expected a text that is not empty");
}

static struct error read_degrees(const struct json *member, struct reading *reading, bool *is_known)
{
  struct temperature_rule_form *form = reading->form;
  const struct {
    struct text name;
    double *target;
    double minimum;
    double maximum;
  } members[] = {
      {TEXT("lowest_c"), &form->lowest_c, COLDEST_C, WARMEST_C},
      {TEXT("highest_c"), &form->highest_c, COLDEST_C, WARMEST_C},
      {TEXT("urgent_lowest_c"), &form->urgent_lowest_c, COLDEST_C, WARMEST_C},
      {TEXT("urgent_highest_c"), &form->urgent_highest_c, COLDEST_C, WARMEST_C},
      {TEXT("set_point_c"), &reading->set_point_c, COLDEST_C, WARMEST_C},
      {TEXT("tolerance_c"), &reading->tolerance_c, 0, WARMEST_C},
      {TEXT("hysteresis_c"), &form->hysteresis_c, 0, HYSTERESIS_MAX_C},
  };
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (text_equal(member->key, members[i].name)) {
      *is_known = true;
      return json_read_double(member, members[i].minimum, members[i].maximum, members[i].target);
    }
  }
  return error_none();
}

static struct error read_seconds(const struct json *member, struct temperature_rule_form *form, bool *is_known)
{
  const struct {
    struct text name;
    int32_t *target;
    int64_t minimum;
    int64_t maximum;
  } members[] = {
      {TEXT("for_s"), &form->for_s, 0, DAY_S},
      {TEXT("clear_for_s"), &form->clear_for_s, 0, DAY_S},
      {TEXT("pause_max_s"), &form->pause_max_s, 0, PAUSE_MAX_S},
      {TEXT("warming_s"), &form->warming_s, 0, WARMING_MAX_S},
      {TEXT("silent_s"), &form->silent_s, SILENT_MIN_S, DAY_S},
  };
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (text_equal(member->key, members[i].name)) {
      int64_t value = 0;
      *is_known = true;
      TRY(json_read_int64(member, members[i].minimum, members[i].maximum, &value));
      *members[i].target = (int32_t)value;
    }
  }
  return error_none();
}

/* null is as good as absent. */
static struct error read_member(const struct json *member, struct reading *reading)
{
  bool is_known = false;
  if (member->type == JSON_NULL) {
    return error_none();
  }
  TRY(read_texts(member, reading->form, &is_known));
  if (!is_known) {
    TRY(read_degrees(member, reading, &is_known));
  }
  if (!is_known) {
    TRY(read_seconds(member, reading->form, &is_known));
  }
  return is_known ? error_none()
                  : json_error(member, "unknown: expected vehicle, kind, fleet, lowest_c, highest_c, set_point_c, tolerance_c, "
                                       "urgent_lowest_c, urgent_highest_c, hysteresis_c, for_s, clear_for_s, pause_field, "
                                       "pause_max_s, warming_s or silent_s");
}

static struct error use_set_point(struct reading *reading)
{
  struct temperature_rule_form *form = reading->form;
  if (isnan(reading->set_point_c) && isnan(reading->tolerance_c)) {
    return error_none();
  }
  if (isnan(reading->set_point_c) || isnan(reading->tolerance_c)) {
    return error_at(ERROR_BAD_INPUT, isnan(reading->set_point_c) ? "set_point_c" : "tolerance_c",
                    "missing: set_point_c and tolerance_c come together");
  }
  if (!isnan(form->lowest_c) || !isnan(form->highest_c)) {
    return error_at(ERROR_BAD_INPUT, "set_point_c", "expected either set_point_c with tolerance_c, or lowest_c and highest_c");
  }
  form->lowest_c = reading->set_point_c - reading->tolerance_c;
  form->highest_c = reading->set_point_c + reading->tolerance_c;
  return error_none();
}

static struct error check_limits(const struct temperature_rule_form *form)
{
  if (isnan(form->lowest_c) && isnan(form->highest_c)) {
    return error_at(ERROR_BAD_INPUT, "highest_c",
                    "missing: expected highest_c, lowest_c or both, or set_point_c with tolerance_c");
  }
  if (form->lowest_c >= form->highest_c) {
    return error_at(ERROR_BAD_INPUT, "lowest_c", "expected less than highest_c (%g)", form->highest_c);
  }
  if (form->urgent_highest_c <= form->highest_c || form->urgent_highest_c <= form->lowest_c) {
    return error_at(
        ERROR_BAD_INPUT, "urgent_highest_c", "expected more than %s (%g): the urgent tier lies outside of the range",
        isnan(form->highest_c) ? "lowest_c" : "highest_c", isnan(form->highest_c) ? form->lowest_c : form->highest_c);
  }
  if (form->urgent_lowest_c >= form->lowest_c || form->urgent_lowest_c >= form->highest_c) {
    return error_at(ERROR_BAD_INPUT, "urgent_lowest_c", "expected less than %s (%g): the urgent tier lies outside of the range",
                    isnan(form->lowest_c) ? "highest_c" : "lowest_c", isnan(form->lowest_c) ? form->highest_c : form->lowest_c);
  }
  if (form->hysteresis_c >= form->highest_c - form->lowest_c) {
    return error_at(ERROR_BAD_INPUT, "hysteresis_c", "expected less than the range (%g): it could never clear",
                    form->highest_c - form->lowest_c);
  }
  return error_none();
}

static struct error check_scope(const struct temperature_rule_form *form)
{
  if (form->vehicle.data != NULL && (form->kind.data != NULL || form->fleet.data != NULL)) {
    return error_at(ERROR_BAD_INPUT, "vehicle", "a rule for a vehicle is for no kind and no fleet");
  }
  return error_none();
}

struct error temperature_rule_form_read(struct arena *arena, struct text body, struct temperature_rule_form *form)
{
  const struct json *root = NULL;
  struct reading reading = {form, (double)NAN, (double)NAN};
  *form = (struct temperature_rule_form){.lowest_c = (double)NAN,
                                         .highest_c = (double)NAN,
                                         .urgent_lowest_c = (double)NAN,
                                         .urgent_highest_c = (double)NAN,
                                         .hysteresis_c = 0.5,
                                         .for_s = 300,
                                         .clear_for_s = 300,
                                         .pause_max_s = PAUSE_MAX_S,
                                         .warming_s = 1200,
                                         .silent_s = 900};
  TRY(json_parse(arena, body, JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  JSON_EACH (member, root) {
    TRY(read_member(member, &reading));
  }
  TRY(use_set_point(&reading));
  TRY(check_limits(form));
  return check_scope(form);
}
