/* The objects that a back-fill has listed and that are not settled yet, a listed page each.
 *
 * Owns them. Each page is announced once the database takes it, then looked at until nothing of it is open. Thread: one. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_PAGES_H
#define CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/objects/announcement.h"
#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/db/connection.h"

struct backfill_counts {
  int64_t listed;
  int64_t known;   /* read before, or nothing to read */
  int64_t read;    /* now */
  int64_t missing; /* deleted or replaced meanwhile */
  int64_t failed;  /* given up for this time */
  int64_t stored;
  int64_t duplicates;
  int64_t rejected;
  int64_t bytes; /* of those that are settled */
};

struct backfill_page;
struct backfill_pages {
  struct backfill_page *first;
  size_t count;
  struct backfill_counts counts;
};

/* Takes the arena, where the objects live. */
void backfill_pages_add(struct backfill_pages *pages, struct arena *arena, const struct announcement *objects, size_t count);
/* Announces what is not announced yet, and counts what is settled. After an error it is called again. */
struct error backfill_pages_advance(struct backfill_pages *pages, struct db_connection *connection) ERROR_MUST_CHECK;
void backfill_pages_free(struct backfill_pages *pages);

#endif
