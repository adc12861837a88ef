/* What one notification says: objects of S3 to be read, or that it carries vehicle events itself, or nothing for us.
 *
 * Known forms: S3's event JSON (record versions 2.x, keys form-encoded) and its test event, EventBridge's "Object Created"
 * (keys as they are), the webhook of MinIO, each alone or in an array, and each of them as the Message of an SNS message that
 * came through a queue. Whether an SNS message is genuine is judged elsewhere (ingest/push/sns_message.h): a queue's policy
 * says who may send to it. Pure; what comes out lives in the arena or borrows the input. Thread: any, one at a time per arena.
 */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_NOTIFICATION_H
#define CRUMBTRAIL_INGEST_OBJECTS_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>

#include "ingest/objects/announcement.h"
#include "server/base/arena.h"
#include "server/base/error.h"

enum notification_kind {
  NOTIFICATION_CREATED, /* an object to read */
  NOTIFICATION_REMOVED, /* an object was deleted or has expired: nothing to read */
  NOTIFICATION_TEST,    /* S3 or MinIO tries the way to us */
  NOTIFICATION_OTHER,   /* tags, access rights, restores, events of other services, an SNS message of another type */
};

/* What a notification tells without there being anything to read. */
struct notification_ignored {
  enum notification_kind kind; /* never NOTIFICATION_CREATED */
  struct text what;            /* "ObjectRemoved:Delete of bucket/key", for the log */
};

struct notification {
  const struct announcement *created; /* to be read, in the order in which they came */
  size_t created_count;
  const struct notification_ignored *ignored;
  size_t ignored_count;
  bool is_eventbridge; /* at least one of them came in EventBridge's form */
  bool is_envelope;    /* it came as the Message of an SNS message */

  /* Not a notification of any known form, so what it says is vehicle events, or what their reader will reject: */
  bool is_events;
  struct text events;      /* the input, or the Message of the SNS message around it */
  struct error not_a_form; /* why it is none of the known forms, for callers that take no events */
};

/* ERROR_BAD_INPUT: a known form with something wrong in it; the field is its path ("Records[0].s3.object.key", within an SNS
 * message "Message.Records[0]..."). Nothing of it is to be used then. */
struct error notification_read(struct arena *arena, struct text input, struct notification *notification) ERROR_MUST_CHECK;

/* "a+b%2Bc" -> "a b+c", as application/x-www-form-urlencoded. False on a bad escape or a NUL. */
bool notification_decode_key(struct arena *arena, struct text encoded, struct text *key);

#endif
