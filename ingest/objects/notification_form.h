/* The forms in which S3 and its stand-ins announce objects, each read into the same list.
 *
 * Only ingest/objects/notification.c calls it. Pure; what comes out lives in the arena or borrows the input. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_NOTIFICATION_FORM_H
#define CRUMBTRAIL_INGEST_OBJECTS_NOTIFICATION_FORM_H

#include "ingest/objects/notification.h"

struct json;

/* What is collected while a notification is read. Every record of the input adds at most one of each. */
struct notification_reading {
  struct arena *arena;
  struct announcement *created;
  struct notification_ignored *ignored;
  struct notification *result;
};

/* The lists, empty, for so many records. */
void notification_prepare(struct notification_reading *reading, size_t capacity);
/* `what` lives in the arena. */
void notification_ignore(struct notification_reading *reading, enum notification_kind kind, const char *what);

struct notification_form {
  /* NULL: none that we know. ERROR_BAD_INPUT at the path of what is wrong. */
  struct error (*read)(struct notification_reading *reading, const struct json *value);
};

struct notification_form notification_form_of(const struct json *value);
/* An upper bound of the records in it. */
size_t notification_capacity_of(const struct json *value);

#endif
