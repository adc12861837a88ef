#include "api/time_zones.h"

#include <pthread.h>
#include <stdlib.h>

#include "api_sql.h"

enum { FIRST_BYTES = 64 * 1024 };

struct time_zones {
  pthread_mutex_t mutex; /* one asks the database, the others wait for the answer */
  struct arena *texts;
  struct text *names; /* sorted by their bytes */
  size_t count;       /* 0: not read yet */
};

struct time_zones *time_zones_new(void)
{
  struct time_zones *zones = calloc(1, sizeof *zones);
  if (zones == NULL) {
    abort();
  }
  pthread_mutex_init(&zones->mutex, NULL);
  zones->texts = arena_new(FIRST_BYTES);
  return zones;
}

void time_zones_free(struct time_zones *zones)
{
  if (zones == NULL) {
    return;
  }
  pthread_mutex_destroy(&zones->mutex);
  arena_free(zones->texts);
  free(zones);
}

static struct error read_names(struct time_zones *zones, struct arena *arena, struct db_connection *connection)
{
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_LIST_TIME_ZONES, NULL, &rows));
  const size_t count = (size_t)db_row_count(rows);
  zones->names = arena_alloc_array(zones->texts, count, sizeof *zones->names);
  for (size_t i = 0; i < count; i++) {
    zones->names[i] = text_copy(zones->texts, db_text(rows, (int)i, 0));
  }
  zones->count = count;
  return error_none();
}

static int compare_texts(const void *left, const void *right)
{
  const struct text *a = left;
  const struct text *b = right;
  const size_t shorter = a->length < b->length ? a->length : b->length;
  const int order = memcmp(a->data, b->data, shorter);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

struct error parameter_time_zone(struct time_zones *zones, struct request *request, struct db_connection *connection,
                                 struct text *zone)
{
  struct text value;
  struct error error = error_none();
  if (!request_parameter_find(request, "tz", &value)) {
    return error;
  }
  pthread_mutex_lock(&zones->mutex);
  if (zones->count == 0) {
    error = read_names(zones, request_arena(request), connection);
  }
  const bool is_known =
      zones->count > 0 && bsearch(&value, zones->names, zones->count, sizeof *zones->names, compare_texts) != NULL;
  pthread_mutex_unlock(&zones->mutex);
  TRY(error);
  if (!is_known) {
    return error_at(ERROR_BAD_INPUT, "tz", "expected a time zone like Europe/Berlin or UTC");
  }
  *zone = value;
  return error_none();
}
