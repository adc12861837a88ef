/* Where a request goes: its URL, its Host, and what it is signed for. Pure. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_ENDPOINT_H
#define CRUMBTRAIL_SERVER_AWS_ENDPOINT_H

#include "server/aws/request.h"

/* Endpoints of each service that replace AWS's own; "" = none. Texts live as long as the client. */
struct endpoints {
  const char *urls[AWS_SERVICE_COUNT];
  const char *path_style; /* auto | yes | no */
  const char *iot_service_name;
};

/* Settings first, then AWS_ENDPOINT_URL_S3, _SQS, _IOT_DATA_PLANE, _SNS and AWS_ENDPOINT_URL. ERROR_SETUP names the one that is
 * no URL. */
struct error endpoints_from(const struct aws_settings *settings, struct endpoints *endpoints) ERROR_MUST_CHECK;
/* Whether the request goes to an endpoint of its own, which may do without a region. */
bool endpoint_is_own(const struct endpoints *endpoints, const struct aws_request *request);

/* "https://s3.eu-west-1.amazonaws.com": of a service, for the operator. In the arena, or the setting's own text. */
const char *endpoint_base(struct arena *arena, const struct endpoints *endpoints, enum aws_service service, const char *region);

struct endpoint {
  const char *url;    /* with path and query */
  struct text host;   /* the Host header */
  struct text path;   /* to sign */
  const char *region; /* to sign for: the one that the host names, else the given one */
  const char *service;
};

/* `authority` ("host:port", "" = none) is where the bucket was found to be by a redirect. Texts in the arena. ERROR_BAD_INPUT:
 * the queue's URL is none. */
struct error endpoint_of(struct arena *arena, const struct endpoints *endpoints, const struct aws_request *request,
                         const char *region, const char *authority, struct endpoint *endpoint) ERROR_MUST_CHECK;

/* For a host of AWS: sqs.eu-west-1.amazonaws.com -> eu-west-1. False: it names none. */
bool endpoint_region_of_host(struct text host, struct text *region);

#endif
