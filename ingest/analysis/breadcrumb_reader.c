#include "ingest/analysis/breadcrumb_reader.h"

#include <stdlib.h>

#include "ingest/analysis/temperature_machine.h"
#include "ingest_sql.h"
#include "server/base/clock.h"

enum { FLAG_OF_FUTURE = 2 };

/* Most of what is new was recorded just now: looked for there alone, the older days cost nothing. */
static const int64_t RECENT_US = INT64_C(26) * 3600 * US_PER_SECOND;
static const int64_t AHEAD_US = 3600 * US_PER_SECOND;

struct fix breadcrumbs_read_fix(const struct db_rows *rows, int row)
{
  return (struct fix){
      .recorded_at_us = db_time(rows, row, 1),
      .version = db_int64(rows, row, 2),
      .longitude_deg = db_double(rows, row, 3),
      .latitude_deg = db_double(rows, row, 4),
      .speed_kmh = (float)db_double(rows, row, 5),
      .heading_deg = (float)db_double(rows, row, 6),
      .temperature_c = (float)db_double(rows, row, 7),
      .ignition = (int8_t)(db_is_null(rows, row, 8) ? -1 : (int)db_bool(rows, row, 8)),
      .flags = (uint8_t)db_int64(rows, row, 9),
      .is_paused = (int8_t)(db_is_null(rows, row, 10) ? -1 : (int)temperature_pause_read(db_text(rows, row, 10))),
  };
}

static void add_field(struct db_parameters *parameters, struct text field)
{
  if (field.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, field);
  }
}

/* ---- what is new ---- */

struct stretch {
  int64_t after_seq;
  int64_t until_seq;
  struct text pause_field;
};

static struct error read_recorded(struct db_connection *connection, struct arena *arena, const struct stretch *stretch,
                                  int64_t from_us, int64_t before_us, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, stretch->after_seq);
  db_add_int64(parameters, stretch->until_seq);
  db_add_time(parameters, from_us);
  db_add_time(parameters, before_us);
  add_field(parameters, stretch->pause_field);
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  db_pipeline_add(pipeline, &SQL_PLAN_EACH_TIME, NULL);
  db_pipeline_add(pipeline, &SQL_LIST_NEW_BREADCRUMBS, parameters);
  db_pipeline_add(pipeline, &SQL_PLAN_ONCE, NULL);
  TRY(db_pipeline_run(connection, pipeline, NULL));
  *rows = db_pipeline_rows(pipeline, 1);
  return error_none();
}

static void take_rows(struct new_breadcrumbs *found, const struct db_rows *rows)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    const int64_t received_at_us = db_time(rows, row, 11);
    const struct fix fix = breadcrumbs_read_fix(rows, row);
    found->oldest_received_at_us =
        received_at_us < found->oldest_received_at_us ? received_at_us : found->oldest_received_at_us;
    if ((fix.flags & FLAG_OF_FUTURE) == 0) {
      found->items[found->count++] = (struct vehicle_fix){db_int64(rows, row, 0), fix};
    }
  }
}

static int compare_fixes(const void *left, const void *right)
{
  const struct vehicle_fix *a = left;
  const struct vehicle_fix *b = right;
  if (a->vehicle_id != b->vehicle_id) {
    return a->vehicle_id < b->vehicle_id ? -1 : 1;
  }
  if (a->fix.recorded_at_us != b->fix.recorded_at_us) {
    return a->fix.recorded_at_us < b->fix.recorded_at_us ? -1 : 1;
  }
  return (a->fix.version > b->fix.version) - (a->fix.version < b->fix.version);
}

struct error breadcrumbs_read_new(struct db_connection *connection, struct arena *arena, int64_t after_seq, int64_t until_seq,
                                  struct text pause_field, struct new_breadcrumbs *found)
{
  const struct stretch stretch = {after_seq, until_seq, pause_field};
  const int64_t now_us = clock_now_us();
  const int64_t from_us = now_us - RECENT_US;
  const int64_t before_us = now_us + AHEAD_US;
  const struct db_rows *recent = NULL;
  const struct db_rows *older = NULL;
  const struct db_rows *ahead = NULL;
  TRY(read_recorded(connection, arena, &stretch, from_us, before_us, &recent));
  size_t count = (size_t)db_row_count(recent);
  /* Every number is given once: where as many have come as there are numbers, there are no others. */
  if ((int64_t)count < until_seq - after_seq) {
    TRY(read_recorded(connection, arena, &stretch, INT64_MIN, from_us, &older));
    TRY(read_recorded(connection, arena, &stretch, before_us, INT64_MAX, &ahead));
    count += (size_t)db_row_count(older) + (size_t)db_row_count(ahead);
  }
  *found = (struct new_breadcrumbs){.items = arena_alloc_array(arena, count, sizeof *found->items),
                                    .oldest_received_at_us = INT64_MAX};
  take_rows(found, recent);
  if (older != NULL) {
    take_rows(found, older);
    take_rows(found, ahead);
  }
  if (found->count > 1) {
    qsort(found->items, found->count, sizeof *found->items, compare_fixes);
  }
  return error_none();
}

/* ---- one vehicle ---- */

void breadcrumbs_add_page(struct db_pipeline *pipeline, struct arena *arena, const struct breadcrumb_cursor *cursor,
                          int64_t limit)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, cursor->vehicle_id);
  db_add_time(parameters, cursor->recorded_at_us);
  db_add_int64(parameters, cursor->version);
  db_add_int64(parameters, cursor->after_seq);
  db_add_int64(parameters, cursor->until_seq);
  db_add_int64(parameters, limit);
  add_field(parameters, cursor->pause_field);
  db_pipeline_add(pipeline, &SQL_LIST_VEHICLE_BREADCRUMBS, parameters);
}
