/* A connection to the database that is opened again when it was lost, with growing pauses in between.
 *
 * For a thread that asks for single rows by key: no plan may read a whole table because it guessed wrong. Owns the connection.
 * Thread: one. */
#ifndef CRUMBTRAIL_SERVER_DB_STEADY_CONNECTION_H
#define CRUMBTRAIL_SERVER_DB_STEADY_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"

struct steady_connection {
  struct db_settings settings;
  const char *setup;                /* SQL for each new connection; NULL: none */
  struct db_connection *connection; /* NULL: none */
  int64_t retry_at_us;              /* monotonic */
  int back_off_ms;
  unsigned int seed;
};

void steady_connection_init(struct steady_connection *steady, struct db_settings settings);
/* Makes sure that there is one that seems to live, also after a pause. ERROR_DATABASE_AWAY: there is none now; it was tried
 * just now or will be later. */
struct error steady_connection_ensure(struct steady_connection *steady) ERROR_MUST_CHECK;
/* How long it takes until the next try makes sense; 0 with a connection. */
int steady_connection_pause_ms(const struct steady_connection *steady);
void steady_connection_close(struct steady_connection *steady);

#endif
