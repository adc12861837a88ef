/* Names of AWS that arrive from outside: ARNs, the hosts of regional endpoints, and links that we are asked to open.
 * Pure; nothing is fetched here. Texts are borrowed. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_AWS_NAME_H
#define CRUMBTRAIL_SERVER_AWS_AWS_NAME_H

#include <stdbool.h>

#include "server/base/error.h"
#include "server/base/text.h"

enum { AWS_ARN_MAX_BYTES = 2048, AWS_LINK_MAX_BYTES = 4096, AWS_HOST_MAX = 128 };

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; region and account may be empty. */
struct aws_arn {
  struct text partition;
  struct text service;
  struct text region;
  struct text account;
  struct text resource;
};

/* False when it is no ARN. */
bool aws_arn_parse(struct text value, struct aws_arn *arn);

/* "us-gov-east-1": words and a number. "s3" is none: https://iot.s3.amazonaws.com is whoever has the bucket "iot". */
bool aws_is_region(struct text name);

/* "sns.eu-west-1.amazonaws.com", ".com.cn" in China. False when the ARN's region is none, or its partition does not fit it or
 * is none of aws, aws-cn and aws-us-gov. */
bool aws_regional_host(const char *service, const struct aws_arn *arn, char host[AWS_HOST_MAX]);

/* https://HOST/..., nothing else: no port, no user, no fragment, no part that begins with a dot, only visible ASCII. *path
 * begins with the '/' behind the host. ERROR_FORBIDDEN at `field`. */
struct error aws_link_check(const char *field, struct text url, const char *host, struct text *path) ERROR_MUST_CHECK;

#endif
