#include "ingest/analysis/rule_book.h"

#include <math.h>
#include <stdlib.h>

#include "ingest_sql.h"
#include "server/base/clock.h"

struct rule {
  struct temperature_rule temperature;
  struct text pause_field; /* data == NULL: none */
};

struct rule_book {
  struct arena *days_arena;
  struct local_days days;
  struct arena *arena; /* of all below */
  uint64_t generation;
  int64_t version;
  int64_t road_version;
  float fleet_kmh;
  bool uses_estimates;
  struct speeding_rules speeding;
  struct rule *rules; /* ascending rule_id */
  size_t rule_count;
  struct text pause_field;
  struct zone_set *zones;
  struct zone_limit *zone_limits;
  size_t zone_limit_count;
  struct zone_rule *zone_rules;
  size_t zone_rule_count;
};

struct rule_book *rule_book_new(bool uses_estimates)
{
  struct rule_book *book = calloc(1, sizeof *book);
  if (book == NULL) {
    error_out_of_memory(sizeof *book);
  }
  book->days_arena = arena_new(1024);
  book->arena = arena_new(1024);
  book->fleet_kmh = NAN;
  book->uses_estimates = uses_estimates;
  book->speeding = speeding_rules_default();
  return book;
}

void rule_book_free(struct rule_book *book)
{
  if (book != NULL) {
    zone_set_free(book->zones);
    arena_free(book->days_arena);
    arena_free(book->arena);
    free(book);
  }
}

/* ---- days ---- */

struct error rule_book_read_days(struct rule_book *book, struct db_connection *connection, const char *time_zone)
{
  const struct db_rows *rows;
  struct arena *scratch = arena_new(4096);
  struct db_parameters *parameters = db_parameters_new(scratch);
  db_add_text(parameters, text_from(time_zone));
  struct error error = db_query(connection, scratch, &SQL_READ_LOCAL_DAYS, parameters, &rows);
  if (error.code == ERROR_DATABASE_REFUSED && strcmp(error.sqlstate, "22023") == 0) {
    error = error_at(ERROR_SETUP, "depot-time-zone", "PostgreSQL knows no time zone \"%s\": use a name such as Europe/Berlin",
                     time_zone);
  }
  if (error.code == ERROR_NONE) {
    arena_reset(book->days_arena);
    const size_t count = (size_t)db_row_count(rows);
    int64_t *begins_us = arena_alloc_array(book->days_arena, count, sizeof *begins_us);
    for (size_t i = 0; i < count; i++) {
      begins_us[i] = db_int64(rows, (int)i, 0);
    }
    book->days = (struct local_days){.begins_us = begins_us, .count = count};
  }
  arena_free(scratch);
  return error;
}

/* ---- the book ---- */

static struct rule read_rule(struct rule_book *book, const struct db_rows *rows, int row)
{
  const struct text pause_field = db_text(rows, row, 12);
  return (struct rule){
      .temperature = {.rule_id = db_int64(rows, row, 0),
                      .lowest_c = (float)db_double(rows, row, 1),
                      .highest_c = (float)db_double(rows, row, 2),
                      .urgent_lowest_c = (float)db_double(rows, row, 3),
                      .urgent_highest_c = (float)db_double(rows, row, 4),
                      .hysteresis_c = (float)db_double(rows, row, 5),
                      .for_us = db_int64(rows, row, 6) * US_PER_SECOND,
                      .clear_for_us = db_int64(rows, row, 7) * US_PER_SECOND,
                      .pause_max_us = db_int64(rows, row, 8) * US_PER_SECOND,
                      .warming_us = db_int64(rows, row, 9) * US_PER_SECOND,
                      .silent_us = db_int64(rows, row, 10) * US_PER_SECOND,
                      .expects_sensor = db_bool(rows, row, 11)},
      .pause_field = pause_field.data != NULL ? text_copy(book->arena, pause_field) : pause_field,
  };
}

static void take_rules(struct rule_book *book, const struct db_rows *rows)
{
  book->rule_count = (size_t)db_row_count(rows);
  book->rules = arena_alloc_array(book->arena, book->rule_count, sizeof *book->rules);
  book->pause_field = (struct text){NULL, 0};
  for (size_t i = 0; i < book->rule_count; i++) {
    book->rules[i] = read_rule(book, rows, (int)i);
    if (book->pause_field.data == NULL) {
      book->pause_field = book->rules[i].pause_field;
    }
  }
}

