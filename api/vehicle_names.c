#include "api/vehicle_names.h"

#include <pthread.h>
#include <stdlib.h>

#include "api_sql.h"

struct name {
  int64_t vehicle_id; /* 0: free */
  struct text text;
};

struct vehicle_names {
  pthread_rwlock_t lock;
  struct name *slots; /* open addressing, at most half full */
  size_t slot_count;  /* a power of two */
  size_t used;
  struct arena *texts;
};

enum { FIRST_SLOTS = 1024, TEXTS_FIRST_BYTES = 64 * 1024 };

static struct name *slots_new(size_t count)
{
  struct name *slots = calloc(count, sizeof *slots);
  if (slots == NULL) {
    abort();
  }
  return slots;
}

struct vehicle_names *vehicle_names_new(void)
{
  struct vehicle_names *names = calloc(1, sizeof *names);
  if (names == NULL) {
    abort();
  }
  pthread_rwlock_init(&names->lock, NULL);
  names->slot_count = FIRST_SLOTS;
  names->slots = slots_new(FIRST_SLOTS);
  names->texts = arena_new(TEXTS_FIRST_BYTES);
  return names;
}

void vehicle_names_free(struct vehicle_names *names)
{
  if (names == NULL) {
    return;
  }
  pthread_rwlock_destroy(&names->lock);
  arena_free(names->texts);
  free(names->slots);
  free(names);
}

/* The slot of the id, or the free one where it belongs. */
static struct name *slot_of(struct name *slots, size_t slot_count, int64_t vehicle_id)
{
  size_t at = (size_t)((uint64_t)vehicle_id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (slot_count - 1);
  while (slots[at].vehicle_id != 0 && slots[at].vehicle_id != vehicle_id) {
    at = (at + 1) & (slot_count - 1);
  }
  return &slots[at];
}

static void grow(struct vehicle_names *names)
{
  const size_t slot_count = names->slot_count * 2;
  struct name *slots = slots_new(slot_count);
  for (size_t i = 0; i < names->slot_count; i++) {
    if (names->slots[i].vehicle_id != 0) {
      *slot_of(slots, slot_count, names->slots[i].vehicle_id) = names->slots[i];
    }
  }
  free(names->slots);
  names->slots = slots;
  names->slot_count = slot_count;
}

struct text vehicle_names_find(struct vehicle_names *names, int64_t vehicle_id)
{
  pthread_rwlock_rdlock(&names->lock);
  const struct text text = slot_of(names->slots, names->slot_count, vehicle_id)->text;
  pthread_rwlock_unlock(&names->lock);
  return text;
}

void vehicle_names_add(struct vehicle_names *names, int64_t vehicle_id, struct text name)
{
  pthread_rwlock_wrlock(&names->lock);
  struct name *slot = slot_of(names->slots, names->slot_count, vehicle_id);
  if (slot->vehicle_id == 0) {
    *slot = (struct name){vehicle_id, text_copy(names->texts, name)};
    names->used++;
    if (names->used * 2 > names->slot_count) {
      grow(names);
    }
  }
  pthread_rwlock_unlock(&names->lock);
}

/* Returns how many positions are still without a name; their ids go to `missing`. */
static size_t fill_known(struct vehicle_names *names, struct position *positions, size_t count, int64_t *missing)
{
  size_t missing_count = 0;
  pthread_rwlock_rdlock(&names->lock);
  for (size_t i = 0; i < count; i++) {
    if (positions[i].vehicle.data != NULL) {
      continue;
    }
    positions[i].vehicle = slot_of(names->slots, names->slot_count, positions[i].vehicle_id)->text;
    if (positions[i].vehicle.data == NULL && missing != NULL) {
      missing[missing_count++] = positions[i].vehicle_id;
    }
  }
  pthread_rwlock_unlock(&names->lock);
  return missing_count;
}

struct error vehicle_names_fill(struct vehicle_names *names, struct db_connection *connection, struct arena *arena,
                                struct position *positions, size_t count)
{
  int64_t *missing = arena_alloc_array(arena, count, sizeof *missing);
  const size_t missing_count = fill_known(names, positions, count, missing);
  if (missing_count == 0) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, missing, NULL, missing_count);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_LIST_VEHICLE_NAMES, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    vehicle_names_add(names, db_int64(rows, row, 0), db_text(rows, row, 1));
  }
  fill_known(names, positions, count, NULL);
  return error_none();
}
