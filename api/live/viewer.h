/* One client's view of the fleet: what it has been told, and what it is to be told next.
 *
 * Owns its copy of the view and its marks; borrows the fleet state. It knows nothing of sockets: the hub asks for the next
 * content when the client's socket can take a frame, and what nobody asked for is not made, so a slow client gets fewer and
 * newer frames. Thread: the hub's alone. */
#ifndef CRUMBTRAIL_API_LIVE_VIEWER_H
#define CRUMBTRAIL_API_LIVE_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/live/fleet_state.h"
#include "api/live/subscription.h"

struct viewer;

enum { CONTENT_SNAPSHOT = 1, CONTENT_UPDATE = 2 }; /* as on the wire */

/* One frame before it is written: slots of the fleet state whose positions it carries, and vehicles that left the view. */
struct frame_content {
  int kind;
  uint16_t part; /* from 1 */
  uint16_t parts;
  int64_t seq;
  const uint32_t *slots;
  uint32_t slot_count;
  const uint32_t *removed_slots;
  uint32_t removed_count;
  int64_t oldest_received_at_us; /* of what came from the database since it was last sent; INT64_MAX: nothing */
};

/* Room for one content, shared by all viewers of a thread. */
enum {
  SNAPSHOT_PART_MAX_JSON = 256,
  SNAPSHOT_PART_MAX_BINARY = 2560,
  UPDATE_MAX_JSON = 2048,
  UPDATE_MAX_BINARY = 16384,
  REMOVED_MAX = 16384
};
struct frame_scratch {
  uint32_t slots[UPDATE_MAX_BINARY];
  uint32_t removed[REMOVED_MAX];
};

struct viewer *viewer_new(void);
void viewer_free(struct viewer *viewer); /* accepts NULL */

/* Begins anew with this subscription. True: it resumes (the caller has compared the epoch and allows it) and misses nothing
 * after subscription->resume_seq; false: a snapshot follows. */
bool viewer_subscribe(struct viewer *viewer, const struct fleet_state *fleet, const struct subscription *subscription,
                      bool epoch_is_known);

/* The next snapshot part or what is left of a resumption, to be sent as soon as the socket allows. */
bool viewer_is_catching_up(const struct viewer *viewer);
/* Something may have changed since the last content. */
bool viewer_is_behind(const struct viewer *viewer, const struct fleet_state *fleet);
/* Fills *content from the scratch; false when there is nothing to tell (viewer_seq has then advanced). */
bool viewer_next(struct viewer *viewer, const struct fleet_state *fleet, struct frame_scratch *scratch,
                 struct frame_content *content);

bool viewer_is_binary(const struct viewer *viewer);
/* Whether the view is of this vehicle, wherever it is. */
bool viewer_selects_vehicle(const struct viewer *viewer, int64_t vehicle_id, struct text name);
/* The client knows everything up to here; 0 until its snapshot is complete. */
int64_t viewer_seq(const struct viewer *viewer);
/* True the first time for each slot: its name must be told before its id is used. */
bool viewer_mark_named(struct viewer *viewer, uint32_t slot);

#endif
