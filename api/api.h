/* The read path: what the handlers of api/routes.c share.
 *
 * Made by main before the threads start, freed after they ended. Settings are borrowed (the config outlives it).
 * Thread: handlers run on query workers and on the HTTP thread; what changes (the names of vehicles) guards itself. */
#ifndef CRUMBTRAIL_API_API_H
#define CRUMBTRAIL_API_API_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/http/router.h"

struct api;

struct sent_log;

/* What the write path knows without the database. Times in us since 1970, 0: none. */
struct api_ingest_state {
  const char *not_ready_reason; /* why events are not stored now; NULL when they are */
  bool spool_is_on;
  bool is_spooling; /* what comes now is kept on disk */
  uint64_t spool_entries;
  uint64_t spool_bytes;
  uint64_t spool_bytes_max;
  uint64_t spool_damaged_files;
  int64_t spool_oldest_us;
};

struct api_settings {
  int64_t silent_after_s;
  const char *raster_tile_url; /* "" = none */
  const char *raster_attribution;
  int64_t desired_expires_after_s;
  int64_t report_memory_bytes; /* what reports may keep in memory */
  const char *desired_refusal; /* why nothing can be sent to vehicles, and what to set; NULL: it can */
  struct api_ingest_state (*read_ingest)(const void *ingest); /* any thread */
  const void *ingest;                                         /* what it is called with */
  struct sent_log *sent;                                      /* borrowed, as the rest */
};

struct error api_new(struct api_settings settings, struct api **api) ERROR_MUST_CHECK;
void api_free(struct api *api); /* accepts NULL */

/* The whole API, api/routes.c. The context of every handler is the api. */
struct route_table api_routes(struct api *api);

#endif
