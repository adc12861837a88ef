/* When what was sent to live viewers: a ring of the last frames' seqs, so that one event can be followed to the map.
 *
 * Frames of a tenth of a second share an entry; the oldest entries give way. Thread: noted by the hub, read by any. */
#ifndef CRUMBTRAIL_API_LIVE_SENT_LOG_H
#define CRUMBTRAIL_API_LIVE_SENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct sent_log;

struct sent_log *sent_log_new(void);
void sent_log_free(struct sent_log *log); /* accepts NULL */

/* Forgets everything: of what is up to `seq` nothing will be known. At the start, and in another epoch. */
void sent_log_begin(struct sent_log *log, int64_t seq, int64_t now_us);
/* An update that tells everything up to `seq` went out. From sent_log_begin on neither `seq` nor the time goes back. */
void sent_log_note(struct sent_log *log, int64_t seq, int64_t sent_at_us);

struct sent_frames {
  int64_t first_at_us; /* of the first frame that told this seq, to a tenth of a second */
  int64_t frames;      /* that went out within the 200 ms in which each viewer gets at most one */
};
enum sent_state {
  SENT,
  SENT_NOT_YET,   /* no frame has told it so far */
  SENT_FORGOTTEN, /* it may have been sent before what is remembered */
};
enum sent_state sent_log_find(struct sent_log *log, int64_t seq, struct sent_frames *frames);

#endif
