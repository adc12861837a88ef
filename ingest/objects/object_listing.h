/* Lists the objects under s3://bucket/prefix in the order of their keys, those of a span of time only. Where keys carry their
 * time, what lies outside of the span is jumped over and not listed.
 *
 * Owns its place. Waits for S3. Thread: one, not the AWS client's;
 * aws_waiter_cancel ends the wait. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_LISTING_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "ingest/objects/announcement.h"
#include "server/aws/aws_waiter.h"
#include "ingest/objects/object_key.h"
#include "server/aws/s3.h"

struct object_listing {
  struct aws_client *client;
  struct aws_waiter *waiter;
  struct s3_location location;
  struct key_span span;
  bool is_over;
  /* Where the next page begins; one of the two, or none. */
  struct buffer start_after;
  struct buffer continuation;
};

/* Client, waiter and the location's texts are borrowed. */
struct object_listing object_listing_begin(struct aws_client *client, struct aws_waiter *waiter, struct s3_location location,
                                           struct key_span span);

/* The next page: its objects within the span, in the arena (none of them may lie within; see is_over). After an error it may be
 * asked for again. */
struct error object_listing_next(struct object_listing *listing, struct arena *arena, struct announcement **objects,
                                 size_t *count, struct aws_outcome *outcome) ERROR_MUST_CHECK;

void object_listing_end(struct object_listing *listing);

#endif
