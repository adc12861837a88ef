/* The statements on ingest_object: announcing, claiming, keeping and marking objects, in sets.
 *
 * Owns nothing; works on the caller's connection, in one transaction a call. What it gives lives in the arena given.
 * Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_LEDGER_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/objects/announcement.h"
#include "ingest/objects/object_queue.h"
#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/db/connection.h"

enum { FOUND_BY_COUNT = FOUND_BY_SWEEP + 1, OBJECT_DIGEST_BYTES = 32 };

/* "sns", "backfill": as in metrics and logs. */
const char *found_by_word(enum found_by found_by);

struct object_entry {
  const struct announcement *announcement;
  enum found_by found_by;
};
/* What an object is known by besides bucket and key: its etag, else its version id, else "". */
struct text object_version_key(const struct announcement *announcement);

/* *new_counts (FOUND_BY_COUNT of them, may be NULL): how many are to be read that were not before. What S3 could not have named
 * like this (over-long, not UTF-8) is left out, with a line in the log. */
struct error object_ledger_announce(struct db_connection *connection, struct arena *arena, const struct object_entry *entries,
                                    size_t count, int64_t now_us, size_t *new_counts) ERROR_MUST_CHECK;

struct object_claim {
  struct text bucket;
  struct text key;
  struct text version_key;
  struct text version_id; /* empty: none */
  struct text etag;       /* empty: not known */
  int64_t size_bytes;     /* -1: not known */
  enum found_by found_by;
  int32_t tries; /* with this one */
};
struct object_claiming {
  bool of_backfill; /* those of back-fills, else the others */
  int64_t now_us;
  int64_t lease_until_us;
  int limit;
};
/* In the order of their keys. */
struct error object_ledger_claim(struct db_connection *connection, struct arena *arena, struct object_claiming claiming,
                                 struct object_claim **claims, size_t *count) ERROR_MUST_CHECK;

struct error object_ledger_renew(struct db_connection *connection, struct arena *arena,
                                 const struct object_claim *const *claims, size_t count,
                                 int64_t lease_until_us) ERROR_MUST_CHECK;

enum object_state {
  OBJECT_WAITING,
  OBJECT_READING,
  OBJECT_READ,
  OBJECT_FAILED,
  OBJECT_MISSING,
  OBJECT_IGNORED,
  OBJECT_STATE_COUNT
};
/* "waiting"; as in the table. */
const char *object_state_word(enum object_state state);

/* What came of a claimed object. */
struct object_mark {
  const struct object_claim *claim;
  enum object_state state;
  int64_t next_try_at_us; /* of waiting and failed; else 0 */
  struct text error;      /* data == NULL: none */
  struct text etag;       /* as the answer said; empty: not known */
  int64_t size_bytes;     /* -1: not known */
  int64_t events;
  int64_t stored;
  int64_t duplicates;
  int64_t rejected;
  struct text digest; /* SHA-256 of the raw object; data == NULL: it was not read whole */
};
struct error object_ledger_mark(struct db_connection *connection, struct arena *arena, const struct object_mark *marks,
                                size_t count, int64_t now_us) ERROR_MUST_CHECK;

/* How far objects that were announced are. */
struct object_progress {
  bool is_known;
  enum object_state state;
  int32_t tries;
  int64_t next_try_at_us; /* 0: nothing is left to do */
  int64_t stored;
  int64_t duplicates;
  int64_t rejected;
  int64_t size_bytes; /* 0 also when it is not known */
};
struct error object_ledger_look(struct db_connection *connection, struct arena *arena, const struct announcement *objects,
                                size_t count, struct object_progress **progress) ERROR_MUST_CHECK;

#endif
