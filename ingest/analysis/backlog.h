/* Vehicles that are behind: their derived rows lack breadcrumbs recorded at some time or later (table analysis_backlog).
 *
 * Held in memory as it is stored: what is changed here is put into the database by the caller's transaction, and counts when
 * that has been committed. Owns memory. Thread: the analyser's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_BACKLOG_H
#define CRUMBTRAIL_INGEST_ANALYSIS_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/db/connection.h"

struct backlog_entry {
  int64_t vehicle_id;
  int64_t from_us;
};

struct backlog {
  struct backlog_entry *entries; /* ascending vehicle_id */
  size_t count;
  size_t capacity;
};

void backlog_free(struct backlog *backlog); /* leaves it empty */
struct error backlog_read(struct backlog *backlog, struct db_connection *connection) ERROR_MUST_CHECK;
/* NULL: the vehicle is not behind. */
const struct backlog_entry *backlog_find(const struct backlog *backlog, int64_t vehicle_id);

/* In the database; backlog_add and backlog_remove after the commit. The earlier time holds. */
struct error backlog_write(struct db_connection *connection, struct arena *arena, const struct backlog_entry *entries,
                           size_t count) ERROR_MUST_CHECK;
struct error backlog_erase(struct db_connection *connection, struct arena *arena, const int64_t *vehicle_ids,
                           size_t count) ERROR_MUST_CHECK;
void backlog_add(struct backlog *backlog, struct backlog_entry entry);
void backlog_remove(struct backlog *backlog, int64_t vehicle_id);

#endif
