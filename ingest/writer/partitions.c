#include "ingest/writer/partitions.h"

#include <stdlib.h>
#include <string.h>

#include "ingest_sql.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/log.h"

/* Ascending. Some hundreds, or thousands after an old archive was sent: one a day that events named. */
struct partitions {
  int32_t *days;
  size_t count;
  size_t capacity;
};

/* Days made by one statement: far from its time limit, and what is made stays made when a later statement fails. */
enum { FIRST_CAPACITY = 64, DAYS_A_STATEMENT = 32 };

struct partitions *partitions_new(void)
{
  struct partitions *partitions = calloc(1, sizeof *partitions);
  if (partitions == NULL) {
    abort();
  }
  return partitions;
}

void partitions_free(struct partitions *partitions)
{
  if (partitions != NULL) {
    free(partitions->days);
    free(partitions);
  }
}

void partitions_forget(struct partitions *partitions)
{
  partitions->count = 0;
}

/* Index of the first known day that is not before `day`. */
static size_t lower_bound(const struct partitions *partitions, int32_t day)
{
  size_t low = 0;
  size_t high = partitions->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (partitions->days[middle] < day) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static bool is_known(const struct partitions *partitions, int32_t day)
{
  const size_t at = lower_bound(partitions, day);
  return at < partitions->count && partitions->days[at] == day;
}

static void add_known(struct partitions *partitions, int32_t day)
{
  const size_t at = lower_bound(partitions, day);
  if (at < partitions->count && partitions->days[at] == day) {
    return;
  }
  if (partitions->count == partitions->capacity) {
    partitions->capacity = partitions->capacity == 0 ? FIRST_CAPACITY : partitions->capacity * 2;
    partitions->days = reallocarray(partitions->days, partitions->capacity, sizeof *partitions->days);
    if (partitions->days == NULL) {
      abort();
    }
  }
  memmove(&partitions->days[at + 1], &partitions->days[at], (partitions->count - at) * sizeof *partitions->days);
  partitions->days[at] = day;
  partitions->count++;
}

static struct error make_missing(struct partitions *partitions, struct db_connection *connection, struct arena *arena,
                                 const int32_t *days, size_t count)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int32_array(parameters, days, NULL, count);
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_ENSURE_BREADCRUMB_PARTITIONS, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    const int32_t day = (int32_t)db_int64(rows, row, 0);
    add_known(partitions, day);
    if (db_bool(rows, row, 1)) {
      char text[16];
      clock_format_day(day, text);
      LOG_INFO("partition_made", "day=%s", text);
    }
  }
  return error_none();
}

struct error partitions_ensure(struct partitions *partitions, struct db_connection *connection, const int32_t *days,
                               size_t count)
{
  size_t first_unknown = 0;
  while (first_unknown < count && is_known(partitions, days[first_unknown])) {
    first_unknown++;
  }
  if (first_unknown == count) {
    return error_none();
  }
  struct arena *arena = arena_new(1024 + (count - first_unknown) * 16);
  int32_t *missing = arena_alloc_array(arena, count - first_unknown, sizeof *missing);
  size_t missing_count = 0;
  for (size_t i = first_unknown; i < count; i++) {
    if (!is_known(partitions, days[i]) && (missing_count == 0 || missing[missing_count - 1] != days[i])) {
      missing[missing_count++] = days[i];
    }
  }
  struct error error = error_none();
  for (size_t at = 0; at < missing_count && error.code == 0; at += DAYS_A_STATEMENT) {
    const size_t rest = missing_count - at;
    error = make_missing(partitions, connection, arena, missing + at, rest < DAYS_A_STATEMENT ? rest : DAYS_A_STATEMENT);
  }
  arena_free(arena);
  return error;
}
