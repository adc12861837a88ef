/* What AWS's answer to an update of a shadow means for the change that was sent. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_DESIRED_OUTCOME_H
#define CRUMBTRAIL_INGEST_SHADOW_DESIRED_OUTCOME_H

#include "server/aws/client.h"

enum desired_verdict {
  DESIRED_SENT,
  DESIRED_AGAIN,   /* try again later */
  DESIRED_REFUSED, /* it would be refused again */
};

struct desired_outcome {
  enum desired_verdict verdict;
  int64_t version;     /* AWS's, when sent */
  int status;          /* HTTP; 0: there was no answer */
  struct text problem; /* in the arena; data == NULL when sent */
};

/* `tries`: how often it was sent, this time included. `answer`: the body of a 2xx. */
struct desired_outcome desired_outcome_of(struct arena *arena, const struct aws_outcome *outcome, struct text answer,
                                          int tries);

/* When it is tried again, after so many tries: up to a minute, spread by `random`. */
int64_t desired_pause_us(int tries, unsigned int random);

#endif
