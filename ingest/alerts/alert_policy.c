#include "ingest/alerts/alert_policy.h"

#include "server/json/reader.h"

enum { AFTER_MAX_S = 30 * 86400, REPEAT_MIN_S = 60, REPEAT_MAX_S = 7 * 86400, TEXT_MAX = 200 };
static const struct json_limits LIMITS = {.depth_max = 6, .members_max = 20, .values_max = 2000};

/* ---- what both ways share ---- */

struct error alert_name_check(const char *field, struct text name)
{
  bool is_good = name.length >= 1 && name.length <= ALERT_NAME_MAX;
  for (size_t i = 0; is_good && i < name.length; i++) {
    const char byte = name.data[i];
    is_good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == ':' ||
              byte == '_' || byte == '-';
  }
  return is_good ? error_none() : error_at(ERROR_BAD_INPUT, field, "expected 1 to %d of A-Z a-z 0-9 : _ -", ALERT_NAME_MAX);
}

static bool has_text(struct alert_texts texts, struct text wanted)
{
  for (size_t i = 0; i < texts.count; i++) {
    if (text_equal(texts.items[i], wanted)) {
      return true;
    }
  }
  return false;
}

/* ---- reading ---- */

static struct error expect(const struct json *value, enum json_type type, const char *what)
{
  return value->type == type ? error_none() : json_error(value, "expected %s", what);
}

static struct error read_texts(struct arena *arena, const struct json *value, size_t count_max, struct alert_texts *texts)
{
  TRY(expect(value, JSON_ARRAY, "an array of texts"));
  if (value->count > count_max) {
    return json_error(value, "expected at most %zu", count_max);
  }
  struct text *items = arena_alloc_array(arena, value->count + 1, sizeof *items);
  *texts = (struct alert_texts){items, 0};
  JSON_EACH (child, value) {
    TRY(json_read_string(child, TEXT_MAX, &items[texts->count]));
    if (items[texts->count].length == 0) {
      return json_error(child, "expected 1 to %d bytes of text", TEXT_MAX);
    }
    texts->count++;
  }
  return error_none();
}

static struct error read_channels(struct arena *arena, const struct json *value, struct alert_texts *channels)
{
  TRY(read_texts(arena, value, ALERT_CHANNELS_MAX, channels));
  if (channels->count == 0) {
    return json_error(value, "expected at least one channel");
  }
  JSON_EACH (child, value) {
    char path[ERROR_FIELD_MAX];
    json_path(child, path, sizeof path);
    TRY(alert_name_check(path, child->text));
  }
  return error_none();
}

static struct error read_kinds(const struct json *value, unsigned *kinds)
{
  TRY(expect(value, JSON_ARRAY, "an array of kinds"));
  JSON_EACH (child, value) {
    enum condition_kind kind = CONDITION_SPEEDING;
    if (child->type != JSON_STRING || !alert_kind_from(child->text, &kind)) {
      return json_error(child,
                        "expected speeding, temperature, temperature_urgent, warming, silent_sensor, silent_vehicle, zone "
                        "or zone_dwell");
    }
    *kinds |= 1U << kind;
  }
  return error_none();
}

static struct error read_severities(const struct json *value, unsigned *severities)
{
  TRY(expect(value, JSON_ARRAY, "an array of severities"));
  JSON_EACH (child, value) {
    enum alert_severity severity = ALERT_NOTICE;
    if (child->type != JSON_STRING || !alert_severity_from(child->text, &severity)) {
      return json_error(child, "expected notice, warning or urgent");
    }
    *severities |= 1U << severity;
  }
  return error_none();
}

static struct error read_boolean(const struct json *value, bool *out)
{
  TRY(expect(value, JSON_BOOLEAN, "true or false"));
  *out = value->boolean;
  return error_none();
}

static struct error read_time_of_day(const struct json *value, int *minutes)
{
  if (value->type != JSON_STRING || !quiet_hours_parse(value->text, minutes)) {
    return json_error(value, "expected a time of day such as \"22:00\"");
  }
  return error_none();
}

