/* What follows from a failed attempt: nothing, another one, and when. Pure. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_RETRY_H
#define CRUMBTRAIL_SERVER_AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "server/aws/client.h"
#include "server/base/text.h"

enum retry_action {
  RETRY_NOT,         /* it would fail again */
  RETRY_AGAIN,       /* after a pause */
  RETRY_SLOWER,      /* AWS is asked too much: a longer pause, for everything that goes to this service */
  RETRY_REGION,      /* at once, signed for another region */
  RETRY_CLOCK,       /* at once, signed with the server's time */
  RETRY_CREDENTIALS, /* when other credentials are there */
};

/* An answer that is no 2xx. */
enum retry_action retry_judge(int status, struct text code, struct text message);

enum { RETRY_ATTEMPTS_MAX = 5, RETRY_SLOWER_ATTEMPTS_MAX = 8, RETRY_REDIRECTS_MAX = 3 };
/* After so many failures in a row, without progress between them. */
bool retry_is_exhausted(enum retry_action action, int failures);

/* Full jitter: any time up to a limit that doubles with each failure (1, 2, ...), 20 s at most; RETRY_SLOWER begins with ten
 * times the limit and waits at least half of it. `asked_for_s` is Retry-After, 0 = none; at most a minute is granted. */
int64_t retry_delay_us(enum retry_action action, int failures, int64_t asked_for_s, uint64_t random);

#endif
