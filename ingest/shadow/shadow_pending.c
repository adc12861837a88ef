#include "ingest/shadow/shadow_pending.h"

#include <stdlib.h>

enum { ARENA_FIRST_BYTES = 64 * 1024, SLOTS_FIRST = 256, NO_ENTRY = 0, STRANGERS_MAX = 1000 };

struct shadow_pending {
  size_t bytes_max;
  struct arena *arena;
  struct shadow_entry *entries;
  size_t count;
  size_t capacity;
  uint32_t *slots; /* index of the entry + 1; open addressing, at most half full */
  size_t slot_count;
  struct shadow_text *strangers;
  size_t stranger_count;
};

static void *must_have(void *memory, size_t bytes)
{
  if (memory == NULL) {
    error_out_of_memory(bytes);
  }
  return memory;
}

struct shadow_pending *shadow_pending_new(size_t bytes_max)
{
  struct shadow_pending *pending = must_have(calloc(1, sizeof *pending), sizeof *pending);
  pending->bytes_max = bytes_max;
  pending->arena = arena_new(ARENA_FIRST_BYTES);
  pending->slot_count = SLOTS_FIRST;
  pending->slots = must_have(calloc(SLOTS_FIRST, sizeof *pending->slots), SLOTS_FIRST);
  return pending;
}

void shadow_pending_free(struct shadow_pending *pending)
{
  if (pending != NULL) {
    arena_free(pending->arena);
    free(pending->entries);
    free(pending->slots);
    free(pending);
  }
}

void shadow_pending_clear(struct shadow_pending *pending)
{
  arena_reset(pending->arena);
  pending->count = 0;
  pending->strangers = NULL;
  pending->stranger_count = 0;
  memset(pending->slots, 0, pending->slot_count * sizeof *pending->slots);
}

/* Ids count up from 1: a multiplication spreads them (Fibonacci hashing). */
static size_t slot_of(const struct shadow_pending *pending, int64_t vehicle_id)
{
  uint64_t mixed = (uint64_t)vehicle_id * UINT64_C(0x9e3779b97f4a7c15);
  size_t slot = (size_t)(mixed >> 32) & (pending->slot_count - 1);
  while (pending->slots[slot] != NO_ENTRY && pending->entries[pending->slots[slot] - 1].vehicle_id != vehicle_id) {
    slot = (slot + 1) & (pending->slot_count - 1);
  }
  return slot;
}

static void grow(struct shadow_pending *pending)
{
  if (pending->count == pending->capacity) {
    pending->capacity = pending->capacity == 0 ? SLOTS_FIRST / 2 : pending->capacity * 2;
    size_t bytes = pending->capacity * sizeof *pending->entries;
    pending->entries = must_have(realloc(pending->entries, bytes), bytes);
  }
  if (2 * (pending->count + 1) <= pending->slot_count) {
    return;
  }
  free(pending->slots);
  pending->slot_count *= 2;
  pending->slots = must_have(calloc(pending->slot_count, sizeof *pending->slots), pending->slot_count);
  for (size_t i = 0; i < pending->count; i++) {
    pending->slots[slot_of(pending, pending->entries[i].vehicle_id)] = (uint32_t)i + 1;
  }
}

static bool has_room(const struct shadow_pending *pending, size_t bytes)
{
  return shadow_pending_bytes(pending) + bytes <= pending->bytes_max;
}

static struct shadow_entry *entry_of(struct shadow_pending *pending, int64_t vehicle_id)
{
  size_t slot = slot_of(pending, vehicle_id);
  if (pending->slots[slot] != NO_ENTRY) {
    return &pending->entries[pending->slots[slot] - 1];
  }
  grow(pending);
  slot = slot_of(pending, vehicle_id);
  struct shadow_entry *entry = &pending->entries[pending->count++];
  *entry = (struct shadow_entry){.vehicle_id = vehicle_id};
  pending->slots[slot] = (uint32_t)pending->count;
  return entry;
}

bool shadow_pending_put(struct shadow_pending *pending, int64_t vehicle_id, struct shadow_mark mark, int64_t received_at_us,
                        struct text text)
{
  struct shadow_entry *entry = entry_of(pending, vehicle_id);
  bool is_newer = entry->whole.text.data == NULL || shadow_is_after(mark, entry->mark);
  if (!is_newer || text.length == 0) {
    return true;
  }
  char *room = (char *)entry->whole.text.data;
  if (room == NULL || entry->whole_capacity < text.length) {
    /* Some more, so that the next one of this vehicle takes the same place. */
    size_t capacity = text.length + text.length / 8;
    if (!has_room(pending, capacity)) {
      return false;
    }
    room = arena_alloc_bytes(pending->arena, capacity);
    entry->whole_capacity = capacity;
  }
  memcpy(room, text.data, text.length);
  entry->whole = (struct shadow_text){.form = SHADOW_WHOLE, .text = {room, text.length}, .received_at_us = received_at_us};
  entry->mark = mark;
  return true;
}

static bool add(struct shadow_pending *pending, const struct shadow_text *text, struct shadow_text **list)
{
  struct shadow_text *added = arena_alloc_bytes(pending->arena, sizeof *added);
  *added = *text;
  added->text = text_copy(pending->arena, text->text);
  added->name = text_copy(pending->arena, text->name);
  added->vehicle = text_copy(pending->arena, text->vehicle);
  added->next = *list;
  *list = added;
  return true;
}

static bool takes(const struct shadow_pending *pending, const struct shadow_text *text)
{
  return has_room(pending, text->text.length + text->name.length + text->vehicle.length + sizeof *text);
}

bool shadow_pending_add(struct shadow_pending *pending, int64_t vehicle_id, const struct shadow_text *text)
{
  return takes(pending, text) && add(pending, text, &entry_of(pending, vehicle_id)->others);
}

bool shadow_pending_add_stranger(struct shadow_pending *pending, const struct shadow_text *text)
{
  if (pending->stranger_count == STRANGERS_MAX || !takes(pending, text)) {
    return false;
  }
  pending->stranger_count++;
  return add(pending, text, &pending->strangers);
}

struct shadow_text *shadow_pending_strangers(const struct shadow_pending *pending)
{
  return pending->strangers;
}

void shadow_pending_introduce(struct shadow_pending *pending, const int64_t *ids)
{
  struct shadow_text *stranger = pending->strangers;
  for (size_t i = 0; stranger != NULL; i++) {
    struct shadow_text *next = stranger->next;
    if (ids[i] != 0) {
      struct shadow_entry *entry = entry_of(pending, ids[i]);
      stranger->next = entry->others;
      entry->others = stranger;
    }
    stranger = next;
  }
  pending->strangers = NULL;
  pending->stranger_count = 0;
}

size_t shadow_pending_count(const struct shadow_pending *pending)
{
  return pending->count;
}

size_t shadow_pending_bytes(const struct shadow_pending *pending)
{
  return arena_used_bytes(pending->arena);
}

const struct shadow_entry *shadow_pending_at(const struct shadow_pending *pending, size_t index)
{
  return &pending->entries[index];
}
