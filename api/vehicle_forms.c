#include "api/vehicles.h"

#include "api/csv.h"
#include "api/position_list.h"

static void write_text(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  if (value.data == NULL) {
    json_null(json);
  } else {
    json_string(json, value);
  }
}

static void write_members(struct json_writer *json, const struct vehicle *vehicle)
{
  json_key(json, "vehicle_id");
  json_int64(json, vehicle->vehicle_id);
  write_text(json, "name", vehicle->name);
  write_text(json, "kind", vehicle->kind);
  write_text(json, "fleet", vehicle->fleet);
  write_text(json, "vin", vehicle->vin);
  json_key(json, "attributes");
  json_raw(json, vehicle->attributes);
  json_key(json, "created_at");
  json_time(json, vehicle->created_at_us);
  json_key(json, "retired_at");
  if (vehicle->retired_at_us != 0) {
    json_time(json, vehicle->retired_at_us);
  } else {
    json_null(json);
  }
}

void vehicle_write_object(struct json_writer *json, const struct vehicle *vehicle)
{
  json_begin_object(json);
  write_members(json, vehicle);
  json_key(json, "position");
  if (vehicle->has_position) {
    json_begin_object(json);
    position_write_members(json, &vehicle->position, vehicle->status);
    json_end_object(json);
  } else {
    json_null(json);
  }
  if (vehicle->has_extra) {
    json_key(json, "extra");
    if (vehicle->extra.data != NULL) {
      json_raw(json, vehicle->extra);
    } else {
      json_null(json);
    }
  }
  json_end_object(json);
}

void vehicle_write_feature(struct json_writer *json, const struct vehicle *vehicle)
{
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "Feature");
  json_key(json, "geometry");
  if (vehicle->has_position) {
    position_write_point(json, &vehicle->position);
  } else {
    json_null(json);
  }
  json_key(json, "properties");
  vehicle_write_object(json, vehicle);
  json_end_object(json);
}

void vehicle_csv_header(struct buffer *out)
{
  buffer_append_text(out, TEXT("vehicle_id,name,kind,fleet,vin,attributes,created_at,retired_at,recorded_at,lon,lat,speed_kmh,"
                               "heading_deg,ignition,temperature_c,status\r\n"));
}

static void csv_position(struct csv_row *row, const struct vehicle *vehicle)
{
  if (!vehicle->has_position) {
    for (int cell = 0; cell < 8; cell++) {
      csv_empty(row);
    }
    return;
  }
  const struct position *position = &vehicle->position;
  csv_time(row, position->recorded_at_us);
  csv_decimal(row, position->longitude_deg, 7);
  csv_decimal(row, position->latitude_deg, 7);
  csv_decimal(row, (double)position->speed_kmh, 2);
  csv_decimal(row, (double)position->heading_deg, 1);
  csv_text(row, position->ignition < 0 ? TEXT("") : (position->ignition == 1 ? TEXT("true") : TEXT("false")));
  csv_decimal(row, (double)position->temperature_c, 2);
  csv_text(row, text_from(vehicle_status_name(vehicle->status)));
}

void vehicle_csv_row(struct buffer *out, const struct vehicle *vehicle)
{
  struct csv_row row = csv_row_begin(out);
  csv_int64(&row, vehicle->vehicle_id);
  csv_text(&row, vehicle->name);
  csv_text(&row, vehicle->kind);
  csv_text(&row, vehicle->fleet);
  csv_text(&row, vehicle->vin);
  csv_text(&row, vehicle->attributes);
  csv_time(&row, vehicle->created_at_us);
  if (vehicle->retired_at_us != 0) {
    csv_time(&row, vehicle->retired_at_us);
  } else {
    csv_empty(&row);
  }
  csv_position(&row, vehicle);
  csv_row_end(&row);
}
