/* What could not be read: kept with its bytes and the reason, so that nothing that arrives is lost.
 *
 * A plain value; texts are UTF-8 without NUL (but `body`, which is as it came) and borrow from the delivery's arena. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_REJECTED_H
#define CRUMBTRAIL_INGEST_EVENTS_REJECTED_H

#include <stdint.h>

#include "server/base/text.h"

struct rejected {
  uint32_t index;      /* which event of the delivery, from 0 */
  struct text vehicle; /* data == NULL when it has no readable name */
  struct text field;   /* "[3].current.state.reported.location.lat"; "$" for the whole */
  struct text reason;
  struct text body;
};

enum { REJECTED_DIGEST_BYTES = 32 };

/* SHA-256 of the bytes, and of the vehicle's name that came beside them, when there was one: the same delivered again is the
 * same row. */
void rejected_digest(struct text body, struct text vehicle_hint, unsigned char digest[REJECTED_DIGEST_BYTES]);

/* The longest start of the text that PostgreSQL takes as text: whole UTF-8 characters, no NUL. */
struct text rejected_storable(struct text value);

#endif
