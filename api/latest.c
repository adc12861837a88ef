/* GET /v1/positions/latest: the map's snapshot. */
#include "api/handlers.h"

#include "api/cursor.h"
#include "api/newest_positions.h"
#include "api/parameters.h"
#include "api/position_list.h"
#include "api/vehicle_ids.h"
#include "server/base/clock.h"

enum { PAGE_ARENA_BYTES = 64 * 1024 };

struct latest {
  struct api *api;
  struct arena *arena; /* of the present page */
  struct newest_filter filter;
  struct grid_box box;
  int64_t now_us;
  int64_t after_vehicle_id;
  struct position *positions; /* the page */
  size_t count;
  bool is_at_end;
};

static struct error read_parameters(struct request *request, struct db_connection *connection, struct latest *latest)
{
  int64_t max_age_s = -1;
  bool has_box = false;
  struct vehicle_ids vehicles;
  TRY(parameter_bbox(request, &has_box, &latest->box));
  TRY(parameter_int64(request, "max_age_s", 1, INT64_C(10) * 366 * 86400, &max_age_s));
  TRY(vehicle_ids_wanted(request, connection, &vehicles));
  latest->filter =
      (struct newest_filter){.box = has_box ? &latest->box : NULL,
                             .is_of_vehicles = vehicles.is_wanted,
                             .vehicle_ids = vehicles.ids,
                             .vehicle_count = vehicles.count,
                             .oldest_us = max_age_s < 0 ? TIME_RANGE_ALL.from_us : latest->now_us - max_age_s * US_PER_SECOND};
  return error_none();
}

static void read_page(struct latest *latest)
{
  arena_reset(latest->arena);
  latest->is_at_end = newest_positions_read(latest->api->newest, &latest->filter, latest->arena, &latest->after_vehicle_id,
                                            &latest->positions, &latest->count);
}

static enum vehicle_status status_now(const struct latest *latest, const struct position *position)
{
  return position_status(position, latest->now_us, api_silent_after_us(latest->api));
}

/* What the answer depends on: everything that arrived (seq), which question (filter), and what time alone changes: who is in,
 * and with which status. */
static bool is_not_modified(struct request *request, const struct latest *latest, const struct feed_head *head,
                            enum format format)
{
  uint64_t hash = cursor_hash(cursor_filter(request), &format, sizeof format);
  hash = cursor_hash(hash, head->epoch, strlen(head->epoch));
  for (size_t i = 0; i < latest->count; i++) {
    const int64_t state = latest->positions[i].vehicle_id * 8 + (int64_t)status_now(latest, &latest->positions[i]);
    hash = cursor_hash(hash, &state, sizeof state);
  }
  const char *etag = arena_printf(request_arena(request), "W/\"%lld-%016llx\"", (long long)head->seq, (unsigned long long)hash);
  return response_not_modified(request, etag);
}

static struct error answer(struct request *request, struct latest *latest, const struct feed_head *head, enum format format)
{
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, false);
  if (position_list_has_members(&list)) {
    json_key(&list.json, "seq");
    json_int64(&list.json, head->seq);
  }
  position_list_begin_items(&list);
  for (;;) {
    for (size_t i = 0; i < latest->count; i++) {
      TRY(position_list_add(&list, &latest->positions[i], status_now(latest, &latest->positions[i])));
    }
    if (latest->is_at_end) {
      break;
    }
    read_page(latest);
  }
  position_list_end_items(&list);
  return position_list_close(&list);
}

struct error positions_latest(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"bbox", "vehicle*", "max_age_s", "f", NULL};
  struct latest latest = {.api = context, .now_us = clock_now_us()};
  enum format format;
  struct feed_head head;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON, &format));
  TRY(read_parameters(request, connection, &latest));
  latest.arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES);
  /* What a stream misses that resumes at this head is in the answer. */
  TRY(newest_positions_refresh(latest.api->newest, connection, &head));
  read_page(&latest);
  response_header(request, "Cache-Control", "private, no-cache");
  /* A fleet of more than a page changes with every second; only a whole answer is compared. */
  if (latest.is_at_end && is_not_modified(request, &latest, &head, format)) {
    return error_none();
  }
  return answer(request, &latest, &head, format);
}
