#include "api/speeding/report_days.h"

#include <math.h>
#include <stdlib.h>

#include "api_sql.h"
#include "server/base/clock.h"

enum { READ_ARENA_BYTES = 64 * 1024 };
#define MM_PER_M 1000.0
#define US_PER_S 1e6

enum episode_column { OF_VEHICLE, OF_DRIVER, STARTED_AT, EPISODE, DURATION_S, MAX_EXCESS_KMH, SAMPLES, IS_SOUND, REVIEW };
enum drive_column { DISTANCE_M = 2, KNOWN_LIMIT_M, OVER_LIMIT_M, OBSERVED_S, MOVING_S, OVER_LIMIT_S };

static void *allocate(size_t count, size_t size)
{
  void *memory = reallocarray(NULL, count == 0 ? 1 : count, size);
  if (memory == NULL) {
    error_out_of_memory(count * size);
  }
  return memory;
}

/* ---- days ---- */

static void unload(struct report_days *days, struct held_day *day)
{
  if (day->is_loaded) {
    days->bytes_held -= day->bytes;
    free(day->episodes);
    free(day->drives);
    day->episodes = NULL;
    day->drives = NULL;
    day->episode_count = 0;
    day->drive_count = 0;
    day->is_loaded = false;
  }
}

void report_days_free(struct report_days *days)
{
  for (size_t i = 0; i < days->count; i++) {
    unload(days, &days->items[i]);
  }
  free(days->items);
  id_slots_free(&days->vehicles);
  id_slots_free(&days->drivers);
  *days = (struct report_days){0};
}

