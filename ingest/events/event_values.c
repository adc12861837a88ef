#include "ingest/events/event_values.h"

#include <math.h>

/* Beyond these a sensor is not believed at all; an implausible but possible speed is stored and flagged. */
static const double SPEED_MAX_KMH = 100000.0;
static const double TEMPERATURE_MIN_C = -273.15;
static const double TEMPERATURE_MAX_C = 2000.0;

bool event_is_vehicle_name(struct text name)
{
  if (name.length == 0 || name.length > VEHICLE_NAME_MAX) {
    return false;
  }
  for (size_t i = 0; i < name.length; i++) {
    char c = name.data[i];
    bool is_allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '-';
    if (!is_allowed) {
      return false;
    }
  }
  return true;
}

bool event_speed_kmh(const struct json *value, double kmh_per_unit, float *speed_kmh)
{
  double speed = 0;
  if (!json_lenient_double(value, &speed) || speed < 0 || speed * kmh_per_unit > SPEED_MAX_KMH) {
    return false;
  }
  *speed_kmh = (float)(speed * kmh_per_unit);
  return true;
}

static bool compass_point(struct text name, float *heading_deg)
{
  static const struct text points[16] = {{"N", 1},  {"NNE", 3}, {"NE", 2}, {"ENE", 3}, {"E", 1},  {"ESE", 3},
                                         {"SE", 2}, {"SSE", 3}, {"S", 1},  {"SSW", 3}, {"SW", 2}, {"WSW", 3},
                                         {"W", 1},  {"WNW", 3}, {"NW", 2}, {"NNW", 3}};
  for (int i = 0; i < 16; i++) {
    if (text_equal_ignoring_case(name, points[i])) {
      *heading_deg = (float)i * 22.5F;
      return true;
    }
  }
  return false;
}

bool event_heading_deg(const struct json *value, float *heading_deg)
{
  double degrees = 0;
  if (value->type == JSON_STRING && compass_point(value->text, heading_deg)) {
    return true;
  }
  if (!json_lenient_double(value, &degrees) || degrees < -360.0 || degrees > 720.0) {
    return false;
  }
  degrees = fmod(degrees, 360.0);
  float turned = (float)(degrees < 0 ? degrees + 360.0 : degrees);
  *heading_deg = turned >= 360.0F ? 0.0F : turned + 0.0F;
  return true;
}

bool event_ignition(const struct json *value, int8_t *ignition)
{
  static const struct text on_words[] = {{"1", 1}, {"true", 4}, {"on", 2}};
  static const struct text off_words[] = {{"0", 1}, {"false", 5}, {"off", 3}};
  double number = 0;
  if (value->type == JSON_BOOLEAN) {
    *ignition = value->boolean ? 1 : 0;
    return true;
  }
  if (json_lenient_double(value, &number) && (number == 0.0 || number == 1.0)) {
    *ignition = number == 1.0 ? 1 : 0;
    return true;
  }
  for (int i = 0; value->type == JSON_STRING && i < 3; i++) {
    if (text_equal_ignoring_case(value->text, on_words[i])) {
      *ignition = 1;
      return true;
    }
    if (text_equal_ignoring_case(value->text, off_words[i])) {
      *ignition = 0;
      return true;
    }
  }
  return false;
}

bool event_temperature_c(const struct json *value, bool is_fahrenheit, float *temperature_c)
{
  double temperature = 0;
  if (!json_lenient_double(value, &temperature)) {
    return false;
  }
  if (is_fahrenheit) {
    temperature = (temperature - 32.0) / 1.8;
  }
  if (temperature < TEMPERATURE_MIN_C || temperature > TEMPERATURE_MAX_C) {
    return false;
  }
  *temperature_c = (float)temperature;
  return true;
}
