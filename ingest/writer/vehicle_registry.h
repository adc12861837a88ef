/* The vehicles that the writer knows: name -> id, and what it remembers of each to judge the next breadcrumb.
 *
 * Owns its entries; pointers stay valid until vehicle_registry_forget. New names are registered in the database.
 * Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_VEHICLE_REGISTRY_H
#define CRUMBTRAIL_INGEST_WRITER_VEHICLE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"
#include "server/db/connection.h"

/* The order of a vehicle's breadcrumbs. */
struct breadcrumb_key {
  int64_t recorded_at_us;
  int64_t version;
};

enum { NOT_SLOW = 0 };

/* A stored fix beside a gap; when none is there, `key` is how far was looked. */
struct gap_side {
  bool is_there;
  struct breadcrumb_key key;
  double longitude_deg;
  double latitude_deg;
  int16_t flags;
};

/* Between its sides no fix (neither at 0,0 nor in the future) is stored. Holds while `generation` is the writer's. */
struct gap {
  uint64_t generation;
  struct gap_side before;
  struct gap_side after;
};

struct vehicle_state {
  int64_t vehicle_id;
  struct text name;
  /* What stands below holds while nobody else writes: it counts only when this is the writer's generation. */
  uint64_t generation;
  bool has_newest;   /* neither at 0,0 nor in the future */
  bool has_position; /* unflagged */
  struct breadcrumb_key newest;
  double newest_longitude_deg;
  double newest_latitude_deg;
  struct breadcrumb_key position;
  int64_t slow_since_us; /* of the position; NOT_SLOW when it moves */
  struct gap gaps[2];    /* before and after the last late breadcrumb: what comes late comes in a row */
};

struct vehicle_registry;

struct vehicle_registry *vehicle_registry_new(void);
void vehicle_registry_free(struct vehicle_registry *registry); /* accepts NULL */
void vehicle_registry_forget(struct vehicle_registry *registry);
/* NULL when it is not known. */
struct vehicle_state *vehicle_registry_find(const struct vehicle_registry *registry, struct text name);
struct vehicle_state *vehicle_registry_add(struct vehicle_registry *registry, struct text name, int64_t vehicle_id);

/* Afterwards all of the names are known, registered at `now_us` when they are new. Vehicles made here have sent nothing yet,
 * so their (empty) state is complete in `generation`. In transactions of its own: call it before BEGIN. */
struct error vehicle_registry_resolve(struct vehicle_registry *registry, struct db_connection *connection, struct arena *arena,
                                      const struct text *names, size_t count, int64_t now_us,
                                      uint64_t generation) ERROR_MUST_CHECK;

static inline int breadcrumb_key_compare(struct breadcrumb_key a, struct breadcrumb_key b)
{
  if (a.recorded_at_us != b.recorded_at_us) {
    return a.recorded_at_us < b.recorded_at_us ? -1 : 1;
  }
  return (a.version > b.version) - (a.version < b.version);
}

#endif
