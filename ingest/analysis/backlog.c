#include "ingest/analysis/backlog.h"

#include <stdlib.h>

#include "ingest_sql.h"

enum { FIRST_CAPACITY = 16 };

void backlog_free(struct backlog *backlog)
{
  free(backlog->entries);
  *backlog = (struct backlog){0};
}

static size_t place_of(const struct backlog *backlog, int64_t vehicle_id)
{
  size_t low = 0;
  size_t high = backlog->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (backlog->entries[middle].vehicle_id < vehicle_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const struct backlog_entry *backlog_find(const struct backlog *backlog, int64_t vehicle_id)
{
  const size_t place = place_of(backlog, vehicle_id);
  return place < backlog->count && backlog->entries[place].vehicle_id == vehicle_id ? &backlog->entries[place] : NULL;
}

void backlog_add(struct backlog *backlog, struct backlog_entry entry)
{
  const size_t place = place_of(backlog, entry.vehicle_id);
  if (place < backlog->count && backlog->entries[place].vehicle_id == entry.vehicle_id) {
    struct backlog_entry *known = &backlog->entries[place];
    known->from_us = entry.from_us < known->from_us ? entry.from_us : known->from_us;
    return;
  }
  if (backlog->count == backlog->capacity) {
    backlog->capacity = backlog->capacity == 0 ? FIRST_CAPACITY : backlog->capacity * 2;
    struct backlog_entry *grown = realloc(backlog->entries, backlog->capacity * sizeof *grown);
    if (grown == NULL) {
      error_out_of_memory(backlog->capacity * sizeof *grown);
    }
    backlog->entries = grown;
  }
  memmove(&backlog->entries[place + 1], &backlog->entries[place], (backlog->count - place) * sizeof entry);
  backlog->entries[place] = entry;
  backlog->count++;
}

void backlog_remove(struct backlog *backlog, int64_t vehicle_id)
{
  const size_t place = place_of(backlog, vehicle_id);
  if (place < backlog->count && backlog->entries[place].vehicle_id == vehicle_id) {
    backlog->count--;
    memmove(&backlog->entries[place], &backlog->entries[place + 1], (backlog->count - place) * sizeof *backlog->entries);
  }
}

struct error backlog_read(struct backlog *backlog, struct db_connection *connection)
{
  const struct db_rows *rows;
  struct arena *scratch = arena_new(4096);
  const struct error error = db_query(connection, scratch, &SQL_LIST_ANALYSIS_BACKLOG, NULL, &rows);
  if (error.code == ERROR_NONE) {
    backlog_free(backlog);
    for (int row = 0; row < db_row_count(rows); row++) {
      backlog_add(backlog, (struct backlog_entry){db_int64(rows, row, 0), db_time(rows, row, 1)});
    }
  }
  arena_free(scratch);
  return error;
}

struct error backlog_write(struct db_connection *connection, struct arena *arena, const struct backlog_entry *entries,
                           size_t count)
{
  if (count == 0) {
    return error_none();
  }
  int64_t *vehicle_ids = arena_alloc_array(arena, count, sizeof *vehicle_ids);
  int64_t *from_us = arena_alloc_array(arena, count, sizeof *from_us);
  for (size_t i = 0; i < count; i++) {
    vehicle_ids[i] = entries[i].vehicle_id;
    from_us[i] = entries[i].from_us;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  db_add_time_array(parameters, from_us, NULL, count);
  return db_run(connection, &SQL_UPSERT_ANALYSIS_BACKLOG, parameters, NULL);
}

struct error backlog_erase(struct db_connection *connection, struct arena *arena, const int64_t *vehicle_ids, size_t count)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, vehicle_ids, NULL, count);
  return count == 0 ? error_none() : db_run(connection, &SQL_DELETE_ANALYSIS_BACKLOG, parameters, NULL);
}
