#include "ingest/alerts/alert_readings.h"

#include <math.h>
#include <stdlib.h>

#include "ingest_sql.h"

enum { CONDITIONS_MAX = 500, SILENCES_MAX = 500 };

static struct alert_reading read_condition(const struct db_rows *rows, int row)
{
  return (struct alert_reading){.vehicle_id = db_int64(rows, row, 0),
                                .vehicle = db_text(rows, row, 1),
                                .fleet = db_text(rows, row, 2),
                                .condition = {.kind = (enum condition_kind)db_int64(rows, row, 3),
                                              .subject_id = db_int64(rows, row, 4),
                                              .began_at_us = db_time(rows, row, 6),
                                              .fires_at_us = db_time(rows, row, 7),
                                              .ended_at_us = db_time(rows, row, 8),
                                              .seen_at_us = db_time(rows, row, 9),
                                              .value = (float)db_double(rows, row, 10),
                                              .limit_value = (float)db_double(rows, row, 11),
                                              .longitude_deg = db_double(rows, row, 12),
                                              .latitude_deg = db_double(rows, row, 13)},
                                .subject = db_text(rows, row, 5),
                                .says_beginning = db_bool(rows, row, 14),
                                .says_end = db_bool(rows, row, 15)};
}

/* A kind that this program does not know is of a newer one. */
static bool is_told(const struct alert_reading *reading)
{
  return (int)reading->condition.kind >= CONDITION_KIND_FIRST && (int)reading->condition.kind <= CONDITION_KIND_LAST &&
         (reading->says_beginning || reading->says_end);
}

struct error alert_readings_of_conditions(struct db_connection *connection, struct arena *arena, int64_t change,
                                          struct alert_readings *readings)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, change);
  db_add_int32(parameters, CONDITIONS_MAX);
  TRY(db_query(connection, arena, &SQL_LIST_NEW_CONDITIONS, parameters, &rows));
  *readings = (struct alert_readings){.items = row_set_make(arena, sizeof(struct alert_reading)),
                                      .last_change = change,
                                      .is_full = db_row_count(rows) == CONDITIONS_MAX};
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct alert_reading reading = read_condition(rows, row);
    readings->last_change = db_int64(rows, row, 16);
    if (is_told(&reading)) {
      row_set_add(&readings->items, &reading);
    }
  }
  return error_none();
}

/* ---- silence ---- */

static struct alert_reading silence(const struct db_rows *rows, int row, int place_column)
{
  return (struct alert_reading){.vehicle_id = db_int64(rows, row, 0),
                                .vehicle = db_text(rows, row, 1),
                                .fleet = db_text(rows, row, 2),
                                .condition = {.kind = CONDITION_SILENT_VEHICLE,
                                              .began_at_us = db_time(rows, row, 3),
                                              .value = NAN,
                                              .limit_value = NAN,
                                              .longitude_deg = db_double(rows, row, place_column),
                                              .latitude_deg = db_double(rows, row, place_column + 1)},
                                .says_beginning = true,
                                .says_end = true};
}

static struct error add_silent(struct db_connection *connection, struct arena *arena, struct silence_settings settings,
                               int64_t now_us, struct alert_readings *readings)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us - settings.silent_after_us);
  db_add_time(parameters, now_us - settings.silent_after_us - settings.max_age_us);
  db_add_bool_array(parameters, (uint8_t[]){settings.tells_parked ? 1 : 0}, NULL, 1);
  db_add_int32(parameters, SILENCES_MAX);
  TRY(db_query(connection, arena, &SQL_LIST_SILENT_VEHICLES, parameters, &rows));
  readings->is_full |= db_row_count(rows) == SILENCES_MAX;
  for (int row = 0; row < db_row_count(rows); row++) {
    struct alert_reading reading = silence(rows, row, 4);
    reading.condition.fires_at_us = reading.condition.began_at_us + settings.silent_after_us;
    reading.condition.seen_at_us = now_us;
    row_set_add(&readings->items, &reading);
  }
  return error_none();
}

