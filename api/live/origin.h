/* May a page of this origin open the stream? Browsers send cookies to any host and leave the decision to the server.
 *
 * Pure; thread: any. */
#ifndef CRUMBTRAIL_API_LIVE_ORIGIN_H
#define CRUMBTRAIL_API_LIVE_ORIGIN_H

#include <stdbool.h>

#include "server/base/text.h"

/* `origin` empty (no browser): yes. Its host and port are those of the Host header: yes. Else it must stand in
 * `allowed_origins`, a comma separated list ("https://fleet.example,https://maps.example:8443"). */
bool origin_is_allowed(struct text origin, struct text host, struct text allowed_origins);

#endif
