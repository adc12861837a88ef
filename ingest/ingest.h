/* The write path as a whole: makes its parts in the order in which they need each other, and ends them in reverse.
 *
 * Owns: the receivers of every path, the batch writer, the keeper. main.c knows ingest by this header and the commands'.
 * Thread: main; ingest_is_ready any. */
#ifndef CRUMBTRAIL_INGEST_INGEST_H
#define CRUMBTRAIL_INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/config.h"
#include "server/db/connection.h"
#include "server/http/router.h"

struct metrics;
struct ingest;

struct ingest_settings {
  const struct config *config;
  struct arena *arena;         /* lives as long as the ingest */
  struct db_settings database; /* each part sets its own name and time limit; the texts are borrowed until ingest_free */
  struct metrics *metrics;
};

/* On an error *ingest is what was made so far, to be stopped and freed like a whole one. ERROR_SETUP names the setting. */
struct error ingest_start(struct ingest_settings settings, struct ingest **ingest) ERROR_MUST_CHECK;

void ingest_add_routes(struct ingest *ingest, struct router *router);

/* Why nothing can be sent to vehicles with these settings, and what to set; NULL when it can. */
const char *ingest_cannot_send_reason(const struct config *config);

/* Why events are not taken now; NULL when they are. */
const char *ingest_not_ready_reason(const struct ingest *ingest);

/* What waits on disk because the database is away. Any thread. */
struct ingest_spool_state {
  bool is_on;       /* by the setting */
  bool is_spooling; /* the database is away or hangs: what comes now goes to disk */
  uint64_t entries;
  uint64_t bytes;
  uint64_t bytes_max;
  int64_t oldest_received_at_us; /* 0: nothing waits */
  uint64_t damaged_files;        /* moved aside since the start, and kept */
};
struct ingest_spool_state ingest_spool_state(const struct ingest *ingest);

/* After the HTTP server has drained: takes nothing more, writes what waits within grace_ms. Accepts NULL. */
void ingest_stop(struct ingest *ingest, int grace_ms);
/* After the HTTP server has stopped. Accepts NULL. */
void ingest_free(struct ingest *ingest);

#endif
