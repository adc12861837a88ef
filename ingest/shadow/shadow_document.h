/* What a message of AWS IoT says of a thing's shadow: the whole of it, a part, or what differs (delta).
 *
 * Pure; an update borrows from the JSON tree in the arena. Thread: any, one at a time per arena. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_DOCUMENT_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/events/breadcrumb.h"
#include "server/base/arena.h"
#include "server/json/reader.h"

enum { SHADOW_NAME_MAX = 64 };

/* 1-64 of [$A-Za-z0-9:_-] */
bool shadow_is_name(struct text name);

enum shadow_extent {
  SHADOW_EXTENT_WHOLE, /* update/documents, get/accepted, GetThingShadow: what is not there is not set */
  SHADOW_EXTENT_PART,  /* update/accepted: what is not there has not changed, null deletes */
  SHADOW_EXTENT_DELTA, /* update/delta: `desired` has those members alone that are not reported so */
};

struct shadow_update {
  struct text name; /* empty: the classic shadow */
  enum shadow_extent extent;
  int64_t version;
  int64_t updated_at_us;       /* AWS's time; 0: it does not say */
  const struct json *reported; /* objects; NULL: nothing is said, here and below */
  const struct json *desired;
  const struct json *reported_metadata;
  const struct json *desired_metadata;
  bool clears_reported; /* a part that deletes the whole section */
  bool clears_desired;
};

/* `form` says what the text is. False: no shadow can be read from it. */
bool shadow_update_read(struct arena *arena, struct text text, enum shadow_form form, struct shadow_update *update);

/* Where a shadow stands. */
struct shadow_mark {
  int64_t version;
  int64_t updated_at_us;
};

/* Whether `next` comes after `kept`. Versions count up; a shadow that was deleted starts again after 48 hours, so when the two
 * are further apart than that the time decides. */
bool shadow_is_after(struct shadow_mark next, struct shadow_mark kept);

#endif
