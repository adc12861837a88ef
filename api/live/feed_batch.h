/* What the change feed hands to the hub: positions and alerts that changed, and how far the feed has been read.
 *
 * Owns its arena; everything it points to lives there. Made on the feed's thread, freed by the hub's. */
#ifndef CRUMBTRAIL_API_LIVE_FEED_BATCH_H
#define CRUMBTRAIL_API_LIVE_FEED_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/alert_reader.h"
#include "api/feed_reader.h"

struct feed_batch {
  struct feed_batch *next; /* the hub's inbox */
  struct arena *arena;
  struct position *positions; /* ascending seq */
  uint8_t *hidden;            /* hidden[i] != 0: positions[i] left the map */
  size_t count;
  struct alert_frames alerts; /* with the batch that completes a read: all up to `head`, and perhaps more */
  bool complete;              /* every change up to `head` has been delivered with this batch */
  bool reset;                 /* another epoch: forget all that was delivered before */
  int64_t head;
  char epoch[FEED_EPOCH_MAX];
};

static inline void feed_batch_free(struct feed_batch *batch)
{
  if (batch != NULL) {
    arena_free(batch->arena); /* the batch itself lives in it */
  }
}

#endif
