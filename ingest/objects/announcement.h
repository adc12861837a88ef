/* One S3 object that somebody says is there to be read: a notification, a listing, a sweep.
 *
 * A plain value; texts are UTF-8 without NUL and borrow from the arena of what brought them. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_ANNOUNCEMENT_H
#define CRUMBTRAIL_INGEST_OBJECTS_ANNOUNCEMENT_H

#include <stdint.h>

#include "server/base/text.h"

enum { OBJECT_KEY_MAX_BYTES = 1024, OBJECT_BUCKET_MAX_BYTES = 255 };

struct announcement {
  struct text bucket;
  struct text key;        /* as S3 knows it: every encoding of the notification undone */
  struct text version_id; /* empty: the bucket is not versioned */
  struct text etag;       /* without quotes; empty: not said */
  struct text sequencer;  /* hexadecimal; orders the events of one key; empty: not said */
  int64_t size_bytes;     /* -1: not said */
  int64_t event_time_us;  /* 0: not said */
};

/* Less than, equal to or greater than 0, as the numbers that they are: 18 digits in upper case (S3's own notifications) and 16
 * in lower case (EventBridge) compare as one. What is not hexadecimal, or empty, is less than all that is. */
int announcement_compare_sequencers(struct text a, struct text b);

#endif
