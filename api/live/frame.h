/* The messages of fleet.v1 as bytes: interfaces.md, "WebSocket /v1/stream"; the binary layout is written down in docs.
 *
 * Every function appends one whole message to the buffer. Thread: the hub's (the fleet state's texts are made on demand). */
#ifndef CRUMBTRAIL_API_LIVE_FRAME_H
#define CRUMBTRAIL_API_LIVE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "api/live/fleet_state.h"
#include "api/live/viewer.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum { FRAME_HEADER_BYTES = 32, FRAME_VERSION = 1 };

void frame_write_json(struct buffer *out, struct fleet_state *fleet, const struct frame_content *content);
void frame_write_binary(struct buffer *out, const struct fleet_state *fleet, const struct frame_content *content,
                        int64_t sent_at_us);
/* The names that the viewer has not been told yet, for the positions of a binary frame. False, and nothing written, when it
 * knows them all. */
bool frame_write_names(struct buffer *out, const struct fleet_state *fleet, struct viewer *viewer,
                       const struct frame_content *content);

void frame_write_subscribed(struct buffer *out, const char *epoch, int64_t seq, int64_t alerts_after, int heartbeat_s,
                            int64_t silent_after_s);
void frame_write_resumed(struct buffer *out, int64_t from_seq);
/* `database_is_away` adds "database":"away": what is shown may be old. */
void frame_write_heartbeat(struct buffer *out, int64_t seq, int64_t now_us, bool database_is_away);
void frame_write_error(struct buffer *out, const struct error *error);
void frame_write_bye(struct buffer *out, const char *reason, int retry_after_ms);

#endif
