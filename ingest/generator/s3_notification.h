/* Writes what says that an object is there: S3's own event JSON (with its form-encoded key), EventBridge's event, and the
 * webhook of MinIO. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_S3_NOTIFICATION_H
#define CRUMBTRAIL_INGEST_GENERATOR_S3_NOTIFICATION_H

#include <stdint.h>

#include "server/base/text.h"

enum notification_style { NOTIFICATION_S3, NOTIFICATION_EVENTBRIDGE, NOTIFICATION_MINIO };

struct stored_object {
  struct text bucket;
  struct text key;        /* as it is, not encoded */
  struct text etag;       /* without quotes */
  struct text version_id; /* "": the bucket keeps no versions */
  struct text region;
  int64_t size_bytes;
  int64_t stored_at_us;
  uint32_t sequence; /* grows, so that two objects of one microsecond differ */
};

void s3_notification_write(struct buffer *out, enum notification_style style, const struct stored_object *object);

#endif
