/* Watches the database for positions and alerts that changed and delivers them to the hub.
 *
 * Owns: a thread and a connection that listens. A notification is only a hint to look: the feed also looks every two seconds,
 * and after a lost connection it reads on from where it was, so nothing rests on a hint arriving. Hints are coalesced to at
 * most one read in 40 ms, and to a tenth of the time while the hub has no clients. Thread: start and stop from main. */
#ifndef CRUMBTRAIL_API_LIVE_CHANGE_FEED_H
#define CRUMBTRAIL_API_LIVE_CHANGE_FEED_H

#include <stdbool.h>

#include "server/base/error.h"
#include "server/db/connection.h"

struct change_feed;
struct hub;
struct metrics;

struct change_feed_settings {
  struct db_settings database; /* its texts are borrowed until change_feed_stop */
  struct hub *hub;
  struct metrics *metrics;
};

/* The database may be away: the feed connects when it can. */
struct error change_feed_start(struct change_feed_settings settings, struct change_feed **feed) ERROR_MUST_CHECK;
/* Whether the feed follows the database now. Thread: any. */
bool change_feed_is_connected(const struct change_feed *feed);
void change_feed_stop(struct change_feed *feed); /* frees; accepts NULL */

#endif
