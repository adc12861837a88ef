/* The thread that turns conditions and time into alerts: it makes a pass (ingest/alerts/alert_pass.h) whenever there is
 * something to do.
 *
 * Woken by the analysis's commits, by the time that the next alert is due, and each second to see whether it missed anything.
 * Every server runs one; which of them makes a pass does not matter. Owns its thread and one connection. Thread: start and stop
 * from main. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_ENGINE_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"
#include "server/metrics.h"

struct alert_engine;

struct alert_engine_settings {
  struct db_settings database; /* its texts are borrowed until alert_engine_stop */
  int64_t max_age_s;           /* setting alert-max-age-s */
  int64_t silent_after_s;
  bool tells_silence; /* setting silent-alerts: any, or parked vehicles too */
  bool tells_parked;
  struct metrics *metrics;
};

struct error alert_engine_start(struct alert_engine_settings settings, struct alert_engine **engine) ERROR_MUST_CHECK;
void alert_engine_stop(struct alert_engine *engine); /* frees; accepts NULL */

#endif
