/* A private PostgreSQL cluster with PostGIS under the data folder, for `serve` without --database.
 *
 * initdb once; listens on a unix socket only, in a folder that only its own user may enter, fsync on, UTF-8. When started by
 * root it runs as user postgres (PostgreSQL refuses root), or as the owner of an existing cluster.
 *
 * One process uses a data folder at a time (a lock on DATA/lock). When that process is killed, its cluster lives on, so that
 * the next one finds it warm: it is adopted. A postmaster.pid whose process is gone, or is another program now, is recognised.
 * embedded_stop stops the cluster, adopted or not.
 *
 * Owns: DATA/postgres (cluster), DATA/run (socket), DATA/postgres.log, DATA/lock. Thread: main, before the others start and
 * after they have ended; embedded_keep_running at any time in between. */
#ifndef CRUMBTRAIL_SERVER_DB_EMBEDDED_H
#define CRUMBTRAIL_SERVER_DB_EMBEDDED_H

#include <stdbool.h>

#include "server/base/arena.h"
#include "server/base/error.h"

struct embedded;

/* Whether a cluster is there already: what only reads or fills a database must not make one where --data is mistyped. */
bool embedded_exists(struct arena *arena, const char *data_folder);
/* Returns when the cluster accepts connections and database crumbtrail exists. ERROR_SETUP with a sentence that says what to
 * do. Makes data_folder when it is missing. The arena must live until embedded_stop. */
struct error embedded_start(struct arena *arena, const char *data_folder, const char *postgres_bin_folder,
                            struct embedded **embedded) ERROR_MUST_CHECK;
const char *embedded_conninfo(const struct embedded *embedded);
/* Starts the cluster again when it has ended by itself (killed, out of memory); does not wait until it accepts connections. To
 * be called about once a second. ERROR_SETUP when it cannot be started; the next call tries again. */
struct error embedded_keep_running(struct embedded *embedded) ERROR_MUST_CHECK;
/* Fast shutdown; after 3 s an immediate one, which is as safe and makes the next start slower. Accepts NULL. */
void embedded_stop(struct embedded *embedded);

#endif
