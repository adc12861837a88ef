/* CSV cells: RFC 4180 with CRLF, UTF-8, and text guarded against being read as a formula by spreadsheets.
 * Cells are appended with their comma in front unless they are the first of the row. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_CSV_H
#define CRUMBTRAIL_API_CSV_H

#include "server/base/text.h"

struct csv_row {
  struct buffer *out;
  bool has_cell;
};

static inline struct csv_row csv_row_begin(struct buffer *out)
{
  return (struct csv_row){out, false};
}
static inline void csv_separate(struct csv_row *row)
{
  if (row->has_cell) {
    buffer_append_char(row->out, ',');
  }
  row->has_cell = true;
}
static inline void csv_row_end(struct csv_row *row)
{
  buffer_append(row->out, "\r\n", 2);
}

/* Quoted where needed; a text that begins with = + - @ tab or return gets an apostrophe in front. */
void csv_text(struct csv_row *row, struct text value); /* without data: an empty cell */
void csv_int64(struct csv_row *row, int64_t value);
void csv_decimal(struct csv_row *row, double value, int decimals); /* NaN: an empty cell */
void csv_time(struct csv_row *row, int64_t time_us);
void csv_empty(struct csv_row *row);

#endif
