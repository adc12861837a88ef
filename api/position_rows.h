/* Rows of the statements that give positions -> struct position. Thread: the caller's. */
#ifndef CRUMBTRAIL_API_POSITION_ROWS_H
#define CRUMBTRAIL_API_POSITION_ROWS_H

#include "api/position.h"
#include "api/vehicle_names.h"
#include "server/db/connection.h"

struct position_page {
  struct position *positions; /* in the arena */
  size_t count;
};

/* Runs the statement; its columns are those of list_breadcrumbs.sql, or of list_positions_of_vehicles.sql with slow_since
 * behind them. */
struct error position_rows_query(struct db_connection *connection, struct arena *arena, struct vehicle_names *names,
                                 const struct sql_statement *statement, const struct db_parameters *parameters,
                                 bool has_slow_since, struct position_page *page) ERROR_MUST_CHECK;

#endif
