/* AWS IoT's data API: reads and updates the shadow of a thing.
 *
 * Each request is for aws_submit or aws_call (server/aws/client.h), which copies all texts it is given. The answer's body
 * (aws_request_body) is AWS's JSON: the state document of a get, the accepted document of an update. Refusals: 404 (no such
 * thing or shadow) ERROR_NOT_FOUND, 409 (another version) ERROR_CONFLICT, 413 (over 8 KB) ERROR_BODY_TOO_LARGE, 429 (more than
 * ten at once for this thing) ERROR_BUSY, 400 ERROR_BAD_INPUT, each with AWS's words in the detail. Thread: any; nothing is
 * kept here. */
#ifndef CRUMBTRAIL_SERVER_AWS_IOT_DATA_H
#define CRUMBTRAIL_SERVER_AWS_IOT_DATA_H

#include "server/aws/client.h"

struct iot_shadow {
  struct text thing;  /* [a-zA-Z0-9:_-]{1,128} */
  struct text shadow; /* name of a named one; empty: the classic one */
};

struct aws_request *iot_get_shadow_request(struct iot_shadow shadow, struct aws_handlers handlers);
/* `document`: {"state":{"desired":{...}},"clientToken":"...","version":N}. When an answer is lost the update is sent again: the
 * same values twice are harmless, but one that names a version can be refused with 409 although the first was made. */
struct aws_request *iot_update_shadow_request(struct iot_shadow shadow, struct text document, struct aws_handlers handlers);

#endif
