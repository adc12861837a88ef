/* One event on its way out, as the rule emits it, with what AWS IoT knows besides. A plain value; borrows its texts until the
 * next event. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_OUTGOING_EVENT_H
#define CRUMBTRAIL_INGEST_GENERATOR_OUTGOING_EVENT_H

#include <stdint.h>

#include "server/base/text.h"

struct outgoing_event {
  struct text body;
  const char *thing;
  uint32_t vehicle;   /* the thing's number, from 0 */
  int64_t arrived_us; /* when AWS IoT sees it, in simulated time: what timestamp() gives in the rule */
};

#endif
