/* The newest position of every vehicle, and the order in which they changed.
 *
 * Owns a slot per vehicle (slots are never given back; a hidden vehicle keeps its slot, so that a client that resumes learns
 * that it left), the positions in both forms of the stream, and a ring of the last changes. The k-th change ever made stands at
 * ring entry k modulo the ring's size and counts only while it is the newest of its slot, which coalesces: a reader that comes
 * late finds each vehicle once. Thread: the hub's alone. The fields are for reading; only fleet_state.c writes them. */
#ifndef CRUMBTRAIL_API_LIVE_FLEET_STATE_H
#define CRUMBTRAIL_API_LIVE_FLEET_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/position.h"
#include "server/base/text.h"

enum { POSITION_RECORD_BYTES = 24 };
/* A status that changed by time alone may be seen by another server up to this much later. */
enum { STATUS_SETTLES_S = 5 };

struct fleet_slot_json;

/* What decides whether a change concerns a viewer, together in one half of a cache line: every change is compared with every
 * view. */
struct fleet_place {
  double longitude_deg;
  double latitude_deg;
  uint64_t changed; /* number of the slot's newest change */
  bool is_hidden;
};

struct fleet_state {
  uint32_t count;
  uint32_t capacity;
  int64_t head; /* every change up to this seq is in here */
  int64_t silent_after_us;

  struct position *positions; /* by slot, as the following; names are owned */
  struct fleet_place *places;
  uint8_t *status;
  uint8_t *by_time;           /* the last change was one of status, by time alone */
  int64_t *status_head;       /* `head` when the status last changed by time; -1: never */
  int64_t *status_changed_us; /* when it did */
  uint8_t (*records)[POSITION_RECORD_BYTES];
  struct fleet_slot_json *json;

  uint64_t change_count; /* changes ever made */
  uint32_t *ring;        /* slot of each change */
  uint32_t ring_size;    /* a power of two */

  uint32_t *by_vehicle_id; /* open addressing: slot + 1, 0 is free */
  uint32_t by_vehicle_id_size;
};

struct fleet_state *fleet_state_new(uint32_t ring_size, int64_t silent_after_us);
void fleet_state_free(struct fleet_state *fleet); /* accepts NULL */

/* Takes a position over, copying its texts. False when it is not newer (by seq) than what is known. */
bool fleet_state_apply(struct fleet_state *fleet, const struct position *position, bool hidden, int64_t now_us);
void fleet_state_set_head(struct fleet_state *fleet, int64_t head);
/* Notes a change for each vehicle whose status changed because time went by. Call it about once a second. Returns how many. */
uint32_t fleet_state_sweep(struct fleet_state *fleet, int64_t now_us);
/* After the first complete read: statuses that time changed may be news to a client of an earlier process. */
void fleet_state_mark_restored(struct fleet_state *fleet);

/* The slot of a vehicle; UINT32_MAX when it is unknown. */
uint32_t fleet_state_find(const struct fleet_state *fleet, int64_t vehicle_id);
/* {"vehicle_id":...}, valid until the next change. */
struct text fleet_state_json(struct fleet_state *fleet, uint32_t slot);

static inline bool fleet_state_ring_holds(const struct fleet_state *fleet, uint64_t change)
{
  return change + fleet->ring_size >= fleet->change_count;
}

/* The 24 bytes of a binary frame. */
void position_encode_record(const struct position *position, enum vehicle_status status, uint8_t out[POSITION_RECORD_BYTES]);

#endif
