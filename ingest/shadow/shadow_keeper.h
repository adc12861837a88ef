/* The shadow keeper: a thread that stores the newest shadow of each thing and confirms what was asked of it.
 *
 * The writer hands over what each committed batch says of shadows, as texts; here they are read, put together and stored in
 * sets, every second when that takes little and less often when it takes more, so that many vehicles cost no more than a small
 * share of a processor. Vehicles that a change of the desired state waits for go first. What was not stored when the process
 * died is behind until its thing reports again, or AWS is asked (ingest/shadow_refresh.h). Owns: its thread, one connection,
 * the texts that wait (bounded). Thread: start and stop from main; the others say. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_KEEPER_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_KEEPER_H

#include "ingest/shadow/shadow_pending.h"
#include "server/base/error.h"
#include "server/db/connection.h"
#include "server/metrics.h"

struct batch;
struct shadow_keeper;
struct vehicle_registry;

struct shadow_keeper_settings {
  struct db_settings database; /* its texts are borrowed until shadow_keeper_stop */
  struct metrics *metrics;     /* may be NULL */
};

struct error shadow_keeper_start(struct shadow_keeper_settings settings, struct shadow_keeper **keeper) ERROR_MUST_CHECK;
/* Stores what waits, within grace_ms, and frees. After those who hand over have stopped. Accepts NULL. */
void shadow_keeper_stop(struct shadow_keeper *keeper, int grace_ms);

/* What a batch says of shadows; after its commit, before its deliveries end. Copies the newest of each vehicle.
 * Thread: the writer's. */
void shadow_keeper_take(struct shadow_keeper *keeper, const struct batch *batch, const struct vehicle_registry *registry);

/* One text of one vehicle, copied. Thread: any. */
void shadow_keeper_offer(struct shadow_keeper *keeper, int64_t vehicle_id, const struct shadow_text *text);

#endif
