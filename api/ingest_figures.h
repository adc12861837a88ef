/* What the database knows of the ways in, as members of a JSON object: paths, objects, rejected, confirmations.
 *
 * Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_INGEST_FIGURES_H
#define CRUMBTRAIL_API_INGEST_FIGURES_H

#include "server/db/connection.h"
#include "server/json/writer.h"

/* Several statements, each of which sees its own moment. What it has written when it fails is no use. */
struct error ingest_figures_write(struct json_writer *json, struct db_connection *connection, struct arena *arena,
                                  int64_t now_us) ERROR_MUST_CHECK;

#endif
