#include "api/speeding/settings_form.h"

#include "server/json/reader.h"

enum { DECIMALS = 3 };

enum member { MEMBER_TOLERANCE, MEMBER_DURATION, MEMBER_SAMPLES, MEMBER_BANDS, MEMBER_COUNT };
static const char *const MEMBERS[MEMBER_COUNT] = {"tolerance_kmh", "min_duration_s", "min_samples", "bands_kmh"};

static struct error read_bands(const struct json *member, double bands_kmh[SPEEDING_LIMITS_OF_BANDS])
{
  double least_kmh = 0.0;
  if (member->type != JSON_ARRAY || member->count != SPEEDING_LIMITS_OF_BANDS) {
    return json_error(member, "expected three numbers: where minor, moderate and severe end");
  }
  JSON_EACH (limit, member) {
    TRY(json_read_double(limit, 0.0, 300.0, &bands_kmh[limit->index]));
    if (bands_kmh[limit->index] <= least_kmh) {
      return json_error(limit, "expected more than %g", least_kmh);
    }
    least_kmh = bands_kmh[limit->index];
  }
  return error_none();
}

static struct error read_member(const struct json *value, enum member member, struct speeding_settings *settings)
{
  switch (member) {
  case MEMBER_TOLERANCE:
    return json_read_double(value, 0.0, 300.0, &settings->tolerance_kmh);
  case MEMBER_DURATION:
    return json_read_double(value, 0.0, 86400.0, &settings->min_duration_s);
  case MEMBER_SAMPLES:
    return json_read_int64(value, 1, 1000000, &settings->min_samples);
  default:
    return read_bands(value, settings->bands_kmh);
  }
}

struct error speeding_settings_read(struct arena *arena, struct text json, struct speeding_settings *settings)
{
  const struct json *root;
  *settings = (struct speeding_settings){0};
  TRY(json_parse(arena, json, JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  for (int i = 0; i < MEMBER_COUNT; i++) {
    const struct json *value = json_member(root, text_from(MEMBERS[i]));
    if (value == NULL) {
      return error_at(ERROR_BAD_INPUT, MEMBERS[i], "missing");
    }
    TRY(read_member(value, (enum member)i, settings));
  }
  JSON_EACH (member, root) {
    bool is_known = false;
    for (int i = 0; i < MEMBER_COUNT; i++) {
      is_known = is_known || text_equal(member->key, text_from(MEMBERS[i]));
    }
    if (!is_known) {
      return json_error(member, "unknown: expected tolerance_kmh, min_duration_s, min_samples and bands_kmh");
    }
  }
  return error_none();
}

void speeding_settings_write(struct json_writer *json, const struct speeding_settings *settings)
{
  json_begin_object(json);
  json_key(json, MEMBERS[MEMBER_TOLERANCE]);
  json_decimal(json, settings->tolerance_kmh, DECIMALS);
  json_key(json, MEMBERS[MEMBER_DURATION]);
  json_decimal(json, settings->min_duration_s, DECIMALS);
  json_key(json, MEMBERS[MEMBER_SAMPLES]);
  json_int64(json, settings->min_samples);
  json_key(json, MEMBERS[MEMBER_BANDS]);
  json_begin_array(json);
  for (int i = 0; i < SPEEDING_LIMITS_OF_BANDS; i++) {
    json_decimal(json, settings->bands_kmh[i], DECIMALS);
  }
  json_end_array(json);
  json_end_object(json);
}
