/* The breadcrumbs of one transaction: each once, in the order of their keys, and whose delivery brought them.
 *
 * Lives in the batch's arena and borrows from deliveries and registry. Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/writer/batch_writer.h"
#include "ingest/events/flags.h"
#include "ingest/writer/vehicle_registry.h"
#include "server/base/arena.h"

struct batch_row {
  struct vehicle_state *vehicle;
  const struct breadcrumb *breadcrumb;
  struct delivery *delivery;
  struct breadcrumb_key key;
  uint8_t flags;
  bool exists;           /* in the database already: a duplicate */
  uint8_t stored_source; /* by which it came first, when it exists */
};

/* A stored breadcrumb whose flags change because it has a new predecessor. */
struct flag_correction {
  int64_t vehicle_id;
  struct breadcrumb_key key;
  int16_t flags;
  struct vehicle_state *vehicle;
};

struct batch {
  struct arena *arena;
  struct delivery **deliveries;
  size_t delivery_count;
  struct batch_row *rows; /* by (vehicle, recorded_at, version) */
  size_t row_count;
  size_t repeated_count; /* keys that came more than once within the batch */
  size_t reject_count;
  struct flag_correction *corrections;
  size_t correction_count;
};

/* Names of the vehicles, one per run of equal names in order of arrival; repeats are possible. */
struct text *batch_vehicle_names(struct arena *arena, struct delivery *const *deliveries, size_t delivery_count, size_t *count);

/* All vehicles must be in the registry. Sets the counts of the deliveries to zero, but for what repeats within the batch. */
void batch_make(struct arena *arena, struct delivery **deliveries, size_t delivery_count,
                const struct vehicle_registry *registry, struct batch *batch);

static inline struct fix batch_row_fix(const struct batch_row *row)
{
  return (struct fix){row->key.recorded_at_us, row->breadcrumb->longitude_deg, row->breadcrumb->latitude_deg};
}

/* Counts as a fix: neither at 0,0 nor in the future. */
static inline bool batch_row_is_fix(const struct batch_row *row)
{
  return (row->flags & FLAGS_NO_PREDECESSOR) == 0;
}

/* It is stored already, and came by that source. */
static inline void batch_row_found(struct batch_row *row, int64_t stored_source)
{
  row->exists = true;
  row->stored_source = (uint8_t)stored_source;
}

/* The nearest new row of the same vehicle, before (-1) or after (+1), that counts as a fix. NULL: none. */
const struct batch_row *batch_row_beside(const struct batch *batch, const struct batch_row *row, int step);

/* Sets the flag `jump` of the row when it lies too far from the fix before it. */
void batch_row_follows(struct batch_row *row, struct fix previous);

#endif
