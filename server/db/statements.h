/* Cuts a migration file into its statements: Citus takes only one a call, and an error can then name its line. Pure. */
#ifndef CRUMBTRAIL_SERVER_DB_STATEMENTS_H
#define CRUMBTRAIL_SERVER_DB_STATEMENTS_H

#include <stdbool.h>

#include "server/base/text.h"

/* Cuts the next statement off *rest, without its semicolon and without what stands before its first word; *line is the line
 * (1-based) of that word within `whole`. False when nothing but comments is left. Knows '...', E'...', "...", $tag$...$tag$,
 * -- and nested comments. */
bool statements_next(struct text whole, struct text *rest, struct text *statement, int *line);

#endif
