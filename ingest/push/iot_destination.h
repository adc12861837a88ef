/* AWS IoT asks, before a rule's HTTP action may send, that its address is confirmed by opening a link.
 *
 * Opened by itself when the destination's account and region are allowed and the link is AWS IoT's of that region; shown to the
 * operator when the link is AWS IoT's, and never shown otherwise. Pure but for the log. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_PUSH_IOT_DESTINATION_H
#define CRUMBTRAIL_INGEST_PUSH_IOT_DESTINATION_H

#include <stdbool.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

/* ACCOUNT or ACCOUNT/REGION, comma separated: "123456789012/eu-west-1,210987654321". ERROR_SETUP names iot-accounts-allowed. */
struct error iot_accounts_check(const char *accounts) ERROR_MUST_CHECK;

enum iot_link {
  IOT_LINK_ALLOWED,  /* to be opened by itself */
  IOT_LINK_OPERATOR, /* of AWS IoT; a person decides */
  IOT_LINK_FOREIGN,  /* not of AWS IoT */
};

/* `arn` may be in quotes, of which AWS's documentation prints several kinds; *destination_arn is without them. */
enum iot_link iot_destination_judge(const char *accounts, struct text arn, struct text enable_url,
                                    struct text *destination_arn);

/* The host of a URL, for the log; empty when it has none. */
struct text iot_link_host(struct text url);

/* "arn" of the request's body; empty when it has none. */
struct text iot_destination_arn_of(struct arena *arena, struct text body);

#endif
