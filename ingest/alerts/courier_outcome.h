/* What follows from an attempt to deliver: done, again and when, or never. Pure. Thread: any.
 *
 * Tried again 5 s, 15 s, 30 s, 1 min, 2 min, 5 min, 10 min and 30 min after the tries before, then every hour, each a fifth
 * earlier or later by chance; not before the receiver asked for (Retry-After, at most an hour). A message is given up after a
 * day (setting message-give-up-after-s). */
#ifndef CRUMBTRAIL_INGEST_ALERTS_COURIER_OUTCOME_H
#define CRUMBTRAIL_INGEST_ALERTS_COURIER_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

enum courier_verdict {
  COURIER_DELIVERED,
  COURIER_AGAIN,
  COURIER_GONE, /* the receiver wants no more: the channel is disabled */
};

struct arena;

struct courier_outcome {
  enum courier_verdict verdict;
  int status;          /* of HTTP or SMTP; 0: there was no answer */
  struct text answer;  /* in words, for people; may be empty when it was delivered */
  int64_t asked_for_s; /* Retry-After */
};

/* Of a webhook that was answered. `body` is the beginning of the answer. */
struct courier_outcome courier_outcome_of_answer(struct arena *arena, int status, struct text body, int64_t retry_after_s);
/* Of an attempt without an answer, or one that another library has judged. */
struct courier_outcome courier_outcome_again(struct text problem, int status);

/* After so many tries (1, 2, ...). */
int64_t courier_pause_us(int tries, int64_t asked_for_s, uint32_t random);

#endif
