/* The key that senders of events must know, for a server that was given none: made at the first start, kept in DATA/ingest-key.
 * Thread: main, before the others start. */
#ifndef CRUMBTRAIL_INGEST_INGEST_KEY_H
#define CRUMBTRAIL_INGEST_INGEST_KEY_H

#include "server/base/arena.h"
#include "server/base/error.h"

enum { INGEST_KEY_LENGTH_MIN = 16 };

/* Reads the key, or makes it (random, readable by its owner only). ERROR_SETUP names the file. */
struct error ingest_key_load(struct arena *arena, const char *data_folder, const char **key) ERROR_MUST_CHECK;

#endif
