#include "ingest/writer/vehicle_registry.h"

#include <stdlib.h>

#include "ingest_sql.h"
#include "server/log.h"

struct slot {
  uint64_t hash;
  struct vehicle_state *vehicle; /* NULL: free */
};

/* Open addressing, at most half full. */
struct vehicle_registry {
  struct slot *slots;
  size_t slot_count;
  size_t count;
  struct arena *arena;
};

enum { FIRST_SLOTS = 1024, FIRST_BLOCK_BYTES = 64 * 1024 };

static uint64_t hash_of(struct text name)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ name.length;
  size_t i = 0;
  for (; i + 8 <= name.length; i += 8) {
    uint64_t word;
    memcpy(&word, name.data + i, sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  for (; i < name.length; i++) {
    hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001b3);
  }
  return hash ^ (hash >> 32);
}

static void make_slots(struct vehicle_registry *registry, size_t slot_count)
{
  registry->slots = calloc(slot_count, sizeof *registry->slots);
  if (registry->slots == NULL) {
    abort();
  }
  registry->slot_count = slot_count;
}

struct vehicle_registry *vehicle_registry_new(void)
{
  struct vehicle_registry *registry = calloc(1, sizeof *registry);
  if (registry == NULL) {
    abort();
  }
  registry->arena = arena_new(FIRST_BLOCK_BYTES);
  make_slots(registry, FIRST_SLOTS);
  return registry;
}

void vehicle_registry_free(struct vehicle_registry *registry)
{
  if (registry != NULL) {
    arena_free(registry->arena);
    free(registry->slots);
    free(registry);
  }
}

void vehicle_registry_forget(struct vehicle_registry *registry)
{
  free(registry->slots);
  arena_reset(registry->arena);
  registry->count = 0;
  make_slots(registry, FIRST_SLOTS);
}

/* The slot that holds the name, or the free one where it belongs. */
static struct slot *slot_of(const struct vehicle_registry *registry, struct text name, uint64_t hash)
{
  size_t at = hash & (registry->slot_count - 1);
  while (registry->slots[at].vehicle != NULL &&
         (registry->slots[at].hash != hash || !text_equal(registry->slots[at].vehicle->name, name))) {
    at = (at + 1) & (registry->slot_count - 1);
  }
  return &registry->slots[at];
}

struct vehicle_state *vehicle_registry_find(const struct vehicle_registry *registry, struct text name)
{
  return slot_of(registry, name, hash_of(name))->vehicle;
}

static void double_slots(struct vehicle_registry *registry)
{
  struct slot *old = registry->slots;
  size_t old_count = registry->slot_count;
  make_slots(registry, old_count * 2);
  for (size_t i = 0; i < old_count; i++) {
    if (old[i].vehicle != NULL) {
      *slot_of(registry, old[i].vehicle->name, old[i].hash) = old[i];
    }
  }
  free(old);
}

struct vehicle_state *vehicle_registry_add(struct vehicle_registry *registry, struct text name, int64_t vehicle_id)
{
  uint64_t hash = hash_of(name);
  struct slot *slot = slot_of(registry, name, hash);
  if (slot->vehicle != NULL) {
    return slot->vehicle;
  }
  struct vehicle_state *vehicle = arena_alloc(registry->arena, sizeof *vehicle);
  vehicle->vehicle_id = vehicle_id;
  vehicle->name = text_copy(registry->arena, name);
  *slot = (struct slot){hash, vehicle};
  registry->count++;
  if (registry->count * 2 > registry->slot_count) {
    double_slots(registry);
  }
  return vehicle;
}

static struct error take_vehicles(struct vehicle_registry *registry, struct db_connection *connection, struct arena *arena,
                                  const struct text *names, size_t count)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, names, count);
  TRY(db_query(connection, arena, &SQL_SELECT_VEHICLES, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    (void)vehicle_registry_add(registry, db_text(rows, row, 1), db_int64(rows, row, 0));
  }
  return error_none();
}

static struct error register_vehicles(struct vehicle_registry *registry, struct db_connection *connection, struct arena *arena,
                                      const struct text *names, size_t count, int64_t now_us, uint64_t generation)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, names, count);
  db_add_time(parameters, now_us);
  TRY(db_query(connection, arena, &SQL_INSERT_VEHICLES, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    struct vehicle_state *vehicle = vehicle_registry_add(registry, db_text(rows, row, 1), db_int64(rows, row, 0));
    vehicle->generation = generation;
  }
  LOG_INFO("vehicles_registered", "count=%d", db_row_count(rows));
  return error_none();
}

/* The names among these that are still unknown, in place. */
static size_t keep_unknown(const struct vehicle_registry *registry, struct text *names, size_t count)
{
  size_t unknown = 0;
  for (size_t i = 0; i < count; i++) {
    if (vehicle_registry_find(registry, names[i]) == NULL) {
      names[unknown++] = names[i];
    }
  }
  return unknown;
}

struct error vehicle_registry_resolve(struct vehicle_registry *registry, struct db_connection *connection, struct arena *arena,
                                      const struct text *names, size_t count, int64_t now_us, uint64_t generation)
{
  if (count == 0) {
    return error_none();
  }
  struct text *unknown = arena_alloc_array(arena, count, sizeof *unknown);
  memcpy(unknown, names, count * sizeof *unknown);
  size_t unknown_count = keep_unknown(registry, unknown, count);
  if (unknown_count == 0) {
    return error_none();
  }
  TRY(take_vehicles(registry, connection, arena, unknown, unknown_count));
  unknown_count = keep_unknown(registry, unknown, unknown_count);
  if (unknown_count == 0) {
    return error_none();
  }
  TRY(register_vehicles(registry, connection, arena, unknown, unknown_count, now_us, generation));
  unknown_count = keep_unknown(registry, unknown, unknown_count);
  if (unknown_count == 0) {
    return error_none();
  }
  /* Another server registered them between the two statements. */
  TRY(take_vehicles(registry, connection, arena, unknown, unknown_count));
  if (keep_unknown(registry, unknown, unknown_count) != 0) {
    return error_make(ERROR_INTERNAL, "vehicles could not be registered");
  }
  return error_none();
}
