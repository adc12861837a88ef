/* How many lines an event may have: a stranger's requests, or ten thousand objects that fail alike, must not fill the disk.
 *
 * Each event may burst, then goes on slowly; what was left out is told with its next line. Pure but for the limit itself, which
 * one thread at a time may use. */
#ifndef CRUMBTRAIL_SERVER_LOG_LIMIT_H
#define CRUMBTRAIL_SERVER_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { LOG_LIMIT_BURST = 100, LOG_LIMIT_PER_SECOND = 5, LOG_LIMIT_EVENTS = 256 };

struct log_limit_event {
  const char *name; /* a literal; NULL: free */
  int64_t full_at_us;
  uint64_t left_out;
};

/* Starts zeroed. An event that finds no place is not limited. */
struct log_limit {
  struct log_limit_event events[LOG_LIMIT_EVENTS];
};

/* False: the line is left out. True: *left_out says how many were since the last one. `now_us` is monotonic. */
bool log_limit_admits(struct log_limit *limit, const char *name, int64_t now_us, uint64_t *left_out);

#endif
