/* `crumbtrail aws-check [s3://BUCKET/PREFIX]`: which keys, region and endpoints of AWS are found, and whether a bucket can be
 * listed and read with them. Thread: main. Prints to standard output. */
#ifndef CRUMBTRAIL_SERVER_AWS_CHECK_H
#define CRUMBTRAIL_SERVER_AWS_CHECK_H

#include "server/config.h"

extern const char *const AWS_CHECK_FLAGS[];

void aws_check_print_help(struct buffer *out);

/* Exit code: 0 when all of it works, 1 when something does not, 2 for what is no S3 location. `url` NULL: no bucket is looked
 * at. */
int aws_check_run(struct arena *arena, const struct config *config, const struct config_extras *extras, const char *url);

#endif
