/* Changes of alerts as the stream tells them: read by their number, each as a whole message. Thread: the connection's. */
#ifndef CRUMBTRAIL_API_ALERT_READER_H
#define CRUMBTRAIL_API_ALERT_READER_H

#include "api/live/alert_log.h"
#include "server/db/connection.h"

struct alert_frames {
  struct alert_frame *items; /* ascending seq; in the arena */
  size_t count;
  bool is_cut; /* there were more: the oldest are left out */
};

/* Those after `seq`. */
struct error alert_read_frames(struct db_connection *connection, struct arena *arena, int64_t seq,
                               struct alert_frames *frames) ERROR_MUST_CHECK;

#endif
