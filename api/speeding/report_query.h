/* The speeding report as one statement against the views of schema bi (report_speeding.sql): to be shown, with its parameters
 * written out, and to be run where report_memory.h does not hold the range. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_QUERY_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_QUERY_H

#include "api/speeding/report_sums.h"

/* Has PostgreSQL sum. The filter's own vehicles do not limit what is counted by vehicle, nor its drivers what is counted by
 * driver. */
struct error report_query_sum(struct db_connection *connection, const struct speeding_filter *filter,
                              enum report_group_by group_by, struct arena *arena,
                              struct report_groups *groups) ERROR_MUST_CHECK;

/* The statement with the parameters as literals: whoever runs it as it is gets the report's numbers. */
void report_query_write(struct buffer *out, const struct speeding_filter *filter, enum report_group_by group_by);

#endif
