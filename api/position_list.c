#include "api/position_list.h"

#include "api/csv.h"

static void release_buffer(void *buffer)
{
  buffer_free(buffer);
}

struct buffer *request_buffer(struct request *request)
{
  struct buffer *buffer = arena_alloc(request_arena(request), sizeof *buffer);
  arena_defer(request_arena(request), release_buffer, buffer);
  return buffer;
}

bool position_list_has_members(const struct position_list *list)
{
  return list->format == FORMAT_JSON || list->format == FORMAT_GEOJSON;
}

struct position_list position_list_open(struct request *request, enum format format, bool has_seq)
{
  struct position_list list = {.request = request, .out = request_buffer(request), .format = format, .has_seq = has_seq};
  list.json = json_writer_to(list.out);
  if (position_list_has_members(&list)) {
    json_begin_object(&list.json);
  }
  if (format == FORMAT_GEOJSON) {
    json_key(&list.json, "type");
    json_cstring(&list.json, "FeatureCollection");
  }
  return list;
}

void position_csv_header(struct buffer *out)
{
  buffer_append_text(out, TEXT("vehicle_id,vehicle,recorded_at,received_at,version,lon,lat,speed_kmh,heading_deg,ignition,"
                               "temperature_c,status,flags"));
}

void position_list_begin_items(struct position_list *list)
{
  if (position_list_has_members(list)) {
    json_key(&list->json, list->format == FORMAT_GEOJSON ? "features" : "items");
    json_begin_array(&list->json);
  } else if (list->format == FORMAT_CSV) {
    position_csv_header(list->out);
    buffer_append_text(list->out, list->has_seq ? TEXT(",seq\r\n") : TEXT("\r\n"));
  }
}

static void csv_flags(struct csv_row *row, uint8_t flags)
{
  csv_separate(row);
  const char *separator = "";
  for (unsigned bit = 1; bit <= flags; bit <<= 1) {
    if ((flags & bit) != 0) {
      buffer_printf(row->out, "%s%s", separator, position_flag_name((uint8_t)bit));
      separator = "|";
    }
  }
}

void position_csv_row(struct buffer *out, const struct position *position, enum vehicle_status status)
{
  struct csv_row row = csv_row_begin(out);
  csv_int64(&row, position->vehicle_id);
  csv_text(&row, position->vehicle);
  csv_time(&row, position->recorded_at_us);
  csv_time(&row, position->received_at_us);
  csv_int64(&row, position->version);
  csv_decimal(&row, position->longitude_deg, 7);
  csv_decimal(&row, position->latitude_deg, 7);
  csv_decimal(&row, (double)position->speed_kmh, 2);
  csv_decimal(&row, (double)position->heading_deg, 1);
  csv_separate(&row);
  if (position->ignition >= 0) {
    buffer_append_text(out, position->ignition == 1 ? TEXT("true") : TEXT("false"));
  }
  csv_decimal(&row, (double)position->temperature_c, 2);
  csv_separate(&row);
  buffer_append_text(out, text_from(vehicle_status_name(status)));
  csv_flags(&row, position->flags);
}

static void add_csv(struct position_list *list, const struct position *position, enum vehicle_status status)
{
  position_csv_row(list->out, position, status);
  if (list->has_seq) {
    buffer_append_char(list->out, ',');
    buffer_append_int64(list->out, position->seq);
  }
  buffer_append(list->out, "\r\n", 2);
}

static void write_object(struct position_list *list, const struct position *position, enum vehicle_status status)
{
  json_begin_object(&list->json);
  position_write_members(&list->json, position, status);
  if (list->has_seq) {
    json_key(&list->json, "seq");
    json_int64(&list->json, position->seq);
  }
  json_end_object(&list->json);
}

void position_write_point(struct json_writer *json, const struct position *position)
{
  json_begin_object(json);
  json_key(json, "type");
  json_cstring(json, "Point");
  json_key(json, "coordinates");
  json_begin_array(json);
  json_decimal(json, position->longitude_deg, 7);
  json_decimal(json, position->latitude_deg, 7);
  json_end_array(json);
  json_end_object(json);
}

static void add_feature(struct position_list *list, const struct position *position, enum vehicle_status status)
{
  json_begin_object(&list->json);
  json_key(&list->json, "type");
  json_cstring(&list->json, "Feature");
  json_key(&list->json, "geometry");
  position_write_point(&list->json, position);
  json_key(&list->json, "properties");
  write_object(list, position, status);
  json_end_object(&list->json);
}

struct error position_list_add(struct position_list *list, const struct position *position, enum vehicle_status status)
{
  switch (list->format) {
  case FORMAT_CSV:
    add_csv(list, position, status);
    break;
  case FORMAT_GEOJSON:
    add_feature(list, position, status);
    break;
  case FORMAT_NDJSON:
    list->json = json_writer_to(list->out);
    write_object(list, position, status);
    buffer_append_char(list->out, '\n');
    break;
  case FORMAT_JSON:
  case FORMAT_GPX:
  case FORMAT_SQL:
  case FORMAT_HTML:
    write_object(list, position, status);
    break;
  }
  return response_write_buffer(list->request, list->out, false);
}

void position_list_end_items(struct position_list *list)
{
  if (position_list_has_members(list)) {
    json_end_array(&list->json);
  }
}

void position_list_next(struct position_list *list, struct text url)
{
  if (!position_list_has_members(list)) {
    return;
  }
  json_key(&list->json, "next");
  if (url.data != NULL) {
    json_string(&list->json, url);
  } else {
    json_null(&list->json);
  }
}

struct error position_list_close(struct position_list *list)
{
  if (position_list_has_members(list)) {
    json_end_object(&list->json);
    buffer_append_char(list->out, '\n');
  }
  return response_write_buffer(list->request, list->out, true);
}
