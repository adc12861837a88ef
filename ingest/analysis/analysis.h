/* The work of the analysis on one connection: new breadcrumbs as they come, and between them what has to be computed anew.
 *
 * Each pass is one transaction: rows, checkpoints and how far the feed is analysed change together, so that a crash loses
 * nothing and repeats nothing that anybody sees. Owns all states in memory. After an error it starts from the database again
 * (analysis_start). Thread: the analyser's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ANALYSIS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ANALYSIS_H

#include "server/db/connection.h"

struct analysis;

struct analysis_settings {
  const char *time_zone; /* of the depot; borrowed */
  bool uses_estimates;   /* limits that are usual for a road's class count where no other is known */
};

/* What it did; sums. */
struct analysis_counts {
  uint64_t passes;
  uint64_t breadcrumbs; /* folded, those folded anew included */
  uint64_t rows;        /* changed */
};

struct analysis *analysis_new(struct analysis_settings settings);
void analysis_free(struct analysis *analysis); /* accepts NULL */

/* Begins where the database says; the connection is borrowed until the next start or analysis_free. ERROR_SETUP: the time zone
 * is none. */
struct error analysis_start(struct analysis *analysis, struct db_connection *connection) ERROR_MUST_CHECK;
/* Looks at what is new, up to a page of it, by the rules of now. *is_behind: there is more. */
struct error analysis_pass(struct analysis *analysis, bool *is_behind) ERROR_MUST_CHECK;
/* A piece of what has to be computed anew. *has_more: there is more to be done. */
struct error analysis_background(struct analysis *analysis, bool *has_more) ERROR_MUST_CHECK;
/* Drops checkpoints of days that are dropped, and conditions that ended long ago. */
struct error analysis_tidy(struct analysis *analysis) ERROR_MUST_CHECK;

struct analysis_lag {
  int64_t seq;         /* analysed */
  int64_t breadcrumbs; /* numbered and not analysed, when last looked */
  int64_t oldest_us;   /* when the oldest breadcrumb of the last pass was received; 0: there was none */
  size_t vehicles_behind;
  size_t vehicles_in_memory;
};
struct analysis_lag analysis_lag(const struct analysis *analysis);
struct analysis_counts analysis_counts(const struct analysis *analysis);

#endif
