/* SNS: publishes messages (query protocol).
 *
 * Makes a request for aws_submit or aws_call (server/aws/client.h), which copies all texts it is given. It goes to the topic's
 * region, or to the setting sns-endpoint-url. Thread: any; nothing is kept here. */
#ifndef CRUMBTRAIL_SERVER_AWS_SNS_H
#define CRUMBTRAIL_SERVER_AWS_SNS_H

#include "server/aws/client.h"

/* arn:aws:sns:REGION:ACCOUNT:NAME. ERROR_BAD_INPUT at `field`. */
struct error sns_check_topic_arn(const char *field, struct text topic_arn) ERROR_MUST_CHECK;

struct sns_publication {
  struct text topic_arn; /* has been checked */
  struct text subject;   /* of mails; what is not ASCII or over 100 characters is left out */
  struct text message;   /* for MessageStructure=json: an object with "default" */
  struct text group_id;  /* of a FIFO topic (NAME.fifo), as the next; else not sent */
  struct text deduplication_id;
};
struct aws_request *sns_publish_request(const struct sns_publication *publication, struct aws_handlers handlers);

#endif
