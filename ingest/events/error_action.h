/* What the error action of an AWS IoT rule sends when another action has failed: the messages as devices published them, in
 * base64, one or (batched) several. And what Firehose puts under its error prefix: one record that it could not deliver or
 * transform, in base64 (`rawData` beside an `errorCode`).
 *
 * Pure; what comes out lives in the arena. Thread: any, one at a time per arena. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_ERROR_ACTION_H
#define CRUMBTRAIL_INGEST_EVENTS_ERROR_ACTION_H

#include <stdbool.h>

#include "server/base/arena.h"
#include "server/json/reader.h"

/* One message of it. */
struct error_action_message {
  const struct json *carrier; /* the object that has `base64OriginalPayload` or `rawData` */
  const struct json *payload; /* that member; NULL: it has none */
  const struct json *topic;   /* of the message; NULL: it is not said */
  bool is_alone;              /* the carrier says all that is needed to read it again */
};

/* `index` from 0. False: there are no more; for index 0: the event is no error action's. */
bool error_action_message(const struct json *event, size_t index, struct error_action_message *message);

/* The event that the device published, as a rule with `topic() as thetopic` would give it. False with the reason. */
bool error_action_read(struct arena *arena, const struct error_action_message *message, const struct json **event,
                       struct text *reason);

#endif
