#include "api/track_lines.h"

#include <math.h>

#include "api/position_list.h"

struct track_lines track_lines_begin(struct arena *arena, struct buffer *out, struct text vehicle)
{
  struct track_lines lines = {.json = json_writer_to(out), .vehicle = vehicle, .capacity = TRACK_LINE_POINTS_MAX};
  lines.points = arena_alloc_bytes(arena, lines.capacity * sizeof *lines.points);
  json_begin_object(&lines.json);
  json_key(&lines.json, "type");
  json_cstring(&lines.json, "FeatureCollection");
  json_key(&lines.json, "features");
  json_begin_array(&lines.json);
  return lines;
}

static void write_geometry(struct track_lines *lines)
{
  struct json_writer *json = &lines->json;
  if (lines->count == 1) {
    position_write_point(json, &lines->points[0]);
    return;
  }
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "LineString");
  json_key(json, "coordinates");
  json_begin_array(json);
  for (size_t i = 0; i < lines->count; i++) {
    json_begin_array(json);
    json_decimal(json, lines->points[i].longitude_deg, 7);
    json_decimal(json, lines->points[i].latitude_deg, 7);
    json_end_array(json);
  }
  json_end_array(json);
  json_end_object(json);
}

enum point_value { VALUE_RECORDED_AT, VALUE_SPEED, VALUE_HEADING, VALUE_IGNITION, VALUE_TEMPERATURE, VALUE_COUNT };
static const char *const VALUE_NAMES[VALUE_COUNT] = {"recorded_at", "speed_kmh", "heading_deg", "ignition", "temperature_c"};

static void write_value(struct json_writer *json, const struct position *point, enum point_value value)
{
  switch (value) {
  case VALUE_RECORDED_AT:
    json_time(json, point->recorded_at_us);
    break;
  case VALUE_SPEED:
    json_decimal(json, (double)point->speed_kmh, 2);
    break;
  case VALUE_HEADING:
    json_decimal(json, (double)point->heading_deg, 1);
    break;
  case VALUE_TEMPERATURE:
    json_decimal(json, (double)point->temperature_c, 2);
    break;
  case VALUE_IGNITION:
  case VALUE_COUNT:
    if (point->ignition < 0) {
      json_null(json);
    } else {
      json_boolean(json, point->ignition == 1);
    }
    break;
  }
}

static void write_properties(struct track_lines *lines)
{
  struct json_writer *json = &lines->json;
  json_begin_object(json);
  json_key(json, "vehicle");
  json_string(json, lines->vehicle);
  for (int value = 0; value < VALUE_COUNT; value++) {
    json_key(json, VALUE_NAMES[value]);
    json_begin_array(json);
    for (size_t i = 0; i < lines->count; i++) {
      write_value(json, &lines->points[i], (enum point_value)value);
    }
    json_end_array(json);
  }
  json_end_object(json);
}

static void write_line(struct track_lines *lines)
{
  json_begin_object(&lines->json);
  json_key(&lines->json, "type");
  json_cstring(&lines->json, "Feature");
  json_key(&lines->json, "geometry");
  write_geometry(lines);
  json_key(&lines->json, "properties");
  write_properties(lines);
  json_end_object(&lines->json);
  lines->lines_written++;
}

void track_lines_add(struct track_lines *lines, const struct position *position)
{
  if (lines->count > 0) {
    const struct position last = lines->points[lines->count - 1];
    if (fabs(position->longitude_deg - last.longitude_deg) > 180.0) {
      write_line(lines);
      lines->count = 0;
    } else if (lines->count == lines->capacity) {
      write_line(lines);
      lines->points[0] = last;
      lines->count = 1;
    }
  }
  lines->points[lines->count++] = *position;
}

void track_lines_end(struct track_lines *lines)
{
  if (lines->count > 0) {
    write_line(lines);
  }
  json_end_array(&lines->json);
  json_end_object(&lines->json);
  buffer_append_char(lines->json.out, '\n');
}
