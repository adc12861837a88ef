/* POST /v1/ingest/rejected/{id}/replay and /v1/ingest/rejected/replay: what was rejected is read again, after a fix.
 *
 * Doing it twice changes nothing. Thread: the routes run on query workers. */
#ifndef CRUMBTRAIL_INGEST_REPLAYING_REJECTED_REPLAY_H
#define CRUMBTRAIL_INGEST_REPLAYING_REJECTED_REPLAY_H

#include "ingest/replaying/replay_chunk.h"
#include "server/http/router.h"

struct route_table rejected_replay_routes(struct replay_desk *desk);

#endif
