/* Rows of the analysis as the columns of their tables: which member is which column, and which make the key.
 *
 * The order is that of the parameters of ingest/sql/upsert_*.sql, between vehicle_id and settled_at. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROW_COLUMNS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROW_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/analysis/fold_rows.h"

enum column_type {
  COLUMN_TIME,          /* int64_t, us */
  COLUMN_OPTIONAL_TIME, /* 0: NULL */
  COLUMN_ID,            /* int64_t */
  COLUMN_OPTIONAL_ID,   /* 0: NULL */
  COLUMN_DOUBLE,        /* NaN: NULL */
  COLUMN_FLOAT,         /* NaN: NULL */
  COLUMN_INT32,
  COLUMN_SMALL, /* int or enum, smallint in the table */
  COLUMN_BOOL,
};

struct column {
  size_t offset; /* of the member */
  enum column_type type;
  bool is_key;
};

struct columns {
  const struct column *items;
  size_t count;
};

struct columns row_columns(enum fold_kind kind);
/* The value of a member that is a time, an id, a number or a word. */
int64_t row_column_int(const void *row, const struct column *column);
/* Of kind and key: rows of a vehicle that have the same are the same row in the database. */
uint64_t row_key_hash(enum fold_kind kind, const void *row);

#endif