static struct error read_quiet_hours(const struct json *value, struct alert_policy *policy)
{
  if (value->type == JSON_NULL) {
    return error_none();
  }
  TRY(expect(value, JSON_OBJECT, "an object with from and to"));
  JSON_EACH (member, value) {
    if (text_equal(member->key, TEXT("from"))) {
      TRY(read_time_of_day(member, &policy->quiet.from_min));
    } else if (text_equal(member->key, TEXT("to"))) {
      TRY(read_time_of_day(member, &policy->quiet.to_min));
    } else if (text_equal(member->key, TEXT("pass"))) {
      TRY(read_severities(member, &policy->pass));
    } else {
      return json_error(member, "unknown: expected from, to or pass");
    }
  }
  if (json_member(value, TEXT("from")) == NULL || json_member(value, TEXT("to")) == NULL) {
    return json_error(value, "expected from and to");
  }
  policy->has_quiet_hours = true;
  return error_none();
}

static struct error read_step(struct arena *arena, const struct json *value, struct alert_policy *policy)
{
  struct alert_step *step = &policy->steps[policy->step_count];
  TRY(expect(value, JSON_OBJECT, "an object with after_s and channels"));
  JSON_EACH (member, value) {
    if (text_equal(member->key, TEXT("after_s"))) {
      TRY(json_read_int64(member, 1, AFTER_MAX_S, &step->after_s));
    } else if (text_equal(member->key, TEXT("channels"))) {
      TRY(read_channels(arena, member, &step->channels));
    } else {
      return json_error(member, "unknown: expected after_s or channels");
    }
  }
  if (step->after_s == 0 || step->channels.count == 0) {
    return json_error(value, "expected after_s and channels");
  }
  if (policy->step_count > 1 && step->after_s <= policy->steps[policy->step_count - 1].after_s) {
    return json_error(value, "expected after_s above that of the step before");
  }
  policy->step_count++;
  return error_none();
}

static struct error read_escalation(struct arena *arena, const struct json *value, struct alert_policy *policy)
{
  TRY(expect(value, JSON_ARRAY, "an array of steps"));
  if (value->count > ALERT_POLICY_STEPS_MAX - 1) {
    return json_error(value, "expected at most %d steps", ALERT_POLICY_STEPS_MAX - 1);
  }
  JSON_EACH (child, value) {
    TRY(read_step(arena, child, policy));
  }
  return error_none();
}

static struct error read_repeat(const struct json *value, struct alert_policy *policy)
{
  return value->type == JSON_NULL ? error_none() : json_read_int64(value, REPEAT_MIN_S, REPEAT_MAX_S, &policy->repeat_every_s);
}

static struct error read_member(struct arena *arena, const struct json *member, struct alert_policy *policy)
{
  const struct text key = member->key;
  if (text_equal(key, TEXT("kinds"))) {
    return read_kinds(member, &policy->kinds);
  }
  if (text_equal(key, TEXT("severities"))) {
    return read_severities(member, &policy->severities);
  }
  if (text_equal(key, TEXT("fleets"))) {
    return read_texts(arena, member, ALERT_POLICY_TEXTS_MAX, &policy->fleets);
  }
  if (text_equal(key, TEXT("vehicles"))) {
    return read_texts(arena, member, ALERT_POLICY_TEXTS_MAX, &policy->vehicles);
  }
  if (text_equal(key, TEXT("channels"))) {
    return read_channels(arena, member, &policy->steps[0].channels);
  }
  if (text_equal(key, TEXT("repeat_every_s"))) {
    return read_repeat(member, policy);
  }
  if (text_equal(key, TEXT("escalate"))) {
    return read_escalation(arena, member, policy);
  }
  if (text_equal(key, TEXT("quiet_hours"))) {
    return read_quiet_hours(member, policy);
  }
  if (text_equal(key, TEXT("tell_acknowledged"))) {
    return read_boolean(member, &policy->tells_acknowledged);
  }
  if (text_equal(key, TEXT("enabled"))) {
    return read_boolean(member, &policy->is_enabled);
  }
  return json_error(member, "unknown: expected kinds, severities, fleets, vehicles, channels, repeat_every_s, escalate, "
                            "quiet_hours, tell_acknowledged or enabled");
}

struct error alert_policy_read(struct arena *arena, struct text json, struct alert_policy *policy)
{
  const struct json *root = NULL;
  *policy = (struct alert_policy){.is_enabled = true, .step_count = 1};
  TRY(json_parse(arena, json, LIMITS, &root));
  TRY(expect(root, JSON_OBJECT, "an object"));
  JSON_EACH (member, root) {
    TRY(read_member(arena, member, policy));
  }
  if (policy->steps[0].channels.count == 0) {
    return error_at(ERROR_BAD_INPUT, "channels", "missing: expected the names of the channels that are told first");
  }
  return error_none();
}