/* Beyond its outline a zone is in the lists of those that have a limit, or a time after which a vehicle dwells. */
static struct error take_zones(struct rule_book *book, const struct db_rows *rows)
{
  const size_t count = (size_t)db_row_count(rows);
  zone_set_free(book->zones);
  book->zones = zone_set_new();
  book->zone_limits = arena_alloc_array(book->arena, count, sizeof *book->zone_limits);
  book->zone_rules = arena_alloc_array(book->arena, count, sizeof *book->zone_rules);
  book->zone_limit_count = 0;
  book->zone_rule_count = 0;
  for (int row = 0; row < db_row_count(rows); row++) {
    const int64_t geofence_id = db_int64(rows, row, 0);
    if (!zone_set_add(book->zones, geofence_id, db_text(rows, row, 3))) {
      return error_make(ERROR_INTERNAL, "zone %lld is no MultiPolygon", (long long)geofence_id);
    }
    if (!db_is_null(rows, row, 1)) {
      book->zone_limits[book->zone_limit_count++] = (struct zone_limit){geofence_id, (float)db_double(rows, row, 1)};
    }
    if (!db_is_null(rows, row, 2)) {
      book->zone_rules[book->zone_rule_count++] = (struct zone_rule){geofence_id, db_int64(rows, row, 2) * US_PER_SECOND};
    }
  }
  zone_set_index(book->zones);
  return error_none();
}

static struct speeding_rules read_speeding(const struct db_rows *rows)
{
  struct speeding_rules speeding = speeding_rules_default();
  if (!db_is_null(rows, 0, 2)) {
    speeding.tolerance_kmh = (float)db_double(rows, 0, 2);
  }
  if (!db_is_null(rows, 0, 3)) {
    speeding.samples_min = (int32_t)db_int64(rows, 0, 3);
  }
  if (!db_is_null(rows, 0, 4)) {
    speeding.duration_min_us = (int64_t)(db_double(rows, 0, 4) * (double)US_PER_SECOND);
  }
  return speeding;
}

struct error rule_book_read(struct rule_book *book, struct db_connection *connection)
{
  const struct db_rows *general;
  const struct db_rows *rules;
  const struct db_rows *zones;
  struct arena *scratch = arena_new(4096);
  struct error error = db_query(connection, scratch, &SQL_READ_RULES, NULL, &general);
  if (error.code == ERROR_NONE) {
    error = db_query(connection, scratch, &SQL_READ_TEMPERATURE_RULES, NULL, &rules);
  }
  if (error.code == ERROR_NONE) {
    error = db_query(connection, scratch, &SQL_READ_ZONE_OUTLINES, NULL, &zones);
  }
  if (error.code == ERROR_NONE) {
    arena_reset(book->arena);
    book->generation++;
    book->version = db_int64(general, 0, 0);
    book->road_version = db_int64(general, 0, 5);
    book->fleet_kmh = (float)db_double(general, 0, 1);
    book->speeding = read_speeding(general);
    take_rules(book, rules);
    error = take_zones(book, zones);
  }
  arena_free(scratch);
  return error;
}

int64_t rule_book_version(const struct rule_book *book)
{
  return book->version;
}

int64_t rule_book_road_version(const struct rule_book *book)
{
  return book->road_version;
}

uint64_t rule_book_generation(const struct rule_book *book)
{
  return book->generation;
}

struct text rule_book_pause_field(const struct rule_book *book)
{
  return book->pause_field;
}

/* ---- vehicles ---- */

void vehicle_rules_free(struct vehicle_rules *rules)
{
  free(rules->assignments);
  *rules = (struct vehicle_rules){.limit_kmh = NAN};
}

struct numbered {
  int64_t vehicle_id;
  struct vehicle_rules *rules;
};

static int compare_numbered(const void *left, const void *right)
{
  const struct numbered *a = left;
  const struct numbered *b = right;
  return (a->vehicle_id > b->vehicle_id) - (a->vehicle_id < b->vehicle_id);
}

static struct vehicle_rules *find(const struct numbered *vehicles, size_t count, int64_t vehicle_id)
{
  const struct numbered key = {.vehicle_id = vehicle_id};
  const struct numbered *found = bsearch(&key, vehicles, count, sizeof key, compare_numbered);
  return found != NULL ? found->rules : NULL;
}

