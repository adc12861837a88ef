/* COPY .. FROM STDIN (FORMAT binary): many rows into one table, at about half the cost of an INSERT from arrays.
 *
 * Rows are built field by field in the order of the statement's columns, in memory of the arena that is reserved beforehand,
 * and sent by db_copy_run. A copy cannot be part of a pipeline and cannot skip rows that exist already: it costs two round
 * trips, the statement behind it included, and fails as a whole. */
#ifndef CRUMBTRAIL_SERVER_DB_COPY_H
#define CRUMBTRAIL_SERVER_DB_COPY_H

#include "server/db/connection.h"

struct db_copy;

/* `field_bytes_max`: at least the sum of what the fields of all rows take: their bytes, a point 25, a jsonb one more than its
 * text; NULL nothing. */
struct db_copy *db_copy_new(struct arena *arena, size_t row_count, int field_count, size_t field_bytes_max);
/* Each row begins with this; then exactly `field_count` fields follow. */
void db_copy_begin_row(struct db_copy *copy);
void db_copy_null(struct db_copy *copy);
void db_copy_bool(struct db_copy *copy, bool value);
void db_copy_int16(struct db_copy *copy, int16_t value);
void db_copy_int32(struct db_copy *copy, int32_t value);
void db_copy_int64(struct db_copy *copy, int64_t value);
void db_copy_float4(struct db_copy *copy, float value);                              /* NaN is written NULL */
void db_copy_time(struct db_copy *copy, int64_t time_us);                            /* timestamptz */
void db_copy_point(struct db_copy *copy, double longitude_deg, double latitude_deg); /* geometry(Point, 4326) */
void db_copy_jsonb(struct db_copy *copy, struct text value);                         /* data == NULL is written NULL */

/* Sends all rows; `statement` is the COPY, `then` (no parameters, no rows; may be NULL) runs behind it unless it fails. What
 * holds for an error of db_run holds here. Once for each db_copy. */
struct error db_copy_run(struct db_connection *connection, const struct sql_statement *statement, struct db_copy *copy,
                         const struct sql_statement *then) ERROR_MUST_CHECK;

#endif
