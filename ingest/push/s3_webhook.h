/* POST /ingest/s3: notifications of new objects by EventBridge's API destinations, MinIO's and Ceph's webhooks, and whoever
 * else passes S3's event JSON on.
 *
 * Answers after the objects are announced. What cannot be read is kept in `rejected`. Thread: made and freed by main; the
 * routes run on the HTTP thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_S3_WEBHOOK_H
#define CRUMBTRAIL_INGEST_PUSH_S3_WEBHOOK_H

#include "ingest/writer/batch_writer.h"
#include "ingest/objects/object_queue.h"
#include "ingest/push/sender_keys.h"
#include "server/http/router.h"

struct s3_webhook;

struct s3_webhook_settings {
  struct object_queue *objects;
  struct batch_writer *writer; /* for `rejected` */
  struct spool *spool;         /* for notifications while the database is away; NULL: none */
  struct sender_keys keys;
  int64_t body_max_bytes;
  struct metrics *metrics; /* may be NULL */
};

struct s3_webhook *s3_webhook_new(struct s3_webhook_settings settings);
void s3_webhook_free(struct s3_webhook *webhook); /* accepts NULL; after the HTTP server has stopped */

struct route_table s3_webhook_routes(struct s3_webhook *webhook);

#endif