size_t report_days_from(const struct report_days *days, int32_t day)
{
  size_t low = 0;
  size_t high = days->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (days->items[middle].day < day) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static struct held_day *find_or_add(struct report_days *days, int32_t day)
{
  const size_t at = report_days_from(days, day);
  if (at < days->count && days->items[at].day == day) {
    return &days->items[at];
  }
  if (days->count == days->capacity) {
    days->capacity = days->capacity == 0 ? 128 : days->capacity * 2;
    days->items = reallocarray(days->items, days->capacity, sizeof *days->items);
    if (days->items == NULL) {
      error_out_of_memory(days->capacity * sizeof *days->items);
    }
  }
  memmove(&days->items[at + 1], &days->items[at], (days->count - at) * sizeof *days->items);
  days->count++;
  days->items[at] = (struct held_day){.day = day, .change = -1};
  return &days->items[at];
}

/* ---- reading ---- */

static uint8_t review_of(struct text state)
{
  for (int i = 0; i < REVIEW_COUNT; i++) {
    if (text_equal(state, text_from(SPEEDING_REVIEWS[i]))) {
      return (uint8_t)i;
    }
  }
  return REVIEW_OPEN;
}

static struct held_episode episode_from(struct report_days *days, const struct db_rows *rows, int row)
{
  const uint8_t review = review_of(db_text(rows, row, REVIEW));
  return (struct held_episode){
      .started_at_us = db_time(rows, row, STARTED_AT),
      .episode_id = db_int64(rows, row, EPISODE),
      .duration_s = db_double(rows, row, DURATION_S),
      .vehicle = id_slots_add(&days->vehicles, db_int64(rows, row, OF_VEHICLE)),
      .driver = id_slots_add(&days->drivers, db_int64(rows, row, OF_DRIVER)),
      .max_excess_kmh = (float)db_double(rows, row, MAX_EXCESS_KMH),
      .samples = (int32_t)db_int64(rows, row, SAMPLES),
      .review = review,
      .is_strict = db_bool(rows, row, IS_SOUND) && review != REVIEW_EXCUSED && review != REVIEW_DISPUTED,
  };
}

static struct held_drive drive_from(struct report_days *days, const struct db_rows *rows, int row)
{
  return (struct held_drive){
      .vehicle = id_slots_add(&days->vehicles, db_int64(rows, row, OF_VEHICLE)),
      .driver = id_slots_add(&days->drivers, db_int64(rows, row, OF_DRIVER)),
      .distance_mm = rint(db_double(rows, row, DISTANCE_M) * MM_PER_M),
      .known_limit_mm = rint(db_double(rows, row, KNOWN_LIMIT_M) * MM_PER_M),
      .over_limit_mm = rint(db_double(rows, row, OVER_LIMIT_M) * MM_PER_M),
      .observed_us = rint(db_double(rows, row, OBSERVED_S) * US_PER_S),
      .moving_us = rint(db_double(rows, row, MOVING_S) * US_PER_S),
      .over_limit_us = rint(db_double(rows, row, OVER_LIMIT_S) * US_PER_S),
  };
}

static struct error load(struct report_days *days, struct held_day *day, struct arena *arena, struct db_connection *connection)
{
  char name[16];
  const struct db_rows *episodes;
  const struct db_rows *drives;
  struct db_parameters *range = db_parameters_new(arena);
  struct db_parameters *date = db_parameters_new(arena);
  clock_format_day(day->day, name);
  db_add_time(range, day->day * US_PER_DAY);
  db_add_time(range, (day->day + INT64_C(1)) * US_PER_DAY);
  db_add_text(date, text_from(name));
  TRY(db_query(connection, arena, &SQL_READ_EPISODES_OF_DAY, range, &episodes));
  TRY(db_query(connection, arena, &SQL_READ_DRIVE_DAYS_OF_DAY, date, &drives));
  day->episode_count = (size_t)db_row_count(episodes);
  day->drive_count = (size_t)db_row_count(drives);
  day->episodes = allocate(day->episode_count, sizeof *day->episodes);
  day->drives = allocate(day->drive_count, sizeof *day->drives);
  for (size_t i = 0; i < day->episode_count; i++) {
    day->episodes[i] = episode_from(days, episodes, (int)i);
  }
  for (size_t i = 0; i < day->drive_count; i++) {
    day->drives[i] = drive_from(days, drives, (int)i);
  }
  day->bytes = day->episode_count * sizeof *day->episodes + day->drive_count * sizeof *day->drives;
  day->is_loaded = true;
  days->bytes_held += day->bytes;
  return error_none();
}

/* ---- keeping within bytes_max ---- */

static size_t known_bytes(const struct report_days *days, int32_t first, int32_t last)
{
  size_t bytes = 0;
  for (size_t i = report_days_from(days, first); i < days->count && days->items[i].day <= last; i++) {
    bytes += days->items[i].bytes;
  }
  return bytes;
}

/* Lets go of days outside the range, those unused longest first. */
static void make_room(struct report_days *days, int32_t first, int32_t last)
{
  while (days->bytes_held > days->bytes_max) {
    struct held_day *oldest = NULL;
    for (size_t i = 0; i < days->count; i++) {
      struct held_day *day = &days->items[i];
      if (day->is_loaded && (day->day < first || day->day > last) && (oldest == NULL || day->used < oldest->used)) {
        oldest = day;
      }
    }
    if (oldest == NULL) {
      return;
    }
    unload(days, oldest);
  }
}

/* ---- bringing it up to date ---- */

/* What is no more, or another than it was, is let go. */
static struct error compare_changes(struct report_days *days, struct arena *arena, struct db_connection *connection,
                                    int32_t first, int32_t last)
{
  char first_name[16];
  char last_name[16];
  const struct db_rows *rows;
  struct db_parameters *parameters = db_parameters_new(arena);
  clock_format_day(first, first_name);
  clock_format_day(last, last_name);
  db_add_text(parameters, text_from(first_name));
  db_add_text(parameters, text_from(last_name));
  TRY(db_query(connection, arena, &SQL_LIST_ANALYSIS_DAYS, parameters, &rows));
  days->uses++;
  for (int row = 0; row < db_row_count(rows); row++) {
    struct held_day *day = find_or_add(days, (int32_t)db_int64(rows, row, 0));
    const int64_t change = db_int64(rows, row, 1);
    day->used = days->uses;
    if (day->change != change) {
      unload(days, day);
      day->change = change;
      day->bytes = 0;
    }
  }
  for (size_t i = report_days_from(days, first); i < days->count && days->items[i].day <= last; i++) {
    if (days->items[i].used != days->uses) {
      unload(days, &days->items[i]);
      days->items[i] = (struct held_day){.day = days->items[i].day, .change = -1, .is_loaded = true, .used = days->uses};
    }
  }
  return error_none();
}

static struct error load_missing(struct report_days *days, struct arena *arena, struct db_connection *connection, int32_t first,
                                 int32_t last, bool *is_held)
{
  *is_held = known_bytes(days, first, last) <= days->bytes_max;
  for (size_t i = report_days_from(days, first); *is_held && i < days->count && days->items[i].day <= last; i++) {
    if (!days->items[i].is_loaded) {
      arena_reset(arena);
      TRY(load(days, &days->items[i], arena, connection));
      make_room(days, first, last);
      *is_held = known_bytes(days, first, last) <= days->bytes_max;
    }
  }
  return error_none();
}

static struct error refresh(struct report_days *days, struct arena *arena, struct db_connection *connection, int32_t first,
                            int32_t last, bool *is_held)
{
  TRY(db_run(connection, &SQL_BEGIN_SNAPSHOT, NULL, NULL));
  TRY(compare_changes(days, arena, connection, first, last));
  TRY(load_missing(days, arena, connection, first, last, is_held));
  TRY(db_run(connection, &SQL_COMMIT, NULL, NULL));
  if (!*is_held) {
    make_room(days, 1, 0);
  }
  return error_none();
}

struct error report_days_refresh(struct report_days *days, struct db_connection *connection, int32_t first, int32_t last,
                                 bool *is_held)
{
  *is_held = false;
  if (days->bytes_max == 0) {
    return error_none();
  }
  struct arena *arena = arena_new(READ_ARENA_BYTES);
  const struct error error = refresh(days, arena, connection, first, last, is_held);
  arena_free(arena);
  return error;
}
