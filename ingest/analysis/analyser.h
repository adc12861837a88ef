/* The analyser: a thread that follows the change feed and keeps trips, stops, speeding, daily sums, temperatures and conditions
 * up to date; between its passes it computes anew what changes of rules ask for.
 *
 * Of several servers on one database one analyses, by an advisory lock; another takes over when its connection ends. A database
 * that is away is tried again with back-off. Owns: its thread, one connection. Thread: start and stop from main. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ANALYSER_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ANALYSER_H

#include "server/base/error.h"
#include "server/db/connection.h"
#include "server/metrics.h"

struct analyser;

struct analyser_settings {
  struct db_settings database; /* its texts are borrowed until analyser_stop */
  const char *time_zone;       /* of the depot, as PostgreSQL names it; borrowed as well */
  bool uses_estimates;         /* the setting estimated-limits */
  struct metrics *metrics;
};

/* ERROR_SETUP: PostgreSQL is there and does not know the time zone. */
struct error analyser_start(struct analyser_settings settings, struct analyser **analyser) ERROR_MUST_CHECK;
/* After what is under way, or at once where the database does not answer. Accepts NULL. */
void analyser_stop(struct analyser *analyser);

#endif
