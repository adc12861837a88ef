/* Takes notifications of S3 objects from the spool: reads each body again and announces its objects.
 *
 * What can no longer be read as one goes to the writer, for `rejected`. Thread: made and freed by main; the taker's calls come
 * on the spool's thread. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_ANNOUNCEMENTS_H
#define CRUMBTRAIL_INGEST_SPOOL_ANNOUNCEMENTS_H

#include "ingest/writer/batch_writer.h"
#include "ingest/objects/object_queue.h"
#include "ingest/spool/spool.h"

struct spool_announcements;

struct spool_announcements *spool_announcements_new(struct object_queue *objects, struct batch_writer *writer);
void spool_announcements_free(struct spool_announcements *announcements); /* after spool_stop; accepts NULL */

struct spool_taker spool_announcements_taker(struct spool_announcements *announcements);

#endif