/* ---- writing ---- */

static void write_texts(struct json_writer *json, const char *key, struct alert_texts texts)
{
  json_key(json, key);
  json_begin_array(json);
  for (size_t i = 0; i < texts.count; i++) {
    json_string(json, texts.items[i]);
  }
  json_end_array(json);
}

static void write_severities(struct json_writer *json, const char *key, unsigned severities)
{
  json_key(json, key);
  json_begin_array(json);
  for (int severity = ALERT_NOTICE; severity <= ALERT_URGENT; severity++) {
    if ((severities >> severity & 1U) != 0) {
      json_cstring(json, alert_severity_word((enum alert_severity)severity));
    }
  }
  json_end_array(json);
}

static void write_kinds(struct json_writer *json, unsigned kinds)
{
  json_key(json, "kinds");
  json_begin_array(json);
  for (int kind = CONDITION_KIND_FIRST; kind <= CONDITION_KIND_LAST; kind++) {
    if ((kinds >> kind & 1U) != 0) {
      json_cstring(json, alert_kind_word((enum condition_kind)kind));
    }
  }
  json_end_array(json);
}

static void write_time_of_day(struct json_writer *json, const char *key, int minutes)
{
  const unsigned of_day = (unsigned)minutes % (24 * 60 + 1);
  const char text[] = {(char)('0' + of_day / 600), (char)('0' + of_day / 60 % 10), ':', (char)('0' + of_day % 60 / 10),
                       (char)('0' + of_day % 10)};
  json_key(json, key);
  json_string(json, (struct text){text, sizeof text});
}

static void write_escalation(struct json_writer *json, const struct alert_policy *policy)
{
  json_key(json, "escalate");
  json_begin_array(json);
  for (size_t i = 1; i < policy->step_count; i++) {
    json_begin_object(json);
    json_key(json, "after_s");
    json_int64(json, policy->steps[i].after_s);
    write_texts(json, "channels", policy->steps[i].channels);
    json_end_object(json);
  }
  json_end_array(json);
}

static void write_quiet_hours(struct json_writer *json, const struct alert_policy *policy)
{
  json_key(json, "quiet_hours");
  if (!policy->has_quiet_hours) {
    json_null(json);
    return;
  }
  json_begin_object(json);
  write_time_of_day(json, "from", policy->quiet.from_min);
  write_time_of_day(json, "to", policy->quiet.to_min);
  write_severities(json, "pass", policy->pass);
  json_end_object(json);
}

void alert_policy_write(struct json_writer *json, const struct alert_policy *policy)
{
  json_begin_object(json);
  json_key(json, "enabled");
  json_boolean(json, policy->is_enabled);
  write_kinds(json, policy->kinds);
  write_severities(json, "severities", policy->severities);
  write_texts(json, "fleets", policy->fleets);
  write_texts(json, "vehicles", policy->vehicles);
  write_texts(json, "channels", policy->steps[0].channels);
  json_key(json, "repeat_every_s");
  if (policy->repeat_every_s != 0) {
    json_int64(json, policy->repeat_every_s);
  } else {
    json_null(json);
  }
  write_escalation(json, policy);
  write_quiet_hours(json, policy);
  json_key(json, "tell_acknowledged");
  json_boolean(json, policy->tells_acknowledged);
  json_end_object(json);
}

/* ---- judging ---- */

bool alert_policy_applies(const struct alert_policy *policy, const struct alert *alert)
{
  return policy->is_enabled && (policy->kinds == 0 || (policy->kinds >> alert->kind & 1U) != 0) &&
         (policy->severities == 0 || (policy->severities >> alert->severity & 1U) != 0) &&
         (policy->fleets.count == 0 || has_text(policy->fleets, alert->fleet)) &&
         (policy->vehicles.count == 0 || has_text(policy->vehicles, alert->vehicle));
}

int64_t alert_policy_may_tell_at(const struct alert_policy *policy, const struct depot_clock *clock, const struct alert *alert,
                                 int64_t now_us)
{
  const bool passes = !policy->has_quiet_hours || (policy->pass >> alert->severity & 1U) != 0;
  return passes ? now_us : quiet_hours_end(policy->quiet, clock, now_us);
}

bool alert_policy_names_channel(const struct alert_policy *policy, struct text channel)
{
  for (size_t i = 0; i < policy->step_count; i++) {
    if (has_text(policy->steps[i].channels, channel)) {
      return true;
    }
  }
  return false;
}
