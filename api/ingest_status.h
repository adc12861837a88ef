/* What GET /v1/ingest/status keeps between two answers: the figures that were last read from the database.
 *
 * Asked for a second time within a second they are not read again; while the database is away they are shown with their age.
 * Owns the text of the figures. Thread: any; a lock inside. */
#ifndef CRUMBTRAIL_API_INGEST_STATUS_H
#define CRUMBTRAIL_API_INGEST_STATUS_H

struct ingest_status;

struct ingest_status *ingest_status_new(void);
void ingest_status_free(struct ingest_status *status); /* accepts NULL */

#endif
