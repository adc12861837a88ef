/* GET /v1/positions/at: where the whole fleet was at a moment. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/position_list.h"
#include "api/position_rows.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum {
  FIRST_PAGE_ROWS = 200,
  PAGE_ROWS = 5000,
  PAGE_ARENA_BYTES = 64 * 1024,
  MAX_AGE_DEFAULT_S = 86400,
  MAX_AGE_LIMIT_S = 31 * 86400
};

struct moment {
  int64_t time_us;
  int64_t oldest_us;
  int64_t after_vehicle_id;
  bool is_at_end;
};

static struct error read_page(struct api *api, struct db_connection *connection, struct arena *arena, struct moment *moment,
                              int64_t limit, struct position_page *page)
{
  arena_reset(arena);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, moment->after_vehicle_id);
  db_add_time(parameters, moment->oldest_us);
  db_add_time(parameters, moment->time_us);
  db_add_int64(parameters, limit);
  TRY(position_rows_query(connection, arena, api->names, &SQL_LIST_POSITIONS_AT, parameters, false, page));
  moment->is_at_end = (int64_t)page->count < limit;
  if (page->count > 0) {
    moment->after_vehicle_id = page->positions[page->count - 1].vehicle_id;
  }
  return error_none();
}

static struct error read_parameters(struct request *request, struct moment *moment)
{
  struct text ignored;
  int64_t max_age_s = MAX_AGE_DEFAULT_S;
  if (!request_parameter_find(request, "time", &ignored)) {
    return error_at(ERROR_BAD_INPUT, "time", "is required: a time like 2026-11-22T20:51:07Z");
  }
  TRY(parameter_time(request, "time", &moment->time_us));
  TRY(parameter_int64(request, "max_age_s", 1, MAX_AGE_LIMIT_S, &max_age_s));
  moment->oldest_us = moment->time_us - max_age_s * US_PER_SECOND;
  return error_none();
}

/* The status is that of the moment: silent when the breadcrumb was already old by then. */
static enum vehicle_status status_at(const struct api *api, const struct moment *moment, const struct position *position)
{
  const bool is_silent = moment->time_us - position->recorded_at_us >= api_silent_after_us(api);
  return is_silent ? STATUS_SILENT : position_status_then(position);
}

/* From the page that was read first, so that an error of the database comes before the status line, to the last. */
static struct error answer(struct request *request, struct api *api, struct db_connection *connection, struct arena *arena,
                           struct moment *moment, enum format format, struct position_page *page)
{
  TRY(response_begin(request));
  struct position_list list = position_list_open(request, format, false);
  if (position_list_has_members(&list)) {
    json_key(&list.json, "time");
    json_time(&list.json, moment->time_us);
  }
  position_list_begin_items(&list);
  for (;;) {
    for (size_t i = 0; i < page->count; i++) {
      TRY(position_list_add(&list, &page->positions[i], status_at(api, moment, &page->positions[i])));
    }
    if (moment->is_at_end) {
      break;
    }
    TRY(read_page(api, connection, arena, moment, PAGE_ROWS, page));
  }
  position_list_end_items(&list);
  return position_list_close(&list);
}

struct error positions_at(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"time", "max_age_s", "f", NULL};
  struct api *api = context;
  struct moment moment = {0};
  enum format format;
  struct position_page page;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON | FORMAT_CSV | FORMAT_NDJSON, &format));
  TRY(read_parameters(request, &moment));
  struct arena *arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES);
  TRY(read_page(api, connection, arena, &moment, FIRST_PAGE_ROWS, &page));
  response_header(request, "Cache-Control", "private, no-cache");
  return answer(request, api, connection, arena, &moment, format, &page);
}
