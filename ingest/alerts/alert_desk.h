/* The routes that change alerts and who is told of them: what dispatchers do to an alert, channels, policies, mutes.
 *
 * Commands go through the state machine, in one transaction with what follows from them. Reading is the API's (api/alerts/).
 * Thread: the routes run on query workers; the desk itself does not change. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_DESK_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"
#include "server/egress.h"
#include "server/http/router.h"

struct alert_desk {
  const struct egress *egress; /* borrowed */
  int64_t max_age_us;
  bool has_mail; /* the setting smtp-url is there */
};

struct route_table alert_desk_routes(struct alert_desk *desk);

typedef struct error alert_desk_query(struct request *request, void *desk, struct db_connection *connection);
alert_desk_query alert_desk_put_channel, alert_desk_delete_channel, alert_desk_test_channel; /* alert_desk_channels.c */
alert_desk_query alert_desk_put_policy, alert_desk_delete_policy;                            /* alert_desk_policies.c */
alert_desk_query alert_desk_post_mute, alert_desk_delete_mute;                               /* alert_desk_mutes.c */

#endif
