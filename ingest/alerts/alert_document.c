#include "ingest/alerts/alert_document.h"

#include <math.h>

#include "server/base/clock.h"
#include "server/json/writer.h"

enum { COORDINATE_DECIMALS = 7, VALUE_DECIMALS = 1, MINUTE_S = 60 };

static void write_text_or_null(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  if (value.length == 0) {
    json_null(json);
  } else {
    json_string(json, value);
  }
}

static void write_time_or_null(struct json_writer *json, const char *key, int64_t time_us)
{
  json_key(json, key);
  if (time_us == 0) {
    json_null(json);
  } else {
    json_time(json, time_us);
  }
}

static void write_number(struct json_writer *json, const char *key, double value, int decimals)
{
  json_key(json, key);
  json_decimal(json, value, decimals);
}

static void write_subject(struct json_writer *json, const struct alert *alert)
{
  json_key(json, "subject_id");
  if (alert->subject_id == 0) {
    json_null(json);
  } else {
    json_int64(json, alert->subject_id);
  }
  write_text_or_null(json, "subject", alert->subject);
}

static void write_times(struct json_writer *json, const struct alert *alert)
{
  write_time_or_null(json, "began_at", alert->began_at_us);
  write_time_or_null(json, "ended_at", alert->ended_at_us);
  write_time_or_null(json, "fired_at", alert->fired_at_us);
  write_time_or_null(json, "acknowledged_at", alert->acknowledged_at_us);
  write_text_or_null(json, "acknowledged_by", alert->acknowledged_by);
  write_time_or_null(json, "cleared_at", alert->cleared_at_us);
}

void alert_document_write(struct buffer *out, const struct alert *alert)
{
  struct json_writer json = json_writer_to(out);
  json_begin_object(&json);
  json_key(&json, "alert_id");
  json_int64(&json, alert->alert_id);
  json_key(&json, "kind");
  json_cstring(&json, alert_kind_word(alert->kind));
  json_key(&json, "severity");
  json_cstring(&json, alert_severity_word(alert->severity));
  json_key(&json, "state");
  json_cstring(&json, alert_state_word(alert->state));
  json_key(&json, "sequence");
  json_int64(&json, alert->sequence);
  json_key(&json, "vehicle_id");
  json_int64(&json, alert->vehicle_id);
  json_key(&json, "vehicle");
  json_string(&json, alert->vehicle);
  write_subject(&json, alert);
  write_times(&json, alert);
  json_key(&json, "withdrawn");
  json_boolean(&json, alert->is_withdrawn);
  json_key(&json, "late_s");
  json_int64(&json, alert->late_s);
  write_number(&json, "value", (double)alert->value, VALUE_DECIMALS);
  write_number(&json, "limit_value", (double)alert->limit_value, VALUE_DECIMALS);
  json_key(&json, "unit");
  json_cstring(&json, alert_unit_of(alert->kind));
  write_time_or_null(&json, "worst_at", alert->worst_at_us);
  write_number(&json, "lon", alert->longitude_deg, COORDINATE_DECIMALS);
  write_number(&json, "lat", alert->latitude_deg, COORDINATE_DECIMALS);
  write_text_or_null(&json, "assigned_to", alert->assigned_to);
  write_time_or_null(&json, "muted_until", alert->muted_until_us);
  json_end_object(&json);
}

/* ---- for people ---- */

static void write_value(struct buffer *out, float value, const char *unit)
{
  buffer_append_decimal(out, (double)value, VALUE_DECIMALS);
  buffer_printf(out, " %s", unit);
}

static void write_temperature(struct buffer *out, const struct alert *alert, const char *far)
{
  const bool is_cold = alert->value < alert->limit_value;
  buffer_printf(out, " %s too %s: ", far, is_cold ? "cold" : "warm");
  write_value(out, alert->value, "°C");
  buffer_printf(out, ", limit ");
  write_value(out, alert->limit_value, "°C");
}

static void write_local_time(struct buffer *out, int64_t time_us, const struct depot_clock *clock)
{
  char text[CLOCK_TEXT_MAX];
  enum { DATE_LENGTH = 10, MINUTES_AT = 11, MINUTES_LENGTH = 5 };
  clock_format(depot_clock_local_us(clock, time_us), text);
  buffer_printf(out, "%.*s %.*s", DATE_LENGTH, text, MINUTES_LENGTH, text + MINUTES_AT);
}

static void write_zone(struct buffer *out, const struct alert *alert, bool is_over)
{
  const char *inside = alert->kind == CONDITION_ZONE_DWELL ? "stays in" : "entered";
  buffer_printf(out, " %s ", is_over ? "left" : inside);
  if (alert->subject.length != 0) {
    buffer_append_text(out, alert->subject);
  } else {
    buffer_printf(out, "zone %lld", (long long)alert->subject_id);
  }
}

static void write_matter(struct buffer *out, const struct alert *alert, bool is_over, const struct depot_clock *clock)
{
  switch (alert->kind) {
  case CONDITION_SPEEDING:
    buffer_printf(out, " speeding: ");
    write_value(out, alert->value, "km/h");
    buffer_printf(out, ", limit ");
    write_value(out, alert->limit_value, "km/h");
    break;
  case CONDITION_TEMPERATURE:
    write_temperature(out, alert, "is");
    break;
  case CONDITION_URGENT:
    write_temperature(out, alert, "is far");
    break;
  case CONDITION_WARMING:
    buffer_printf(out, " is warming: at ");
    write_value(out, alert->limit_value, "°C");
    buffer_printf(out, " in ");
    write_value(out, alert->value, "min");
    break;
  case CONDITION_SILENT_SENSOR:
    buffer_printf(out, " reports no temperature since ");
    write_local_time(out, alert->began_at_us, clock);
    break;
  case CONDITION_SILENT_VEHICLE:
    buffer_printf(out, " is silent since ");
    write_local_time(out, alert->began_at_us, clock);
    break;
  case CONDITION_ZONE_INSIDE:
  case CONDITION_ZONE_DWELL:
    write_zone(out, alert, is_over);
    break;
  }
}

static const char *prefix_of(const struct alert *alert, enum alert_change change)
{
  switch (change) {
  case ALERT_REPEATED:
    return "Still: ";
  case ALERT_ESCALATED:
    return "Escalated: ";
  case ALERT_ACKNOWLEDGED:
    return "Acknowledged: ";
  case ALERT_CLEARED:
    return alert->kind == CONDITION_ZONE_INSIDE || alert->kind == CONDITION_ZONE_DWELL ? "" : "Cleared: ";
  case ALERT_WITHDRAWN:
    return "Withdrawn: ";
  default:
    return "";
  }
}

void alert_title_write(struct buffer *out, const struct alert *alert, enum alert_change change, const struct depot_clock *clock)
{
  buffer_printf(out, "%s%.*s", prefix_of(alert, change), TEXT_ARGS(alert->vehicle));
  write_matter(out, alert, change == ALERT_CLEARED, clock);
  if (alert->late_s != 0) {
    buffer_printf(out, " (data came %lld min late)", (long long)((alert->late_s + MINUTE_S - 1) / MINUTE_S));
  }
}
