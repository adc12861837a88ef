/* The last changes of alerts, as frames that wait for whoever has not had them yet.
 *
 * Alerts are never coalesced: a client keeps the number of the last one that it was sent and asks for the next. What is too old
 * to be kept is for /v1/alerts. Owns its frames; bounded in number and bytes, the oldest give way. Thread: the hub's alone. */
#ifndef CRUMBTRAIL_API_LIVE_ALERT_LOG_H
#define CRUMBTRAIL_API_LIVE_ALERT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"

enum { ALERT_LOG_FRAMES_MAX = 8192, ALERT_LOG_BYTES_MAX = 16 * 1024 * 1024 };

struct alert_frame {
  int64_t seq;
  int64_t vehicle_id;
  struct text vehicle;
  struct text json; /* the whole message */
};

struct alert_log;

struct alert_log *alert_log_new(void);
void alert_log_free(struct alert_log *log); /* accepts NULL */

/* Copies the frame; one that is known already, by seq, is left out. They come in the order of seq. */
void alert_log_add(struct alert_log *log, const struct alert_frame *frame);
/* Everything after `seq` is in here or will be added: what came before was not read. */
void alert_log_begin_after(struct alert_log *log, int64_t seq);

/* Whether nothing after `seq` has been forgotten. */
bool alert_log_reaches(const struct alert_log *log, int64_t seq);
/* The first after `seq`, or NULL. Valid until the next change of the log. */
const struct alert_frame *alert_log_next(const struct alert_log *log, int64_t seq);

#endif
