/* Stores shadow texts: reads them, puts parts together with what is stored, and writes the results in sets.
 *
 * Older than what is stored changes nothing, whoever writes. Thread: the keeper's, with its connection. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_STORE_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_STORE_H

#include "ingest/shadow/shadow_pending.h"
#include "server/base/error.h"
#include "server/db/connection.h"

/* One state that a thing has reported, to be held against what was asked of it. Texts in the arena that was given. */
struct shadow_report {
  int64_t vehicle_id;
  struct text name;
  int64_t version;
  struct text reported; /* JSON object */
  struct text desired;  /* data == NULL: it does not say */
};

struct shadow_reports {
  struct shadow_report *items;
  size_t count;
  size_t capacity;
};

struct shadow_store_counts {
  uint64_t stored;
  uint64_t unread;  /* texts that are no shadow */
  uint64_t refused; /* by the database */
};

/* Afterwards all of it is stored, or was older than what is. *reports gets every state that the texts tell when it is not NULL.
 * On an error (the database) some of it is; doing it again is harmless. */
struct error shadow_store_write(struct db_connection *connection, struct arena *arena, struct shadow_pending *pending,
                                struct shadow_reports *reports, struct shadow_store_counts *counts) ERROR_MUST_CHECK;

#endif
