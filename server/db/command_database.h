/* Which database a command works on that runs beside the server. */
#ifndef CRUMBTRAIL_SERVER_DB_COMMAND_DATABASE_H
#define CRUMBTRAIL_SERVER_DB_COMMAND_DATABASE_H

#include "server/config.h"

/* The setting `database`; else the private cluster under the data folder when it runs now; else NULL. In the arena. */
const char *command_database_running(struct arena *arena, const struct config *config);

#endif
