/* One row of the outbox as it goes out: the JSON of a webhook, the text of a mail, the forms of an SNS message. Pure. Thread:
 * any. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_COURIER_MESSAGE_H
#define CRUMBTRAIL_INGEST_ALERTS_COURIER_MESSAGE_H

#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/text.h"

enum courier_kind { COURIER_WEBHOOK, COURIER_MAIL, COURIER_SNS };

struct courier_message {
  int64_t outbox_id;
  int tries; /* with the one that begins now */
  struct text channel;
  enum courier_kind kind;
  struct text url; /* of a webhook */
  struct text secret;
  struct text addresses; /* of mail: a JSON array */
  struct text topic_arn;
  struct text message_id; /* stays over repeats */
  struct text thread_id;  /* of the first message of this alert to this channel */
  int64_t alert_id;       /* 0: a test message */
  int64_t sequence;
  struct text change; /* "fired" ...; "test" */
  struct text title;
  int64_t at_us;
  struct text by;       /* empty: nobody */
  struct text note;     /* empty: none */
  struct text document; /* the alert as JSON; "null" for a test */
};

/* {"type":"alert.fired","timestamp":..,"data":{..}}: Standard Webhooks. */
struct text courier_message_json(struct arena *arena, const struct courier_message *message);
/* Lines for people. `public_url` may be empty. */
struct text courier_message_text(struct arena *arena, const struct courier_message *message, struct text public_url);
/* What SNS sends to each kind of subscription, for MessageStructure=json: the JSON; the text for mail; the title for SMS. */
struct text courier_message_sns(struct arena *arena, const struct courier_message *message, struct text public_url);

#endif
