/* Breadcrumbs that come after newer ones of their vehicle: which fixes are stored around them, for the flag `jump` of them and
 * of their successors (definitions.md).
 *
 * A vehicle that was out of reach sends what it kept in a row, so the gap that one of them fell into is remembered: the next is
 * judged without asking the database. Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_LATE_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_LATE_H

#include "ingest/writer/batch.h"

/* Sets the flags of the rows, which are late, new, fixes and in the order of the batch, and the corrections of the batch. */
struct error batch_late_judge(struct batch *batch, struct db_connection *connection, uint64_t generation,
                              struct batch_row **late, size_t count) ERROR_MUST_CHECK;

/* A fix that is not late is stored: a remembered gap that it falls into is none any more. */
void batch_late_forget_around(const struct batch_row *row);

#endif
