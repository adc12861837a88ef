/* A request from its making to its end: what server/aws/{s3,sqs,iot_data}.c fill in, server/aws/endpoint.c turns into a URL,
 * and server/aws/{client,transfer}.c carry. Only for server/aws/.
 *
 * Owns its memory. Thread: its maker's until aws_submit, then the client's until on_done; only what is marked so is shared. */
#ifndef CRUMBTRAIL_SERVER_AWS_REQUEST_H
#define CRUMBTRAIL_SERVER_AWS_REQUEST_H

#include "server/aws/client.h"
#include "server/aws/signer.h"

enum aws_service { AWS_PLAIN, AWS_S3, AWS_SQS, AWS_IOT_DATA, AWS_SNS, AWS_SERVICE_COUNT };

enum { REQUEST_QUERY_MAX = 8, REQUEST_HEADERS_MAX = 12, ANSWER_HEADERS_MAX = 64, ANSWER_HEAD_BYTES_MAX = 32 * 1024 };
enum { REQUEST_ERROR_BODY_MAX = 64 * 1024 };

struct aws_call_waiter;

struct aws_request {
  struct arena *arena;
  struct aws_handlers handlers;

  /* What is asked for. */
  enum aws_service service;
  const char *operation; /* "S3 GetObject", for messages */
  const char *method;    /* GET, HEAD, PUT, POST */
  struct text subject;   /* "bucket/key", for messages */
  struct text url;       /* AWS_PLAIN: the link; AWS_SQS, AWS_SNS: the queue's, the region's; else empty */
  struct text bucket;    /* AWS_S3 */
  struct text path;      /* percent-encoded once, without the bucket */
  struct signer_pair query[REQUEST_QUERY_MAX];
  size_t query_count;
  struct signer_pair headers[REQUEST_HEADERS_MAX]; /* names in lower case; signed */
  size_t header_count;
  struct text body;
  char payload_hash[SIGNER_HASH_HEX + 1];
  bool is_stream;    /* limited at each standstill, not in all */
  bool is_resumable; /* a GET whose body can be read on by Range */
  int64_t range_first;
  int64_t range_last;    /* 0: to the end */
  size_t body_max_bytes; /* of a collected answer */
  int64_t more_time_ms;  /* on top of the client's time limit: a long poll */

  /* Between the threads: under the client's lock. */
  struct aws_client *client;
  bool is_submitted;
  bool wants_resume;
  bool wants_cancel;
  bool is_touched; /* in the client's list of those that want something */
  struct aws_request *next_touched;
  struct aws_call_waiter *waiter; /* of aws_call */

  /* On the client's thread. */
  struct aws_request *next;  /* in one of its lists */
  struct transfer *transfer; /* while it runs */
  int64_t start_at_us;       /* not before (monotonic) */
  int64_t submitted_at_us;
  int attempts;
  int failures_in_a_row;    /* since the body last came forward */
  int64_t bytes_at_failure; /* received_bytes at the newest failure */
  int redirects;
  bool clock_was_corrected;
  bool credentials_were_renewed;
  bool head_was_given;
  int64_t received_bytes; /* of a 2xx body, over all attempts */

  /* The newest answer. */
  int status;
  struct arena *answer_arena; /* headers and outcome of one attempt */
  struct signer_pair answer_headers[ANSWER_HEADERS_MAX];
  size_t answer_header_count;
  size_t answer_head_bytes;
  struct text etag; /* of the first 2xx answer, in the arena: what a resumed one must match */
  struct buffer answer_body;
};

/* The body's hash is made here: set the body before by aws_request_set_body. Texts are copied. */
struct aws_request *aws_request_new(enum aws_service service, const char *operation, const char *method,
                                    struct aws_handlers handlers);
void aws_request_set_body(struct aws_request *request, struct text body);
void aws_request_add_query(struct aws_request *request, const char *name, struct text value);
void aws_request_add_header(struct aws_request *request, const char *name, struct text value);
/* Forgets the answer of the attempt before; what was received of the body is kept when it can be read on. */
void aws_request_begin_attempt(struct aws_request *request);

#endif
