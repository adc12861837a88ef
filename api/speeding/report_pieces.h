/* What a report sums up apart (the range or each of its local days, and the period before), and which part of each of the
 * depot's days lies in it. PostgreSQL cuts them: it knows the time zones. Plain values in an arena. */
#ifndef CRUMBTRAIL_API_SPEEDING_REPORT_PIECES_H
#define CRUMBTRAIL_API_SPEEDING_REPORT_PIECES_H

#include "api/speeding/report_sums.h"

struct report_piece {
  bool is_now; /* else of the period before */
  int32_t day; /* days since 1970-01-01; when grouped by day */
  struct time_range range;
};

struct report_share {
  int32_t depot_day;
  uint32_t piece;
  double share; /* of the day that lies in the piece */
};

struct report_pieces {
  struct report_piece
      *items; /* in the order of time, each beginning where the one before ends; the first is the period before */
  size_t count;
  struct report_share *shares; /* by piece, then by day */
  size_t share_count;
  bool is_whole_days; /* every share is 1 */
};

struct error report_pieces_read(const struct speeding_filter *filter, enum report_group_by group_by, struct arena *arena,
                                struct db_connection *connection, struct report_pieces *pieces) ERROR_MUST_CHECK;

#endif
