/* What follows from an attempt to read an object: which state it gets, when it is tried again, and what the operator is told.
 *
 * Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_OUTCOME_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/objects/object_ledger.h"
#include "server/aws/client.h"
#include "server/base/error.h"

/* How the attempt went. */
struct object_attempt {
  const struct aws_outcome *answer; /* of S3 */
  const struct error *stored;       /* what the writer said of the events; NULL: none were read */
  const char *unreadable;           /* what it is instead of events; NULL: nothing of the kind */
  const char *replaced_by;          /* its etag now, other than the announced one; NULL: it is the announced one */
  int64_t length_bytes;             /* as its head said; -1: it did not */
  int64_t received_bytes;
  int32_t tries; /* with this one */
};

enum { OBJECT_ERROR_MAX = 400 };

struct object_decision {
  enum object_state state;
  int64_t delay_us;             /* until the next try, of waiting and failed */
  bool is_trouble;              /* S3 as a whole is out of reach or wants less: others would fare no better now */
  char error[OBJECT_ERROR_MAX]; /* "": none */
};

struct object_decision object_decide(const struct object_attempt *attempt);

/* What begins like this holds no events that can be read here ("a ZIP file"); NULL: it may. */
const char *object_unreadable(struct text first_bytes);

#endif
