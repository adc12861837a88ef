/* POST /v1/ingest/objects/retry: an object of S3 whose reading failed, or that was missing, is to be read again at once.
 *
 * It becomes a waiting row of ingest_object, which whoever reads objects finds. Thread: the route runs on query workers. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_RETRY_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_RETRY_H

#include "server/http/router.h"

struct route_table object_retry_routes(void);

#endif
