/* Everybody who follows the stream and the fleet as they see it: when each is served, and who has to go.
 *
 * Owns the clients, each in the list of its phase of a round of CLIENT_UPDATE_INTERVAL_MS, and the fleet state. It knows no
 * sockets and has no clock: whoever holds the sockets tells the time and is asked through three calls. Thread: the hub's alone.
 * Times are monotonic microseconds unless named otherwise. */
#ifndef CRUMBTRAIL_API_LIVE_AUDIENCE_H
#define CRUMBTRAIL_API_LIVE_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/live/client.h"
#include "api/live/feed_batch.h"
#include "server/base/text.h"

struct audience;
struct member;
struct hub_metrics;

/* `socket` is what the member was admitted with. None of these may admit or dismiss before it returns. */
struct audience_calls {
  void (*want_to_write)(void *socket); /* ask for the next message as soon as the socket takes one */
  uint64_t (*acknowledged_bytes)(void *socket);
  void (*cut)(void *socket); /* end it without a further word */
};

struct audience_settings {
  int64_t silent_after_us;
  int clients_max;
  int no_progress_ms; /* 0: 30 s */
  struct client_timing timing;
  struct audience_calls calls;
  const struct hub_metrics *metrics; /* borrowed until audience_free */
};

struct audience *audience_new(struct audience_settings settings);
void audience_free(struct audience *audience); /* accepts NULL; no member may be left */

/* One too many is let in only to be told so. */
struct member *audience_admit(struct audience *audience, void *socket, int64_t now_us);
void audience_dismiss(struct audience *audience, struct member *member); /* frees it */
int audience_count(const struct audience *audience);

/* Serves the phases that are due, each at most once; returns when the next one is. */
int64_t audience_tick(struct audience *audience, int64_t now_us);
/* What goes by the second: statuses that time changes, heartbeats, deadlines, gauges. `wall_us` is the time of day. */
void audience_sweep(struct audience *audience, int64_t now_us, int64_t wall_us);

/* News of the database; the batch stays the caller's. */
void audience_apply(struct audience *audience, const struct feed_batch *batch, int64_t now_us, int64_t wall_us);
/* When the database was last read; 0: it is away, which it also is after 5 s. Clients learn it from a heartbeat with a sweep.
 */
void audience_set_database_read(struct audience *audience, int64_t read_us, int64_t now_us);
/* To each its own time to come back, so that they do not come all at once. */
void audience_say_bye(struct audience *audience, const char *reason, int64_t now_us);

/* As client_receive, client_receive_pong and client_close. */
void audience_receive(struct audience *audience, struct member *member, struct text message, int64_t now_us);
void audience_receive_pong(struct member *member);
void audience_close(struct audience *audience, struct member *member, enum close_code code, const char *reason, int64_t now_us);

/* As client_next_message, for a socket that takes one now. Says by want_to_write when there is more. */
struct client_message audience_next_message(struct audience *audience, struct member *member, int64_t now_us, int64_t wall_us,
                                            struct buffer *names, struct buffer *body);
/* CLOSE_NONE while the conversation goes on. */
enum close_code audience_close_code(const struct member *member);
const char *audience_close_reason(const struct member *member);

#endif
