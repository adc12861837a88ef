/* Counts ahead of a back-fill how much there is, for its bar.
 *
 * Owns a thread that lists without waiting for what is read. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_TOTAL_H
#define CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_TOTAL_H

#include "ingest/objects/backfill_report.h"
#include "ingest/objects/object_key.h"
#include "server/aws/s3.h"

struct backfill_counter;

/* The location's texts are borrowed. */
struct backfill_counter *backfill_counter_start(struct aws_client *client, struct s3_location location, struct key_span span);
/* What has been counted so far; known once that is all. NULL gives nothing. */
struct backfill_total backfill_counter_total(struct backfill_counter *counter);
void backfill_counter_stop(struct backfill_counter *counter); /* accepts NULL */

#endif
