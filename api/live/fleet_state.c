#include "api/live/fleet_state.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/json/writer.h"

struct fleet_slot_json {
  char *data;
  uint32_t length;
  uint32_t capacity;
  bool current;
};

static void *resized(void *memory, size_t count, size_t size)
{
  void *grown = reallocarray(memory, count, size);
  if (grown == NULL) {
    abort();
  }
  return grown;
}

struct fleet_state *fleet_state_new(uint32_t ring_size, int64_t silent_after_us)
{
  assert(ring_size != 0 && (ring_size & (ring_size - 1)) == 0);
  struct fleet_state *fleet = calloc(1, sizeof *fleet);
  if (fleet == NULL) {
    abort();
  }
  fleet->silent_after_us = silent_after_us;
  fleet->ring_size = ring_size;
  fleet->ring = resized(NULL, ring_size, sizeof *fleet->ring);
  return fleet;
}

void fleet_state_free(struct fleet_state *fleet)
{
  if (fleet == NULL) {
    return;
  }
  for (uint32_t slot = 0; slot < fleet->count; slot++) {
    free((char *)(uintptr_t)fleet->positions[slot].vehicle.data);
    free(fleet->json[slot].data);
  }
  free(fleet->positions);
  free(fleet->places);
  free(fleet->status);
  free(fleet->by_time);
  free(fleet->status_head);
  free(fleet->status_changed_us);
  free(fleet->records);
  free(fleet->json);
  free(fleet->ring);
  free(fleet->by_vehicle_id);
  free(fleet);
}

static uint32_t index_start(const struct fleet_state *fleet, int64_t vehicle_id)
{
  uint64_t hash = (uint64_t)vehicle_id * UINT64_C(0x9E3779B97F4A7C15);
  return (uint32_t)(hash >> 32) & (fleet->by_vehicle_id_size - 1);
}

static void index_slot(struct fleet_state *fleet, uint32_t slot)
{
  uint32_t at = index_start(fleet, fleet->positions[slot].vehicle_id);
  while (fleet->by_vehicle_id[at] != 0) {
    at = (at + 1) & (fleet->by_vehicle_id_size - 1);
  }
  fleet->by_vehicle_id[at] = slot + 1;
}

uint32_t fleet_state_find(const struct fleet_state *fleet, int64_t vehicle_id)
{
  if (fleet->count == 0) {
    return UINT32_MAX;
  }
  uint32_t at = index_start(fleet, vehicle_id);
  while (fleet->by_vehicle_id[at] != 0) {
    uint32_t slot = fleet->by_vehicle_id[at] - 1;
    if (fleet->positions[slot].vehicle_id == vehicle_id) {
      return slot;
    }
    at = (at + 1) & (fleet->by_vehicle_id_size - 1);
  }
  return UINT32_MAX;
}

static void grow(struct fleet_state *fleet)
{
  uint32_t capacity = fleet->capacity == 0 ? 256 : fleet->capacity * 2;
  fleet->capacity = capacity;
  fleet->positions = resized(fleet->positions, capacity, sizeof *fleet->positions);
  fleet->places = resized(fleet->places, capacity, sizeof *fleet->places);
  fleet->status = resized(fleet->status, capacity, sizeof *fleet->status);
  fleet->by_time = resized(fleet->by_time, capacity, sizeof *fleet->by_time);
  fleet->status_head = resized(fleet->status_head, capacity, sizeof *fleet->status_head);
  fleet->status_changed_us = resized(fleet->status_changed_us, capacity, sizeof *fleet->status_changed_us);
  fleet->records = resized(fleet->records, capacity, sizeof *fleet->records);
  fleet->json = resized(fleet->json, capacity, sizeof *fleet->json);

  free(fleet->by_vehicle_id);
  fleet->by_vehicle_id_size = capacity * 2;
  fleet->by_vehicle_id = calloc(fleet->by_vehicle_id_size, sizeof *fleet->by_vehicle_id);
  if (fleet->by_vehicle_id == NULL) {
    abort();
  }
  for (uint32_t slot = 0; slot < fleet->count; slot++) {
    index_slot(fleet, slot);
  }
}

static uint32_t add_slot(struct fleet_state *fleet, int64_t vehicle_id)
{
  if (fleet->count == fleet->capacity) {
    grow(fleet);
  }
  uint32_t slot = fleet->count++;
  fleet->positions[slot] = (struct position){.vehicle_id = vehicle_id, .seq = INT64_MIN};
  fleet->places[slot] = (struct fleet_place){0};
  fleet->json[slot] = (struct fleet_slot_json){0};
  fleet->status_head[slot] = -1;
  fleet->status_changed_us[slot] = INT64_MIN / 2;
  index_slot(fleet, slot);
  return slot;
}

static struct text own_name(struct text owned, struct text name)
{
  if (owned.data != NULL && text_equal(owned, name)) {
    return owned;
  }
  char *data = resized((char *)(uintptr_t)owned.data, name.length + 1, 1);
  if (name.length != 0) {
    memcpy(data, name.data, name.length);
  }
  return (struct text){data, name.length};
}

