/* The columns of a list as members of JSON objects and as cells of CSV rows, by one table: a column's place in it is its place
 * in the statement's answer, its name the member's key.
 *
 * Null is written null, and as an empty cell. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_COLUMNS_H
#define CRUMBTRAIL_API_COLUMNS_H

#include "api/csv.h"
#include "server/db/connection.h"
#include "server/json/writer.h"

enum column_kind { COLUMN_INT64, COLUMN_TEXT, COLUMN_TIME, COLUMN_BOOLEAN, COLUMN_DECIMAL };

struct column {
  const char *name;
  enum column_kind kind;
  int decimals; /* of COLUMN_DECIMAL */
};

void columns_write_members(const struct column *columns, int count, struct json_writer *json, const struct db_rows *rows,
                           int row);
void columns_write_cells(const struct column *columns, int count, struct csv_row *cells, const struct db_rows *rows, int row);

#endif
