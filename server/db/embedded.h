/* A private PostgreSQL cluster with PostGIS under the data folder, for `serve` without --database.
 *
 * initdb once; listens on a unix socket only, fsync on, UTF-8, trust for its own system user by peer. When started by root it
 * runs as user postgres (PostgreSQL refuses root). A cluster left over from a crash of ours is adopted; a stale postmaster.pid
 * is recognised. Stopped fast on embedded_stop, unless it was running before somebody else's start. Owns: DATA/postgres
 * (cluster), DATA/run (socket), DATA/postgres.log. Thread: main. */
#ifndef CRUMBTRAIL_SERVER_DB_EMBEDDED_H
#define CRUMBTRAIL_SERVER_DB_EMBEDDED_H

#include "server/base/arena.h"
#include "server/base/error.h"

struct embedded;

struct error embedded_start(struct arena *arena, const char *data_folder, const char *postgres_bin_folder,
                            struct embedded **embedded) ERROR_MUST_CHECK;
const char *embedded_conninfo(const struct embedded *embedded);
void embedded_stop(struct embedded *embedded); /* accepts NULL */

#endif
