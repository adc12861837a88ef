/* SQS: receives and deletes messages (JSON protocol).
 *
 * Each sqs_..._request makes a request for aws_submit or aws_call (server/aws/client.h), which copies all texts it is given.
 * The host is that of the queue URL, or the setting sqs-endpoint-url. Thread: any; nothing is kept here. */
#ifndef CRUMBTRAIL_SERVER_AWS_SQS_H
#define CRUMBTRAIL_SERVER_AWS_SQS_H

#include "server/aws/client.h"

enum { SQS_BATCH_MAX = 10, SQS_WAIT_MAX_S = 20 };

/* https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, or of another host. ERROR_BAD_INPUT names what is wrong. */
struct error sqs_check_queue_url(struct text queue_url) ERROR_MUST_CHECK;

/* Waits up to `wait_s` (0-20) for up to ten messages, which others do not see for `visibility_s` (0-43200; -1: the queue's own
 * default). */
struct aws_request *sqs_receive_request(struct text queue_url, int wait_s, int visibility_s, struct aws_handlers handlers);

struct sqs_message {
  struct text message_id;
  struct text receipt_handle;
  struct text body;
};
/* Reads the answer of a done receive request; the texts live in the arena and in the request's body: free the request after
 * the arena's last use. *count is 0 when the queue was empty. ERROR_INTERNAL: it is not what SQS answers. */
struct error sqs_read_messages(const struct aws_request *request, struct arena *arena, struct sqs_message **messages,
                               size_t *count) ERROR_MUST_CHECK;

/* Up to SQS_BATCH_MAX messages by their receipt handles. */
struct aws_request *sqs_delete_request(struct text queue_url, const struct text *receipt_handles, size_t count,
                                       struct aws_handlers handlers);
/* Those that were not deleted, in spite of AWS_OK: index of the handle, and why. */
struct sqs_failure {
  size_t index;
  bool is_temporary; /* not the sender's fault: to be tried again */
  struct text code;
  struct text message;
};
/* `asked_count`: of the handles; every index is below it, and one may be named more than once. */
struct error sqs_read_failures(const struct aws_request *request, struct arena *arena, size_t asked_count,
                               struct sqs_failure **failures, size_t *count) ERROR_MUST_CHECK;

#endif
