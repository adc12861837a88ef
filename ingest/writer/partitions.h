/* The daily partitions of breadcrumb: which are known to exist, and making those that do not.
 *
 * Owns the set of known days. Thread: one at a time (the writer has its own, the keeper has its own). The set may be behind:
 * another process may have dropped an old day. An insert that then fails with SQLSTATE 23514 (no partition for the row) calls
 * partitions_forget and tries again. */
#ifndef CRUMBTRAIL_INGEST_WRITER_PARTITIONS_H
#define CRUMBTRAIL_INGEST_WRITER_PARTITIONS_H

#include <stddef.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/db/connection.h"

struct partitions;

struct partitions *partitions_new(void);
void partitions_free(struct partitions *partitions); /* accepts NULL */

/* After success, all these days (clock_day; any order, repeats allowed) have their partition. Days that are known cost nothing;
 * the others are made some at a time, each time in a transaction of its own: call it before BEGIN. After an error those that
 * were made stay, so that another attempt has less to do. */
struct error partitions_ensure(struct partitions *partitions, struct db_connection *connection, const int32_t *days,
                               size_t count) ERROR_MUST_CHECK;
/* Trusts nothing any more: the next partitions_ensure asks the database about every day. */
void partitions_forget(struct partitions *partitions);

#endif
