/* Which database holds the imported roads, for commands that run beside the server. */
#ifndef CRUMBTRAIL_INGEST_ROAD_DATABASE_H
#define CRUMBTRAIL_INGEST_ROAD_DATABASE_H

#include "server/config.h"

/* The setting `database`; else the private cluster under the data folder when it runs now; else NULL. In the arena. */
const char *road_database_running(struct arena *arena, const struct config *config);

#endif
