/* One pass of the alerts: everything that is new, through the machine, in one transaction with how far it was read.
 *
 * Of several servers on one database the first to come does it; who finds the progress locked has nothing to do. What a pass
 * has not committed the next one does again, so a crash at any point changes nothing. Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_PASS_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_PASS_H

#include "ingest/alerts/alert_readings.h"

struct alert_pass {
  struct db_connection *connection;
  struct arena *arena; /* reset by the caller between passes */
  int64_t now_us;
  int64_t max_age_us;
  bool looks_for_silence;
  struct silence_settings silence;
  /* What came of it. */
  size_t changes[ALERT_CHANGE_COUNT]; /* stored in timelines */
  size_t messages;                    /* for the courier */
  bool has_more;
};

struct error alert_pass_run(struct alert_pass *pass) ERROR_MUST_CHECK;

#endif