static void note_change(struct fleet_state *fleet, uint32_t slot)
{
  fleet->json[slot].current = false;
  position_encode_record(&fleet->positions[slot], fleet->status[slot], fleet->records[slot]);
  fleet->ring[fleet->change_count & (fleet->ring_size - 1)] = slot;
  fleet->places[slot].changed = fleet->change_count++;
}

bool fleet_state_apply(struct fleet_state *fleet, const struct position *position, bool hidden, int64_t now_us)
{
  uint32_t slot = fleet_state_find(fleet, position->vehicle_id);
  if (slot == UINT32_MAX) {
    slot = add_slot(fleet, position->vehicle_id);
  }
  struct position *stored = &fleet->positions[slot];
  if (position->seq <= stored->seq) {
    return false;
  }
  struct text name = own_name(stored->vehicle, position->vehicle);
  *stored = *position;
  stored->vehicle = name;
  fleet->places[slot].longitude_deg = position->longitude_deg;
  fleet->places[slot].latitude_deg = position->latitude_deg;
  fleet->places[slot].is_hidden = hidden;
  fleet->by_time[slot] = false;
  fleet->status[slot] = (uint8_t)position_status(stored, now_us, fleet->silent_after_us);
  note_change(fleet, slot);
  return true;
}

void fleet_state_set_head(struct fleet_state *fleet, int64_t head)
{
  fleet->head = head;
}

uint32_t fleet_state_sweep(struct fleet_state *fleet, int64_t now_us)
{
  uint32_t changed = 0;
  for (uint32_t slot = 0; slot < fleet->count; slot++) {
    uint8_t status = (uint8_t)position_status(&fleet->positions[slot], now_us, fleet->silent_after_us);
    if (status != fleet->status[slot]) {
      fleet->status[slot] = status;
      fleet->status_changed_us[slot] = now_us;
      fleet->by_time[slot] = true;
      note_change(fleet, slot);
      changed++;
    }
    if (now_us - fleet->status_changed_us[slot] <= STATUS_SETTLES_S * US_PER_SECOND) {
      fleet->status_head[slot] = fleet->head;
    }
  }
  return changed;
}

void fleet_state_mark_restored(struct fleet_state *fleet)
{
  for (uint32_t slot = 0; slot < fleet->count; slot++) {
    const struct position *position = &fleet->positions[slot];
    if (fleet->status[slot] != (uint8_t)position_status(position, position->received_at_us, fleet->silent_after_us)) {
      fleet->status_head[slot] = fleet->head;
    }
  }
}

struct text fleet_state_json(struct fleet_state *fleet, uint32_t slot)
{
  struct fleet_slot_json *json = &fleet->json[slot];
  if (!json->current) {
    struct buffer buffer = {.data = json->data, .length = 0, .capacity = json->capacity};
    struct json_writer writer = json_writer_to(&buffer);
    json_begin_object(&writer);
    position_write_members(&writer, &fleet->positions[slot], fleet->status[slot]);
    json_end_object(&writer);
    *json = (struct fleet_slot_json){buffer.data, (uint32_t)buffer.length, (uint32_t)buffer.capacity, true};
  }
  return (struct text){json->data, json->length};
}

static void put_u16(uint8_t *out, uint16_t value)
{
  out[0] = (uint8_t)value;
  out[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *out, uint32_t value)
{
  put_u16(out, (uint16_t)value);
  put_u16(out + 2, (uint16_t)(value >> 16));
}

static double clamped(double value, double minimum, double maximum)
{
  return value < minimum ? minimum : value > maximum ? maximum : value;
}

static uint16_t speed_tenths(float speed_kmh)
{
  return isnan(speed_kmh) ? UINT16_MAX : (uint16_t)lround(clamped((double)speed_kmh * 10, 0, 65534));
}

static uint16_t heading_tenths(float heading_deg)
{
  if (isnan(heading_deg)) {
    return UINT16_MAX;
  }
  return (uint16_t)(lround(clamped((double)heading_deg * 10, 0, 36000)) % 3600);
}

static uint16_t temperature_hundredths(float temperature_c)
{
  long hundredths = isnan(temperature_c) ? INT16_MIN : lround(clamped((double)temperature_c * 100, INT16_MIN + 1, INT16_MAX));
  return (uint16_t)hundredths;
}

void position_encode_record(const struct position *position, enum vehicle_status status, uint8_t out[POSITION_RECORD_BYTES])
{
  const int64_t whole_s = position->recorded_at_us / US_PER_SECOND;
  const double recorded_at_s = clamped((double)whole_s, 0, UINT32_MAX);
  put_u32(out, (uint32_t)position->vehicle_id);
  put_u32(out + 4, (uint32_t)lround(position->latitude_deg * 1e7));
  put_u32(out + 8, (uint32_t)lround(position->longitude_deg * 1e7));
  put_u32(out + 12, (uint32_t)recorded_at_s);
  put_u16(out + 16, speed_tenths(position->speed_kmh));
  put_u16(out + 18, heading_tenths(position->heading_deg));
  put_u16(out + 20, temperature_hundredths(position->temperature_c));
  out[22] = (uint8_t)((unsigned)status | (unsigned)(position->ignition + 1) << 4);
  out[23] = position->flags;
}
