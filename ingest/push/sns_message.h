/* One message of Amazon SNS as it arrives: its fields, its topic's place, what of it is signed.
 *
 * Pure; texts live in the arena given or borrow the body. Whether the signature is right is ingest/push/sns_signature.h's to
 * say. */
#ifndef CRUMBTRAIL_INGEST_PUSH_SNS_MESSAGE_H
#define CRUMBTRAIL_INGEST_PUSH_SNS_MESSAGE_H

#include <stdint.h>

#include "server/aws/aws_name.h"
#include "server/base/arena.h"
#include "server/base/error.h"

enum sns_type { SNS_NOTIFICATION, SNS_SUBSCRIPTION_CONFIRMATION, SNS_UNSUBSCRIBE_CONFIRMATION };

struct sns_message {
  enum sns_type type;
  int signature_version; /* 1: SHA-1, 2: SHA-256 */
  int64_t sent_at_us;
  struct text type_name;
  struct text message_id;
  struct text topic_arn;
  struct text message;
  struct text subject; /* data == NULL: none */
  struct text timestamp;
  struct text token;         /* of confirmations */
  struct text subscribe_url; /* of confirmations */
  struct text signature;     /* base64 */
  struct text certificate_url;
};

/* ERROR_BAD_INPUT names the field. Only Message may hold line breaks: what is signed is then one message and no other. */
struct error sns_message_read(struct arena *arena, struct text body, struct sns_message *message) ERROR_MUST_CHECK;

/* The bytes that SNS has signed. */
struct text sns_message_signed_text(struct arena *arena, const struct sns_message *message);

/* SNS gives up after an hour at most; so much later, or so far ahead of us, somebody repeats what he has seen. */
#define SNS_AGE_MAX_US (INT64_C(7200) * INT64_C(1000000))
#define SNS_AHEAD_MAX_US (INT64_C(900) * INT64_C(1000000))
/* ERROR_FORBIDDEN at Timestamp. */
struct error sns_message_check_age(const struct sns_message *message, int64_t now_us) ERROR_MUST_CHECK;

/* Where a topic's messages come from. */
struct sns_place {
  char host[AWS_HOST_MAX];             /* of the regional endpoint: certificates and links are there and nowhere else */
  char certificate_name[AWS_HOST_MAX]; /* that its certificate must bear */
};
/* ERROR_BAD_INPUT at TopicArn: no topic's ARN, or of a partition that is not known here. */
struct error sns_topic_place(struct text topic_arn, struct sns_place *place) ERROR_MUST_CHECK;

/* The link to the certificate is the endpoint's and ends with .pem. ERROR_FORBIDDEN at SigningCertURL. */
struct error sns_message_check_certificate_url(const struct sns_message *message,
                                               const struct sns_place *place) ERROR_MUST_CHECK;

#endif