static struct error add_heard(struct db_connection *connection, struct arena *arena, struct silence_settings settings,
                              int64_t now_us, struct alert_readings *readings)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us - settings.silent_after_us);
  db_add_time(parameters, now_us);
  db_add_int32(parameters, SILENCES_MAX);
  TRY(db_query(connection, arena, &SQL_LIST_HEARD_VEHICLES, parameters, &rows));
  readings->is_full |= db_row_count(rows) == SILENCES_MAX;
  for (int row = 0; row < db_row_count(rows); row++) {
    struct alert_reading reading = silence(rows, row, 5);
    reading.condition.fires_at_us = reading.condition.began_at_us + settings.silent_after_us;
    reading.condition.ended_at_us = db_time(rows, row, 4);
    reading.condition.seen_at_us = reading.condition.ended_at_us;
    row_set_add(&readings->items, &reading);
  }
  return error_none();
}

static struct error add_unheard(struct db_connection *connection, struct arena *arena, struct silence_settings settings,
                                int64_t now_us, struct alert_readings *readings)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us - settings.silent_after_us);
  db_add_int32(parameters, SILENCES_MAX);
  TRY(db_query(connection, arena, &SQL_LIST_UNHEARD_SPEEDING, parameters, &rows));
  readings->is_full |= db_row_count(rows) == SILENCES_MAX;
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct alert_reading reading = {.vehicle_id = db_int64(rows, row, 0),
                                          .condition = {.kind = CONDITION_SPEEDING,
                                                        .began_at_us = db_time(rows, row, 1),
                                                        .fires_at_us = db_time(rows, row, 2),
                                                        .ended_at_us = db_time(rows, row, 3),
                                                        .seen_at_us = db_time(rows, row, 3),
                                                        .value = NAN,
                                                        .limit_value = NAN,
                                                        .longitude_deg = NAN,
                                                        .latitude_deg = NAN},
                                          .says_beginning = true,
                                          .says_end = true};
    row_set_add(&readings->items, &reading);
  }
  return error_none();
}

struct error alert_readings_of_silence(struct db_connection *connection, struct arena *arena, struct silence_settings settings,
                                       int64_t now_us, struct alert_readings *readings)
{
  TRY(add_unheard(connection, arena, settings, now_us, readings));
  if (!settings.tells_silence) {
    return error_none();
  }
  TRY(add_silent(connection, arena, settings, now_us, readings));
  return add_heard(connection, arena, settings, now_us, readings);
}

/* ---- order ---- */

static bool is_taken_back(const struct condition *condition)
{
  return condition->ended_at_us != 0 && condition->ended_at_us <= condition->began_at_us;
}

static int compare(int64_t a, int64_t b)
{
  return (a > b) - (a < b);
}

static int compare_readings(const void *left, const void *right)
{
  const struct alert_reading *a = left;
  const struct alert_reading *b = right;
  const int orders[] = {compare(a->vehicle_id, b->vehicle_id), compare(a->condition.kind, b->condition.kind),
                        compare(a->condition.subject_id, b->condition.subject_id),
                        compare(is_taken_back(&a->condition), is_taken_back(&b->condition)),
                        compare(a->condition.began_at_us, b->condition.began_at_us)};
  int order = 0;
  for (size_t i = 0; order == 0 && i < sizeof orders / sizeof orders[0]; i++) {
    order = orders[i];
  }
  return order;
}

void alert_readings_sort(struct alert_readings *readings)
{
  if (readings->items.count > 1) {
    qsort(readings->items.items, readings->items.count, sizeof(struct alert_reading), compare_readings);
  }
}

bool alert_reading_same_file(const struct alert_reading *a, const struct alert_reading *b)
{
  return a->vehicle_id == b->vehicle_id && a->condition.kind == b->condition.kind &&
         a->condition.subject_id == b->condition.subject_id;
}
