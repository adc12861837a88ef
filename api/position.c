#include "api/position.h"

#include <math.h>

#include "server/base/clock.h"

static const double MOVING_KMH = 5.0;
static const int64_t STOPPED_AFTER_US = 180 * US_PER_SECOND;

static bool is_slow(const struct position *position)
{
  return !(position->speed_kmh >= (float)MOVING_KMH); /* NaN is slow too */
}

enum vehicle_status position_status(const struct position *position, int64_t now_us, int64_t silent_after_us)
{
  if (now_us - position->recorded_at_us >= silent_after_us) {
    return STATUS_SILENT;
  }
  if (!is_slow(position)) {
    return STATUS_MOVING;
  }
  if (position->ignition == 1) {
    return STATUS_IDLING;
  }
  if (position->ignition == 0) {
    return STATUS_STOPPED;
  }
  const int64_t slow_since_us = position->slow_since_us != 0 ? position->slow_since_us : position->recorded_at_us;
  return now_us - slow_since_us >= STOPPED_AFTER_US ? STATUS_STOPPED : STATUS_IDLING;
}

enum vehicle_status position_status_then(const struct position *position)
{
  if (position->slow_since_us == 0 && is_slow(position) && position->ignition != 1) {
    return STATUS_STOPPED;
  }
  return position_status(position, position->recorded_at_us, INT64_MAX);
}

const char *vehicle_status_name(enum vehicle_status status)
{
  switch (status) {
  case STATUS_MOVING:
    return "moving";
  case STATUS_IDLING:
    return "idling";
  case STATUS_STOPPED:
    return "stopped";
  case STATUS_SILENT:
    return "silent";
  case STATUS_UNKNOWN:
    break;
  }
  return "unknown";
}

const char *position_flag_name(uint8_t single_bit)
{
  switch (single_bit) {
  case 1:
    return "null_island";
  case 2:
    return "future";
  case 4:
    return "speed_implausible";
  case 8:
    return "jump";
  default:
    return "unknown";
  }
}

static void write_ignition(struct json_writer *writer, int8_t ignition)
{
  if (ignition < 0) {
    json_null(writer);
  } else {
    json_boolean(writer, ignition == 1);
  }
}

static void write_flags(struct json_writer *writer, uint8_t flags)
{
  json_begin_array(writer);
  for (unsigned bit = 1; bit <= flags; bit <<= 1) {
    if ((flags & bit) != 0) {
      json_cstring(writer, position_flag_name((uint8_t)bit));
    }
  }
  json_end_array(writer);
}

void position_write_members(struct json_writer *writer, const struct position *position, enum vehicle_status status)
{
  json_key(writer, "vehicle_id");
  json_int64(writer, position->vehicle_id);
  json_key(writer, "vehicle");
  json_string(writer, position->vehicle);
  json_key(writer, "recorded_at");
  json_time(writer, position->recorded_at_us);
  json_key(writer, "received_at");
  json_time(writer, position->received_at_us);
  json_key(writer, "version");
  json_int64(writer, position->version);
  json_key(writer, "lon");
  json_decimal(writer, position->longitude_deg, 7);
  json_key(writer, "lat");
  json_decimal(writer, position->latitude_deg, 7);
  json_key(writer, "speed_kmh");
  json_decimal(writer, (double)position->speed_kmh, 2);
  json_key(writer, "heading_deg");
  json_decimal(writer, (double)position->heading_deg, 1);
  json_key(writer, "ignition");
  write_ignition(writer, position->ignition);
  json_key(writer, "temperature_c");
  json_decimal(writer, (double)position->temperature_c, 2);
  json_key(writer, "status");
  json_cstring(writer, vehicle_status_name(status));
  json_key(writer, "flags");
  write_flags(writer, position->flags);
}
