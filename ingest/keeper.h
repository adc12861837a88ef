/* The keeper: a thread that makes the partitions of the coming days, at start and every hour.
 *
 * Owns: its thread, one connection while it works (none in between). A database that is away is tried again with back-off. */
#ifndef CRUMBTRAIL_INGEST_KEEPER_H
#define CRUMBTRAIL_INGEST_KEEPER_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"
#include "server/metrics.h"

struct keeper;

struct keeper_settings {
  struct db_settings database; /* its texts are borrowed until keeper_stop */
  int64_t partitions_ahead_days;
  struct metrics *metrics; /* crumbtrail_partitions_ahead_days: how far the partitions reach */
};

struct error keeper_start(struct keeper_settings settings, struct keeper **keeper) ERROR_MUST_CHECK;
/* Ends the thread at once, or after the statement that runs; accepts NULL. Thread: main. */
void keeper_stop(struct keeper *keeper);

#endif
