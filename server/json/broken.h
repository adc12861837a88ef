/* Where a value ends that the reader refused, so that reading goes on behind it.
 *
 * For values one after the other: in an array whose elements are read one by one, or back to back. A guess by strings and
 * brackets, never a judgement: what it cuts off was refused before. Owns nothing. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_JSON_BROKEN_H
#define CRUMBTRAIL_SERVER_JSON_BROKEN_H

#include <stdbool.h>

#include "server/base/text.h"

/* One for each input, zeroed at its start: what was seen of it, which keeps the time linear in its length. */
struct json_broken {
  const char *line_last; /* behind the last byte of a line that is no white space */
  const char *newline;   /* its end */
  const char *next;      /* the next byte that is no white space, which may be the input's end */
  bool is_unbalanced;    /* a balanced end was looked for in vain: later ones are only looked for within a line */
};

/* *rest starts with a broken value; cuts it off into *value. Its end is that of its brackets, or of its first line when the
 * next one begins another value and the brackets do not balance or a string runs over the end of the line. False when no end
 * can be found: then *value is all of the rest. */
bool json_broken_cut(struct json_broken *state, struct text *rest, bool in_array, struct text *value);

#endif
