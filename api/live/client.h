/* One client of /v1/stream: the protocol fleet.v1 without its socket.
 *
 * The hub feeds it what was received and what the clock says, and asks for the next message whenever the socket can take one.
 * Nothing is queued for a client: each message is made at that moment from the state as it then is. Only changes of alerts go
 * out one by one, before anything that tells a later seq; a client for whom they are forgotten before it took them is closed.
 * Thread: the hub's alone. Times are monotonic microseconds unless named otherwise. */
#ifndef CRUMBTRAIL_API_LIVE_CLIENT_H
#define CRUMBTRAIL_API_LIVE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/live/alert_log.h"
#include "api/live/feed_batch.h"
#include "api/live/fleet_state.h"
#include "api/live/viewer.h"
#include "server/base/text.h"

enum {
  CLIENT_PINGS_UNANSWERED_MAX = 2,
  CLIENT_MESSAGES_PER_S = 10,
  CLIENT_STRIKES_MAX = 5, /* within a heartbeat's time */
  CLIENT_UPDATE_INTERVAL_MS = 200,
  CLIENT_SUBSCRIBE_INTERVAL_MS = 200
};

struct client_timing {
  int heartbeat_ms;        /* 0: 20 s. A ping goes with each */
  int subscribe_within_ms; /* 0: 10 s */
};

/* WebSocket close codes, RFC 6455 section 7.4.1 and its registry. */
enum close_code {
  CLOSE_NONE = 0,
  CLOSE_UNSUPPORTED_DATA = 1003,
  CLOSE_POLICY = 1008,
  CLOSE_TOO_BIG = 1009,
  CLOSE_RESTART = 1012,
  CLOSE_TRY_LATER = 1013
};

/* What all clients share, kept by the hub. */
struct stream_state {
  struct fleet_state *fleet;
  struct alert_log *alerts;
  bool is_ready; /* the fleet has been read whole; subscriptions wait until then */
  bool database_is_away;
  char epoch[FEED_EPOCH_MAX];
  struct frame_scratch scratch;
  uint64_t snapshots; /* begun since the hub last counted them */
  uint64_t resumptions;
};

enum message_form { MESSAGE_NONE, MESSAGE_TEXT, MESSAGE_BINARY, MESSAGE_PING };

struct client_message {
  enum message_form form;
  bool has_names;                /* `names` is a text message that goes first */
  int64_t oldest_received_at_us; /* wall clock, as in frame_content */
  int64_t update_seq;            /* of an update: it tells everything up to here; else 0 */
};

struct client;

struct client *client_new(struct client_timing timing, int64_t now_us);
void client_free(struct client *client); /* accepts NULL */

/* A whole text message, or what is wrong with what came. They may end in client_close_code. */
void client_receive(struct client *client, struct stream_state *state, struct text message, int64_t now_us);
void client_receive_pong(struct client *client);

/* Makes updates and a waiting subscription due; call it every CLIENT_UPDATE_INTERVAL_MS. False: the last update that was due
 * has not been taken yet, the socket is full. */
bool client_tick(struct client *client, struct stream_state *state, int64_t now_us);
/* Deadlines, heartbeats and pings; call it about once a second. A heartbeat comes early when the database went or came back. */
void client_sweep(struct client *client, const struct stream_state *state, int64_t now_us);

/* Something waits to be sent: ask for the socket to become writable. */
bool client_has_message(const struct client *client);
/* The next message, appended to `body` (and `names`). MESSAGE_NONE: nothing after all. `wall_us` is stamped into frames. */
struct client_message client_next_message(struct client *client, struct stream_state *state, int64_t wall_us,
                                          struct buffer *names, struct buffer *body);

/* Ends the conversation; the first reason counts. `reason` is a literal of at most 100 bytes. */
void client_close(struct client *client, enum close_code code, const char *reason);
/* ... with a "bye" before the close. */
void client_say_bye(struct client *client, const char *reason, int retry_after_ms);
enum close_code client_close_code(const struct client *client);
const char *client_close_reason(const struct client *client);

#endif
