/* The live hub: the thread and the sockets of /v1/stream; who is served when is the audience's.
 *
 * Owns: its thread, every connection that was handed to it, the audience. libwebsockets is in here and nowhere else. The HTTP
 * server hands it untouched sockets, the change feed batches of positions. Each client is served at most five times a second,
 * at its own phase of a 200 ms round, and only when its socket can take a frame. Thread: start and stop from main; adopt,
 * deliver and set_database_away from any. */
#ifndef CRUMBTRAIL_API_LIVE_HUB_H
#define CRUMBTRAIL_API_LIVE_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "api/live/feed_batch.h"
#include "server/base/error.h"

struct hub;
struct metrics;
struct sent_log;

struct hub_settings {
  int64_t silent_after_us;
  int clients_max;             /* the next one is closed with 1013 */
  int no_progress_ms;          /* a client that takes nothing for so long is closed with 1013; 0: 30 s */
  int heartbeat_ms;            /* 0: 20 s. A ping goes with each; the third is not sent when two were not answered: 1008 */
  int subscribe_within_ms;     /* 0: 10 s; else 1008 */
  const char *allowed_origins; /* comma separated, besides the server's own; borrowed until hub_stop */
  struct metrics *metrics;
  struct sent_log *sent; /* borrowed until hub_stop */
};

struct error hub_start(struct hub_settings settings, struct hub **hub) ERROR_MUST_CHECK;

/* Says bye to every client with a jittered time to come back, closes with 1012, waits for that at most `grace_ms`, ends the
 * thread and frees the hub. Stop the HTTP server and the change feed before. Accepts NULL. */
void hub_stop(struct hub *hub, const char *reason, int grace_ms);

/* Takes the socket over; nothing has been read from it. */
void hub_adopt(struct hub *hub, int socket);

/* Takes the batch over. Waits while the hub has several unread ones. */
void hub_deliver(struct hub *hub, struct feed_batch *batch);
/* Whether anybody looks. Thread: any. */
bool hub_has_clients(const struct hub *hub);
/* False: it was read just now. After 5 s without another word it counts as away. */
void hub_set_database_away(struct hub *hub, bool is_away);

#endif
