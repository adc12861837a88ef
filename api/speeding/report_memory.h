/* The few columns of episodes and day sums that a report counts, in this process's memory, a day at a time.
 *
 * PostgreSQL needs a second or more for the sums over 900,000 episodes, a loop over an array a few milliseconds. Whoever asks
 * has the days that changed (analysis_day) read again first, in one snapshot, so an answer counts everything committed before.
 * At most `bytes_max` are held: 48 bytes an episode, 56 bytes a day of a vehicle and driver; days that were not asked for
 * longest go first. Thread: any; one at a time inside. Owns the rows. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_MEMORY_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_MEMORY_H

#include "api/speeding/report_pieces.h"

struct report_memory;

struct report_memory *report_memory_new(size_t bytes_max); /* 0: holds nothing */
void report_memory_free(struct report_memory *memory);     /* accepts NULL */

/* *is_held: false when the range does not fit; then *groups is empty. The filter's own vehicles do not limit what is counted by
 * vehicle, nor its drivers what is counted by driver. */
struct error report_memory_sum(struct report_memory *memory, struct db_connection *connection,
                               const struct speeding_filter *filter, enum report_group_by group_by,
                               const struct report_pieces *pieces, struct arena *arena, struct report_groups *groups,
                               bool *is_held) ERROR_MUST_CHECK;

#endif
