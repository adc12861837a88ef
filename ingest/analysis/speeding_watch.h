/* The condition "is speeding" of the vehicle's newest breadcrumbs (deploy/definitions.md, "The alert"). A plain value; seen by
 * the speeding machine alone. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_WATCH_H
#define CRUMBTRAIL_INGEST_ANALYSIS_SPEEDING_WATCH_H

#include "ingest/analysis/speeding_run.h"

struct speeding_watch {
  bool is_running;
  bool is_doubtful; /* it began directly after a jump: nothing is said of it */
  int64_t began_at_us;
  int64_t fires_at_us; /* 0: not yet */
  int64_t seen_at_us;
  int32_t samples;
  struct speeding_member peak;
};

void speeding_watch_add(struct speeding_watch *watch, const struct speeding_rules *rules, const struct speeding_member *member,
                        bool after_jump);
/* The breadcrumb at that time ended the run, if one was going on. */
void speeding_watch_end(struct speeding_watch *watch, int64_t ended_at_us, struct row_set *conditions);
void speeding_watch_show(const struct speeding_watch *watch, struct row_set *conditions);

void speeding_watch_save(const struct speeding_watch *watch, struct buffer *out);
/* Into a zeroed one. */
void speeding_watch_load(struct speeding_watch *watch, struct state_reader *in);

#endif
