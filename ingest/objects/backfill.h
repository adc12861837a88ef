/* `crumbtrail backfill s3://BUCKET/PREFIX`: reads the objects that are there and were not read yet.
 *
 * Lists, announces what it finds in ingest_object, and reads like a server: beside servers on the same database, which take
 * their part of it, or alone. What was read is skipped, so that a run that was ended goes on where it stood. Works on
 * --database, on the private cluster of a server that runs on --data, or starts that cluster meanwhile. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_H
#define CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_H

#include "server/command_line.h"

extern const char *const BACKFILL_FLAGS[];

void backfill_print_help(struct buffer *out);

/* Exit code: 0 when everything was read, now or before; 1 otherwise, with a sentence on standard error. */
int backfill_run(const struct command_input *input);

#endif
