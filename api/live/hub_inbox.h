/* What other threads hand to the hub: sockets, batches of the change feed, and news of the database.
 *
 * Bounded: hub_inbox_put_batch waits while it is full, so the feed reads later and then newer rows; a socket too many is
 * refused. Thread: puts from any, takes from the hub's. */
#ifndef CRUMBTRAIL_API_LIVE_HUB_INBOX_H
#define CRUMBTRAIL_API_LIVE_HUB_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "api/live/feed_batch.h"

enum { INBOX_SOCKETS_MAX = 1024, INBOX_BATCHES_MAX = 8 };

struct hub_inbox;

struct hub_inbox_content {
  int sockets[INBOX_SOCKETS_MAX];
  size_t socket_count;
  struct feed_batch *batches; /* oldest first; the taker owns them */
  int64_t database_read_us;   /* monotonic; 0: away */
  const char *bye_reason;     /* not NULL: the hub is to stop */
};

struct hub_inbox *hub_inbox_new(void);
void hub_inbox_free(struct hub_inbox *inbox); /* accepts NULL; closes and frees what is left in it */

bool hub_inbox_put_socket(struct hub_inbox *inbox, int socket); /* false: full or closed; the socket stays the caller's */
void hub_inbox_put_batch(struct hub_inbox *inbox, struct feed_batch *batch); /* owned from here on */
void hub_inbox_set_database_read(struct hub_inbox *inbox, int64_t read_us);
/* Nothing is accepted from now on. `reason` is a literal. */
void hub_inbox_close(struct hub_inbox *inbox, const char *reason);

void hub_inbox_take(struct hub_inbox *inbox, struct hub_inbox_content *content);

#endif