static void add_assignment(struct vehicle_rules *rules, struct assignment assignment)
{
  const size_t count = rules->assignment_count;
  if ((count & (count - 1)) == 0) { /* full at every power of two */
    const size_t capacity = count == 0 ? 1 : count * 2;
    struct assignment *grown = realloc(rules->assignments, capacity * sizeof *grown);
    if (grown == NULL) {
      error_out_of_memory(capacity * sizeof *grown);
    }
    rules->assignments = grown;
  }
  rules->assignments[rules->assignment_count++] = assignment;
}

static void take_vehicles(const struct numbered *vehicles, size_t count, const struct db_rows *limits,
                          const struct db_rows *assignments)
{
  for (int row = 0; row < db_row_count(limits); row++) {
    struct vehicle_rules *rules = find(vehicles, count, db_int64(limits, row, 0));
    if (rules != NULL) {
      rules->limit_kmh = (float)db_double(limits, row, 1);
      rules->temperature_rule_id = db_is_null(limits, row, 2) ? 0 : db_int64(limits, row, 2);
    }
  }
  for (int row = 0; row < db_row_count(assignments); row++) {
    struct vehicle_rules *rules = find(vehicles, count, db_int64(assignments, row, 0));
    if (rules != NULL) {
      add_assignment(rules, (struct assignment){.from_us = db_time(assignments, row, 1),
                                                .until_us = db_time(assignments, row, 2),
                                                .driver_id = db_int64(assignments, row, 3)});
    }
  }
}

struct error rule_book_read_vehicles(struct rule_book *book, struct db_connection *connection, const int64_t *vehicle_ids,
                                     struct vehicle_rules *const *rules, size_t count)
{
  if (count == 0) {
    return error_none();
  }
  struct arena *scratch = arena_new(16384);
  struct numbered *vehicles = arena_alloc_array(scratch, count, sizeof *vehicles);
  struct db_parameters *parameters = db_parameters_new(scratch);
  struct db_pipeline *pipeline = db_pipeline_new(scratch);
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  db_pipeline_add(pipeline, &SQL_READ_VEHICLE_RULES, parameters);
  db_pipeline_add(pipeline, &SQL_LIST_ASSIGNMENTS, parameters);
  const struct error error = db_pipeline_run(connection, pipeline, NULL);
  for (size_t i = 0; i < count && error.code == ERROR_NONE; i++) {
    vehicle_rules_free(rules[i]);
    rules[i]->generation = book->generation;
    vehicles[i] = (struct numbered){vehicle_ids[i], rules[i]};
  }
  if (error.code == ERROR_NONE) {
    qsort(vehicles, count, sizeof *vehicles, compare_numbered);
    take_vehicles(vehicles, count, db_pipeline_rows(pipeline, 0), db_pipeline_rows(pipeline, 1));
  }
  arena_free(scratch);
  return error;
}

static const struct rule *find_rule(const struct rule_book *book, int64_t rule_id)
{
  for (size_t i = 0; i < book->rule_count && rule_id != 0; i++) {
    if (book->rules[i].temperature.rule_id == rule_id) {
      return &book->rules[i];
    }
  }
  return NULL;
}

struct text rule_book_vehicle_pause_field(const struct rule_book *book, const struct vehicle_rules *rules)
{
  const struct rule *rule = find_rule(book, rules->temperature_rule_id);
  return rule != NULL ? rule->pause_field : (struct text){NULL, 0};
}

static const struct road_limits *limits_of(const void *roads, int64_t road_id)
{
  return road_source_limits(roads, road_id);
}

struct fold_context rule_book_context(const struct rule_book *book, const struct vehicle_rules *rules,
                                      struct road_source *roads)
{
  const struct rule *rule = find_rule(book, rules->temperature_rule_id);
  return (struct fold_context){
      .places = {.days = &book->days,
                 .vehicle_kmh = rules->limit_kmh,
                 .fleet_kmh = book->fleet_kmh,
                 .uses_estimates = book->uses_estimates,
                 .road_limits = limits_of,
                 .roads = roads,
                 .zones = book->zones,
                 .zone_limits = book->zone_limits,
                 .zone_limit_count = book->zone_limit_count,
                 .assignments = rules->assignments,
                 .assignment_count = rules->assignment_count},
      .rules = {.speeding = book->speeding,
                .zones = {book->zone_rules, book->zone_rule_count},
                .temperature = rule != NULL ? &rule->temperature : NULL},
      .roads = road_source_map(roads),
  };
}
