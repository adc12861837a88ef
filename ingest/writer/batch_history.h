/* What a batch needs to know of the past: which of its breadcrumbs are stored already, and which fixes lie before and after
 * them, for the flag `jump` (definitions.md).
 *
 * Reads the database only for vehicles that are not remembered, and for breadcrumbs that come late. True as long as nobody else
 * writes between this and the commit: see batch_commit.h. Thread: the writer's. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_HISTORY_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_HISTORY_H

#include "ingest/writer/batch.h"

/* Sets `exists` and `flags` of the rows, and the corrections of the batch. Brings the remembered state of its vehicles to
 * `generation`. */
struct error batch_history_apply(struct batch *batch, struct db_connection *connection, uint64_t generation) ERROR_MUST_CHECK;

/* After the commit: what is remembered of the batch's vehicles. */
void batch_history_remember(const struct batch *batch, uint64_t generation);

/* Finds which rows are stored: `ordinals` (from 1, index into `rows` + 1) and the numbers they have. */
struct error batch_history_find_stored(struct batch *batch, struct db_connection *connection, struct batch_row *const *rows,
                                       size_t row_count, const struct db_rows **stored) ERROR_MUST_CHECK;

#endif
