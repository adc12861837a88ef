/* What AWS says when it refuses: the error in XML (S3, STS) or JSON (SQS, IoT), and in headers. Pure. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_ANSWER_H
#define CRUMBTRAIL_SERVER_AWS_ANSWER_H

#include "server/aws/request.h"

struct answer_error {
  struct text code; /* "NoSuchKey"; empty: none was given */
  struct text message;
  struct text request_id;
  struct text region;    /* where the bucket is, when AWS says so */
  struct text authority; /* host[:port] of the redirect's Location; empty: none */
};

/* Of a request whose newest answer is no 2xx; texts in its answer_arena. An answer that is no such thing gives what there is.
 */
void answer_read_error(const struct aws_request *request, struct answer_error *error);

/* The Date header, for the difference of the clocks. */
bool answer_read_date(const struct aws_request *request, int64_t *time_us);
/* Retry-After in seconds; 0: none. */
int64_t answer_retry_after_s(const struct aws_request *request);

#endif
