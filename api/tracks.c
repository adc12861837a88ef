/* GET /v1/vehicles/{name}/track: where one vehicle drove. */
#include "api/handlers.h"

#include "api/gpx.h"
#include "api/history.h"
#include "api/position_list.h"
#include "api/simplify.h"
#include "api/track_lines.h"
#include "api/vehicle_ids.h"
#include "server/base/clock.h"

enum { FIRST_PAGE_ROWS = 2000, PAGE_ROWS = 10000 };

struct track {
  struct request *request;
  struct history history;
  struct text vehicle;
  int64_t vehicle_id;
  struct time_range range;
  double tolerance_m;
  enum format format;
  struct position_list list; /* JSON and CSV */
  struct track_lines lines;  /* GeoJSON */
  struct buffer *out;
};

static void begin(struct track *track)
{
  switch (track->format) {
  case FORMAT_GEOJSON:
    track->out = request_buffer(track->request);
    track->lines = track_lines_begin(request_arena(track->request), track->out, track->vehicle);
    return;
  case FORMAT_GPX:
    track->out = request_buffer(track->request);
    gpx_begin(track->out, track->vehicle);
    return;
  default:
    track->list = position_list_open(track->request, track->format, false);
    track->out = track->list.out;
  }
  if (position_list_has_members(&track->list)) {
    struct json_writer *json = &track->list.json;
    json_key(json, "vehicle_id");
    json_int64(json, track->vehicle_id);
    json_key(json, "vehicle");
    json_string(json, track->vehicle);
    json_key(json, "from");
    json_time(json, track->range.from_us);
    json_key(json, "to");
    json_time(json, track->range.to_us);
    json_key(json, "tolerance_m");
    json_decimal(json, track->tolerance_m, 3);
  }
  position_list_begin_items(&track->list);
}

static struct error add(struct track *track, const struct position *position)
{
  switch (track->format) {
  case FORMAT_GEOJSON:
    track_lines_add(&track->lines, position);
    break;
  case FORMAT_GPX:
    gpx_point(track->out, position);
    break;
  default:
    return position_list_add(&track->list, position, position_status_then(position));
  }
  return response_write_buffer(track->request, track->out, false);
}

static struct error end(struct track *track)
{
  switch (track->format) {
  case FORMAT_GEOJSON:
    track_lines_end(&track->lines);
    break;
  case FORMAT_GPX:
    gpx_end(track->out);
    break;
  default:
    position_list_end_items(&track->list);
    return position_list_close(&track->list);
  }
  return response_write_buffer(track->request, track->out, true);
}

static struct error answer(struct track *track)
{
  struct position_page page;
  TRY(history_next(&track->history, FIRST_PAGE_ROWS, &page));
  TRY(response_begin(track->request));
  begin(track);
  for (;;) {
    page.count = simplify(track->history.arena, page.positions, page.count, track->tolerance_m);
    for (size_t i = 0; i < page.count; i++) {
      TRY(add(track, &page.positions[i]));
    }
    if (track->history.is_at_end) {
      return end(track);
    }
    TRY(history_next(&track->history, PAGE_ROWS, &page));
  }
}

static void name_file(struct track *track)
{
  if (track->format == FORMAT_CSV || track->format == FORMAT_GPX) {
    response_header(track->request, "Content-Disposition", "attachment; filename=\"%.*s.%s\"", TEXT_ARGS(track->vehicle),
                    format_name(track->format));
  }
}

struct error tracks_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"from", "to", "tolerance_m", "f", NULL};
  const struct api *api = context;
  struct track track = {.request = request};
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_GPX, &track.format));
  track.range.to_us = clock_now_us();
  TRY(parameter_time(request, "to", &track.range.to_us));
  track.range.from_us = track.range.to_us - US_PER_DAY;
  TRY(parameter_time_range(request, &track.range));
  TRY(parameter_double(request, "tolerance_m", 0.0, 100000.0, &track.tolerance_m));
  TRY(vehicle_ids_of_path(request, connection, &track.vehicle_id, &track.vehicle));
  const struct history_filter filter = {
      .range = track.range, .vehicle_ids = &track.vehicle_id, .vehicle_count = 1, .has_vehicles = true, .is_track = true};
  track.history = history_open(connection, request_arena(request), api->names, filter);
  response_header(request, "Cache-Control", "private, no-cache");
  name_file(&track);
  return answer(&track);
}
