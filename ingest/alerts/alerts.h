/* Alerts as a whole: the engine that makes them, the courier that tells people, and the routes that change them.
 *
 * Thread: start, stop and free from main; the routes run on query workers. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERTS_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERTS_H

#include "server/aws/client.h"
#include "server/base/error.h"
#include "server/config.h"
#include "server/db/connection.h"
#include "server/http/router.h"
#include "server/metrics.h"

struct alerts;

struct alerts_settings {
  const struct config *config; /* borrowed until alerts_free, as the rest */
  struct db_settings database;
  struct aws_client *aws;
  struct metrics *metrics;
};

/* ERROR_SETUP names the setting. On an error *alerts is to be stopped and freed all the same. */
struct error alerts_start(struct alerts_settings settings, struct alerts **alerts) ERROR_MUST_CHECK;
struct route_table alerts_routes(struct alerts *alerts);
void alerts_stop(struct alerts *alerts); /* ends the threads; accepts NULL */
void alerts_free(struct alerts *alerts); /* after the query workers have stopped; accepts NULL */

#endif
