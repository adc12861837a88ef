#include "ingest/generator/event_writer.h"

#include <math.h>

#include "server/base/clock.h"
#include "server/json/writer.h"

enum { POSITION_DECIMALS = 7 };

const char *compass_point(double heading_deg)
{
  static const char *const POINTS[16] = {"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
                                         "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"};
  return POINTS[(unsigned)lround(heading_deg / 22.5) % 16];
}

void shadow_free(struct shadow *shadow)
{
  buffer_free(&shadow->document);
}

static void write_location(struct json_writer *writer, const struct report *report)
{
  if (report->defect == DEFECT_POSITION_MISSING) {
    return;
  }
  json_key(writer, "location");
  json_begin_object(writer);
  json_key(writer, "lat");
  if (report->defect == DEFECT_POSITION_TEXT) {
    json_cstring(writer, "no fix");
  } else {
    json_decimal(writer, report->latitude_deg + (report->defect == DEFECT_POSITION_RANGE ? 90 : 0), POSITION_DECIMALS);
  }
  json_key(writer, "lon");
  json_decimal(writer, report->longitude_deg, POSITION_DECIMALS);
  json_end_object(writer);
}

static void write_number_as_string(struct json_writer *writer, const char *key, double value, int decimals)
{
  char digits[48]; /* more than a clamped number needs, so that the buffer never grows out of it */
  struct buffer text = {.data = digits, .capacity = sizeof digits};
  buffer_append_decimal(&text, fmax(-1e9, fmin(1e9, value)), decimals);
  json_key(writer, key);
  json_string(writer, buffer_text(&text));
}

static void write_reported(struct json_writer *writer, const struct report *report)
{
  json_begin_object(writer);
  json_key(writer, "thingName");
  json_cstring(writer, report->thing);
  write_location(writer, report);
  if (report->address.length > 0) {
    json_key(writer, "address");
    json_string(writer, report->address);
  }
  if (report->defect == DEFECT_SPEED_TEXT) {
    json_key(writer, "speed");
    json_cstring(writer, "n/a");
  } else if (!isnan(report->speed_mph)) {
    write_number_as_string(writer, "speed", report->speed_mph, report->speed_decimals);
  }
  if (!isnan(report->heading_deg)) {
    json_key(writer, "heading");
    json_cstring(writer, compass_point(report->heading_deg));
  }
  if (report->ignition >= 0) {
    json_key(writer, "ignition");
    json_cstring(writer, report->ignition ? "1" : "0");
  }
  if (!isnan(report->temperature_c)) {
    json_key(writer, "temperature");
    json_decimal(writer, report->temperature_c, 1);
  }
  json_end_object(writer);
}

static void write_timestamp(struct json_writer *writer, const char *key, int64_t time_s)
{
  json_key(writer, key);
  json_begin_object(writer);
  json_key(writer, "timestamp");
  json_int64(writer, time_s);
  json_end_object(writer);
}

/* The same leaves as the state, each with the second of its last report. */
static void write_metadata(struct json_writer *writer, const struct report *report, int64_t time_s)
{
  json_begin_object(writer);
  write_timestamp(writer, "thingName", time_s);
  if (report->defect != DEFECT_POSITION_MISSING) {
    json_key(writer, "location");
    json_begin_object(writer);
    write_timestamp(writer, "lat", time_s);
    write_timestamp(writer, "lon", time_s);
    json_end_object(writer);
  }
  if (report->address.length > 0) {
    write_timestamp(writer, "address", time_s);
  }
  if (report->defect == DEFECT_SPEED_TEXT || !isnan(report->speed_mph)) {
    write_timestamp(writer, "speed", time_s);
  }
  if (!isnan(report->heading_deg)) {
    write_timestamp(writer, "heading", time_s);
  }
  if (report->ignition >= 0) {
    write_timestamp(writer, "ignition", time_s);
  }
  if (!isnan(report->temperature_c)) {
    write_timestamp(writer, "temperature", time_s);
  }
  json_end_object(writer);
}

/* {"state":{"reported":{..}},"metadata":{"reported":{..}},"version":N} */
static void write_document(struct buffer *out, const struct report *report, int64_t version)
{
  struct json_writer writer = json_writer_to(out);
  json_begin_object(&writer);
  json_key(&writer, "state");
  json_begin_object(&writer);
  json_key(&writer, "reported");
  write_reported(&writer, report);
  json_end_object(&writer);
  json_key(&writer, "metadata");
  json_begin_object(&writer);
  json_key(&writer, "reported");
  write_metadata(&writer, report, report->time_us / US_PER_SECOND);
  json_end_object(&writer);
  json_key(&writer, "version");
  json_int64(&writer, version);
  json_end_object(&writer);
}

void event_write(struct buffer *out, struct shadow *shadow, const struct report *report)
{
  struct text thing = text_from(report->thing);
  buffer_append_text(out, TEXT("{\"thingnm\":\""));
  buffer_append_text(out, thing);
  buffer_append_text(out, TEXT("\",\"thetopic\":\"$aws/things/"));
  buffer_append_text(out, thing);
  buffer_append_text(out, TEXT("/shadow/update/documents\",\"previous\":"));
  buffer_append_text(out, shadow->version == 0 ? TEXT("null") : buffer_text(&shadow->document));
  shadow->version++;
  buffer_clear(&shadow->document);
  write_document(&shadow->document, report, shadow->version);
  buffer_append_text(out, TEXT(",\"current\":"));
  buffer_append_text(out, buffer_text(&shadow->document));
  buffer_append_text(out, TEXT(",\"timestamp\":"));
  buffer_append_int64(out, report->time_us / US_PER_SECOND);
  buffer_append_text(out, TEXT(",\"clientToken\":\""));
  buffer_append_text(out, thing);
  buffer_append_char(out, '-');
  buffer_append_int64(out, shadow->version);
  buffer_append_text(out, TEXT("\"}"));
}
