/* The client of AWS: one thread that carries many requests at once (libcurl's multi interface) over kept connections.
 *
 * Owns: its thread, its connections, the credentials (server/aws/credentials.h) and what it has learned (regions of buckets,
 * the clock's difference). Any thread submits; a request's handlers run on the client's thread and must not block or call
 * aws_call. What can heal is tried again inside: 5xx, 429 and throttling (which waits longer), time-outs, lost connections,
 * another region of the bucket, a clock that is off, credentials that ended. An object that breaks off is read on from where it
 * stood, under the same ETag. Requests are made by server/aws/{s3,sqs,iot_data,sns}.h, or by aws_plain_get here. Sizes in
 * bytes. */
#ifndef CRUMBTRAIL_SERVER_AWS_CLIENT_H
#define CRUMBTRAIL_SERVER_AWS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct aws_client;
struct aws_request;
struct config;
struct metrics;

/* Texts may be NULL or "" (not set) and must outlive the client. */
struct aws_settings {
  const char *region;           /* "" = environment, profile, instance metadata */
  const char *profile;          /* set: the environment's keys are left aside */
  const char *endpoint_url;     /* of every service that has none of its own */
  const char *s3_endpoint_url;  /* radosgw, MinIO: http://127.0.0.1:9000 */
  const char *s3_path_style;    /* auto | yes | no; auto: with an endpoint of its own and for buckets with dots */
  const char *sqs_endpoint_url; /* "" = the queue URL's own host */
  const char *iot_endpoint_url; /* https://PREFIX-ats.iot.REGION.amazonaws.com */
  const char *iot_service_name; /* "iotdata" */
  const char *sns_endpoint_url; /* "" = that of the topic's region */
  int requests_max;             /* running at a time; 0: 64. Paused ones count, those that wait for a retry do not */
  int64_t timeout_ms;           /* for an answer, and for each standstill of a stream; 0: 30000 */
  struct metrics *metrics;      /* or NULL */
};

/* From the settings table. */
struct aws_settings aws_settings_of(const struct config *config, struct metrics *metrics);

struct error aws_client_start(struct aws_settings settings, struct aws_client **client) ERROR_MUST_CHECK;
/* Ends what still runs (on_done with AWS_CANCELLED). Accepts NULL. Requests stay their owners'. */
void aws_client_stop(struct aws_client *client);

/* What became of a request. */
enum aws_result {
  AWS_OK,             /* 2xx */
  AWS_REFUSED,        /* AWS said no: status, code and message say why */
  AWS_UNREACHABLE,    /* no connection, or it broke */
  AWS_TIMED_OUT,      /* no answer in time, or a stream stood still */
  AWS_NO_CREDENTIALS, /* none were found, or no region: error.detail says what was tried */
  AWS_TOO_LARGE,      /* the answer is over the request's cap */
  AWS_BROKEN,         /* the answer cannot be read, or the object changed while it was read */
  AWS_CANCELLED,      /* aws_cancel, AWS_STOP, or the client was stopped */
};

enum { AWS_CODE_MAX = 64, AWS_MESSAGE_MAX = 200, AWS_REQUEST_ID_MAX = 64 };

struct aws_outcome {
  enum aws_result result;
  bool is_temporary;                   /* it may go well later: retries inside were not enough */
  int status;                          /* HTTP; 0: there was no answer */
  int attempts;                        /* requests sent */
  char code[AWS_CODE_MAX];             /* "NoSuchKey", "AccessDenied", "QueueDoesNotExist"; "" = none */
  char message[AWS_MESSAGE_MAX];       /* AWS's own words */
  char request_id[AWS_REQUEST_ID_MAX]; /* for a question to AWS */
  /* The same for logs and clients. ERROR_NONE with AWS_OK; NOT_FOUND, FORBIDDEN, CONFLICT, BODY_TOO_LARGE and BAD_INPUT as the
   * status says; ERROR_BUSY for throttling; ERROR_SETUP without credentials; ERROR_SHUTTING_DOWN when cancelled; else
   * ERROR_INTERNAL. */
  struct error error;
};

enum aws_flow {
  AWS_GO_ON, /* all the bytes were taken */
  AWS_PAUSE, /* none was taken: they come again after aws_resume; the connection is not read meanwhile */
  AWS_STOP,  /* ends the request as AWS_CANCELLED */
};

/* Called on the client's thread, in this order; each but on_done may be NULL. */
struct aws_handlers {
  void *context;
  /* Once, before the first byte of a 2xx answer (its headers: aws_request_header). */
  void (*on_head)(struct aws_request *request, void *context);
  /* The body of a 2xx answer in pieces of at most 16 KiB; NULL: it is collected for aws_request_body. */
  enum aws_flow (*on_data)(struct aws_request *request, struct text bytes, void *context);
  /* Once for every submitted request. May free it. */
  void (*on_done)(struct aws_request *request, const struct aws_outcome *outcome, void *context);
};

/* Starts it. ERROR_BUSY when AWS_WAITING_MAX wait already, ERROR_SHUTTING_DOWN: then no handler is called. Thread: any. */
enum { AWS_WAITING_MAX = 4096 };
struct error aws_submit(struct aws_client *client, struct aws_request *request) ERROR_MUST_CHECK;

/* Whether all that was submitted failed before and waits to be tried again; of a moment ago. Thread: any. */
bool aws_only_retries(struct aws_client *client);

/* Waits for the end; on_done is not called and may be NULL. Returns outcome.error; *outcome may be NULL. Thread: any but the
 * client's. */
struct error aws_call(struct aws_client *client, struct aws_request *request, struct aws_outcome *outcome) ERROR_MUST_CHECK;

/* After AWS_PAUSE; also when the pause is yet to be seen. Thread: any, between submit and free. */
void aws_resume(struct aws_request *request);
/* on_done comes soon, on the client's thread, with AWS_CANCELLED unless it was done already. Thread: any, between submit and
 * free. */
void aws_cancel(struct aws_request *request);

/* A request is its maker's: to be freed once, never submitted, or when on_done was called (there too) or aws_call has
 * returned. Accepts NULL. */
void aws_request_free(struct aws_request *request);
/* Memory that ends with the request. Thread: the one that has the request. */
struct arena *aws_request_arena(struct aws_request *request);

/* Of the newest answer, from on_head on; the name in lower case. False: it has none. */
bool aws_request_header(const struct aws_request *request, const char *name, struct text *value);
/* The collected body of a 2xx answer, in on_done or after aws_call. */
struct text aws_request_body(const struct aws_request *request);

/* A GET that is not signed: links of AWS that confirm, certificates. https with a verified certificate (http only to a loopback
 * address), no redirects, at most `body_max_bytes`. `endpoint_url` replaces scheme, host and port ("" or NULL: none). Whether
 * the URL may be fetched at all is for the caller to judge. ERROR_BAD_INPUT: no such URL. */
struct error aws_plain_get(const char *url, const char *endpoint_url, size_t body_max_bytes, struct aws_handlers handlers,
                           struct aws_request **request) ERROR_MUST_CHECK;

/* What `crumbtrail aws-check` shows; waits for it. Texts in the arena; what was not found is "", also with an error. */
struct aws_identity {
  const char *source;        /* "environment", "profile default of /root/.aws/credentials", ... */
  const char *masked_key_id; /* AKIA****MPLE */
  int64_t expires_at_us;     /* 0: never */
  const char *region;
  const char *s3_url;
  const char *sqs_url;
  const char *iot_url;
};
struct error aws_client_identity(struct aws_client *client, struct arena *arena,
                                 struct aws_identity *identity) ERROR_MUST_CHECK;

#endif
