/* A list of rows on its way out, as JSON or GeoJSON in pages with a keyset cursor, or as CSV or newline-delimited JSON in one
 * piece.
 *
 * The list's own part is a table of functions; the rest (pages, cursor, limit, formats) is the same for all. Streams in
 * constant memory. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_ROW_LIST_H
#define CRUMBTRAIL_API_ROW_LIST_H

#include "api/csv.h"
#include "api/format.h"
#include "server/db/connection.h"
#include "server/json/writer.h"

struct row_list {
  const struct sql_statement *statement;
  /* Adds the parameters of the statement: what was asked for, from behind `query`'s own last row, and at most `limit` rows. */
  void (*add_parameters)(const void *query, struct db_parameters *parameters, int64_t limit);
  /* Moves the query behind the row. */
  void (*move_behind)(void *query, const struct db_rows *rows, int row);
  /* The query's place as the key of a cursor, and back; ERROR_BAD_INPUT when the key is none of this list. */
  struct text (*key)(const void *query, struct arena *arena);
  struct error (*resume)(void *query, struct arena *arena, struct text key);
  void (*write_members)(struct json_writer *json, const struct db_rows *rows, int row);
  struct text csv_header; /* without the end of the line */
  void (*write_cells)(struct csv_row *cells, const struct db_rows *rows, int row);
  /* Rows [first, end) as GeoJSON features; what it needs beyond them may live in the arena. NULL: the list has no GeoJSON. */
  struct error (*write_features)(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                 const struct db_rows *rows, int first, int end);
};

/* Reads `limit`, `cursor` and `f`, and answers. The caller has read the other parameters into `query`. */
struct error row_list_answer(const struct row_list *list, void *query, struct request *request,
                             struct db_connection *connection) ERROR_MUST_CHECK;

/* A column that may be null, as a member. */
void json_text_column(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column);
void json_time_column(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column);
void json_int64_column(struct json_writer *json, const char *key, const struct db_rows *rows, int row, int column);
/* ... and as a cell. */
void csv_time_column(struct csv_row *cells, const struct db_rows *rows, int row, int column);
void csv_int64_column(struct csv_row *cells, const struct db_rows *rows, int row, int column);

/* Parameters that travel as null: a text without data, 0, a time that TIME_RANGE_ALL begins or ends with. */
void add_text_or_null(struct db_parameters *parameters, struct text value);
void add_int32_or_null(struct db_parameters *parameters, int32_t value);
void add_time_or_null(struct db_parameters *parameters, int64_t time_us);

#endif
