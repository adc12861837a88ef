/* SQL text for people: a statement whose $1, $2 ... are written out as literals. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_SPEEDING_SQL_LITERAL_H
#define CRUMBTRAIL_API_SPEEDING_SQL_LITERAL_H

#include "server/base/text.h"

/* 'text' with its quotes doubled; E'...' where it has backslashes, so that it is the same whatever standard_conforming_strings
 * says. Without data: NULL. */
void sql_append_text(struct buffer *out, struct text value);
void sql_append_texts(struct buffer *out, const struct text *values, size_t count); /* ARRAY['a', 'b'] */
void sql_append_time(struct buffer *out, int64_t time_us);
void sql_append_double(struct buffer *out, double value); /* the same number when it is read again */

/* Writes `statement`, without the comment at its head, and literals[n - 1] in place of $n. */
void sql_write(struct buffer *out, struct text statement, const struct text *literals, size_t count);

#endif
