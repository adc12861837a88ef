/* The read path: what the handlers of api/routes.c share.
 *
 * Made by main before the threads start, freed after they ended. Settings are borrowed (the config outlives it).
 * Thread: handlers run on query workers and on the HTTP thread; what changes (the names of vehicles) guards itself. */
#ifndef CRUMBTRAIL_API_API_H
#define CRUMBTRAIL_API_API_H

#include "server/base/error.h"
#include "server/http/router.h"

struct api;

struct api_settings {
  int64_t silent_after_s;
  const char *raster_tile_url; /* "" = none */
  const char *raster_attribution;
};

struct error api_new(struct api_settings settings, struct api **api) ERROR_MUST_CHECK;
void api_free(struct api *api); /* accepts NULL */

/* The whole API, api/routes.c. The context of every handler is the api. */
struct route_table api_routes(struct api *api);

#endif
