/* What may be the name of a bucket of S3: it becomes a part of a host name or of a path.
 *
 * Pure. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_BUCKET_NAME_H
#define CRUMBTRAIL_SERVER_AWS_BUCKET_NAME_H

#include <stdbool.h>

#include "server/base/text.h"

/* 3-63 lower-case letters, digits, dots and dashes, and what old buckets have besides: upper case, underscores, 255. */
bool bucket_name_is_good(struct text name);

#endif
