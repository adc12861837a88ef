/* Values of an event, normalised: km/h, degrees from north, degrees Celsius, yes or no.
 *
 * Each returns false when the value cannot be read as what it should be; it then stays in `extra` as it came.
 * Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_VALUES_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "server/json/reader.h"

enum { VEHICLE_NAME_MAX = 128 };

/* 1-128 of [A-Za-z0-9:_-], as AWS IoT names things. */
bool event_is_vehicle_name(struct text name);

bool event_speed_kmh(const struct json *value, double kmh_per_unit, float *speed_kmh);
bool event_heading_deg(const struct json *value, float *heading_deg); /* 0 up to, without, 360; a number or a compass point */
bool event_ignition(const struct json *value, int8_t *ignition);
bool event_temperature_c(const struct json *value, bool is_fahrenheit, float *temperature_c);

#endif
